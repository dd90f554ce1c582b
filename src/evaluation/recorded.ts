/** Recorded answers held against labels that came later: they come in pages, and memory stays flat. */
import type { Manifest } from '../core/types.ts';
import type { TableChunk } from '../files/table.ts';
import type {
  PerformanceFigure,
  RecordedPerformance,
  SlicePerformance,
  TargetPerformance,
} from '../monitor/performance/measured.ts';
import { inSlices } from '../monitor/performance/steps.ts';
import type { MetricFigures, Slice, TargetEvaluation } from './evaluation.ts';
import { bandsOf, type Slicing, slicingsOf } from './slices.ts';
import { type AnswersAt, judgeTarget, type TargetJudging } from './target-judging.ts';
import { type EvaluationTarget, judgeableOutputs, targetsOf } from './targets.ts';
import { readTruths } from './truths.ts';

type Values = Readonly<Record<string, unknown>>;

/** One prediction as it was recorded. */
export interface RecordedAnswer {
  readonly input: Values;
  readonly output: Values;
  /** Fields of the output, as told last; undefined before anybody did. */
  readonly truth: Values | undefined;
}

export interface RecordedOptions {
  readonly manifest: Manifest;
  /** Fields of the input by which rows are parted, at most three. */
  readonly slices?: readonly string[] | undefined;
  /** Of numbers: the edges of bands that are the same in every window, by field, from the least to the greatest value. */
  readonly bands?: Readonly<Record<string, readonly number[]>> | undefined;
  /** The quantile that predicted numbers aim at. */
  readonly quantile?: number | undefined;
}

/** Of slices only those intervals are told that follow from a formula: they are judged again with each label. */
const NO_SAMPLE = 0;

/** All outputs that can be right or wrong by a figure, each once. */
export const judgedTargets = (manifest: Manifest): readonly EvaluationTarget[] => {
  const found = new Map<string, EvaluationTarget>();
  for (const output of judgeableOutputs(manifest)) {
    for (const target of targetsOf(manifest, { [output]: output })) {
      if (!found.has(target.output)) found.set(target.output, { ...target, truth: target.output });
    }
  }
  return [...found.values()];
};

/** What was told of a target: of its label, or of its one probability. */
const truthIn = (target: EvaluationTarget, truth: Values | undefined): unknown => {
  if (truth === undefined) return null;
  if (Object.hasOwn(truth, target.output)) return truth[target.output];
  if (target.kind === 'numbers' || target.probabilities.length !== 1) return null;
  const [{ output }] = target.probabilities;
  return Object.hasOwn(truth, output) ? truth[output] : null;
};

/** A truth of a label may be a boolean; tables hold texts and numbers. */
const cellOf = (value: unknown): unknown => (typeof value === 'boolean' ? String(value) : value);

const answersIn =
  (rows: readonly RecordedAnswer[]): AnswersAt =>
  (output, row) => {
    const value = rows[row].output[output];
    return typeof value === 'boolean' ? Number(value) : ((value ?? null) as number | string | null);
  };

const chunkOf = (rows: readonly RecordedAnswer[], fields: readonly string[]): TableChunk => ({
  rows: rows.length,
  columns: Object.fromEntries(fields.map((field) => [field, rows.map(({ input }) => input[field] ?? null)])),
  types: Object.fromEntries(fields.map((field) => [field, 'JSON'])),
  rejects: [],
  place: (index) => ({ row: index + 1 }),
});

const figureOf = ({ name, label, better, versions }: MetricFigures): PerformanceFigure => ({
  name,
  label,
  better,
  ...versions[0],
});

const sliceOf = ({ by, value, rows, metrics, p, isWorse }: Slice): SlicePerformance => ({
  by,
  value,
  rows,
  figures: metrics.map(figureOf),
  p,
  isWorse,
});

const performanceOfTarget = (found: TargetEvaluation): TargetPerformance => {
  const { output, kind, unit, positive, rows, metrics, slices, plots, notes } = found;
  return {
    output,
    kind,
    ...(unit !== undefined && { unit }),
    ...(positive !== undefined && { positive }),
    rows,
    figures: metrics.map(figureOf),
    slices: slices.map(sliceOf),
    ...(plots[0]?.calibration && { calibration: plots[0].calibration }),
    notes,
  };
};

interface InProgress {
  readonly target: EvaluationTarget;
  readonly judging: TargetJudging;
  rows: number;
}

/** What one page adds; truths that cannot be read as the target wants them are left out. */
const judgePage = (
  rows: readonly RecordedAnswer[],
  started: readonly InProgress[],
  slicings: readonly Slicing[],
): void => {
  const fields = slicings.map(({ by }) => by);
  const chunk = chunkOf(rows, fields);
  const places = slicings.map((slicing) => slicing.places(chunk));
  const answers = [answersIn(rows)];
  for (const one of started) {
    const told = rows.map(({ truth }) => cellOf(truthIn(one.target, truth)));
    const { values } = readTruths(one.target, told, 'free', undefined);
    for (let row = 0; row < rows.length; row++) {
      const value = values[row];
      if (value === null || Number.isNaN(value)) continue;
      const place = typeof value === 'string' ? one.judging.labelAt(value) : value;
      if (place === undefined) continue;
      const here = places.map((of) => of[row]);
      one.judging.add(place, answers, row, here);
      one.rows++;
    }
  }
};

/** Bands by known edges where there are any, else as the first rows have the field. */
const slicingsHere = (rows: readonly RecordedAnswer[], options: RecordedOptions): readonly Slicing[] => {
  const { slices = [], bands = {}, manifest } = options;
  const found = slicingsOf(slices, manifest, 'what is recorded', chunkOf(rows, slices), 'free');
  return found.map((slicing) => (Object.hasOwn(bands, slicing.by) ? bandsOf(slicing.by, bands[slicing.by]) : slicing));
};

/** How right recorded answers of one package were. Pages without rows are passed over. */
export const judgeRecorded = async (
  pages: AsyncIterable<readonly RecordedAnswer[]>,
  options: RecordedOptions,
): Promise<RecordedPerformance> => {
  const targets = judgedTargets(options.manifest);
  let slicings: readonly Slicing[] | undefined;
  let started: readonly InProgress[] = [];
  let [predictions, labelled] = [0, 0];
  for await (const rows of pages) {
    predictions += rows.length;
    const known = rows.filter(({ truth }) => truth !== undefined);
    labelled += known.length;
    if (known.length === 0) continue;
    if (slicings === undefined) {
      const made = slicingsHere(known, options);
      const { quantile } = options;
      started = targets.map((target) => ({
        target,
        judging: judgeTarget({ targets: [target], slicings: made, quantile, sliceSample: NO_SAMPLE }),
        rows: 0,
      }));
      slicings = made;
    }
    judgePage(known, started, slicings);
  }
  const found: TargetPerformance[] = [];
  for (const { judging, rows } of started)
    if (rows > 0) found.push(performanceOfTarget(await inSlices(judging.evaluated(0))));
  return { predictions, labelled, targets: found };
};
