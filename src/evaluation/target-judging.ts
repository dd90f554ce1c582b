/** One target as rows come: the whole, and every slice. */
import { holm } from '../monitor/drift/holm.ts';
import { MOST_CLASSES } from '../monitor/performance/confusion.ts';
import type { WeightedMoments } from '../monitor/performance/moments.ts';
import { MOST_SCORES } from '../monitor/performance/scores.ts';
import type { Steps } from '../monitor/performance/steps.ts';
import { normalTail } from '../monitor/statistics/normal.ts';
import type { Slice, TargetEvaluation } from './evaluation.ts';
import type { JudgedTarget, Judging } from './judging.ts';
import { judgeLabels, type LabelAnswer, type LabelledRow } from './labels.ts';
import { judgeNumbers, type NumberRow } from './numbers.ts';
import type { Slicing } from './slices.ts';
import type { EvaluationTarget, LabelTarget } from './targets.ts';

/** Rows that intervals are drawn from, of the whole and of a slice. */
const SAMPLE = 10_000;
const SLICE_SAMPLE = 2000;
/** Rows of a slice whose scores are kept one by one. */
const SLICE_SCORES = 20_000;
/** A slice of fewer rows says nothing. */
const LEAST_ROWS = 30;
const ALPHA = 0.05;

/** What one version has answered in a column of outputs; NaN and null where it has not. */
export type AnswersAt = (output: string, row: number) => number | string | null;

export interface TargetJudging {
  /** Undefined for a truth that is none of the labels. */
  labelAt(label: string): number | undefined;
  /** A row whose truth is known; answers of all versions. `places` are its slices, one a slicing. */
  add(truth: number, answers: readonly AnswersAt[], row: number, places: readonly number[]): void;
  evaluated(withoutTruth: number): Steps<TargetEvaluation>;
}

export interface TargetOptions {
  /** Of the versions, all of one kind. */
  readonly targets: readonly EvaluationTarget[];
  readonly slicings: readonly Slicing[];
  readonly quantile?: number | undefined;
  /** Rows of a slice that intervals are drawn from where no formula tells them; 2,000 unless given. */
  readonly sliceSample?: number | undefined;
}

/** Places of labels; labels that are not known beforehand get theirs as they come. */
const startCoding = (known: readonly string[]) => {
  const labels = [...known];
  const places = new Map(labels.map((label, at) => [label, at]));
  const isOpen = known.length === 0;
  return {
    labels,
    at(label: string): number | undefined {
      const place = places.get(label);
      if (place !== undefined || !isOpen || labels.length >= MOST_CLASSES) return place;
      places.set(label, labels.length);
      return labels.push(label) - 1;
    },
  };
};

/** How a version's answer to a label target is read. */
const labelReader = (target: LabelTarget, at: (label: string) => number | undefined, labels: readonly string[]) => {
  const told = labels.map((label) => target.probabilities.find((one) => one.label === label)?.output);
  const isBinary = labels.length === 2;
  const hasAll =
    told.length > 1 && (told.every((one) => one !== undefined) || (isBinary && told.some((one) => one !== undefined)));
  const chance = (answers: AnswersAt, row: number, label: number): number => {
    const output = told[label];
    return output === undefined ? 1 - Number(answers(told[1 - label] ?? '', row)) : Number(answers(output, row));
  };
  return {
    hasAll,
    read(answers: AnswersAt, row: number): LabelAnswer | undefined {
      const probabilities = hasAll ? labels.map((_, label) => chance(answers, row, label)) : undefined;
      if (target.label === undefined) {
        return probabilities && { label: probabilities[1] >= 0.5 ? 1 : 0, probabilities };
      }
      const value = answers(target.label, row);
      if (value === null || Number.isNaN(value)) return undefined;
      const text = target.isBoolean ? String(value === 1 || value === 'true') : String(value);
      const label = at(text);
      return label === undefined ? undefined : { label, probabilities };
    },
  };
};

/** p of the losses of a part against those of the rest, by their means and spreads (B. L. Welch, 1938; n is large enough for z). */
const apart = (part: WeightedMoments, whole: WeightedMoments): { readonly p: number; readonly isMore: boolean } => {
  const weight = whole.weight - part.weight;
  if (weight < LEAST_ROWS) return { p: 1, isMore: false };
  const mean = (whole.mean * whole.weight - part.mean * part.weight) / weight;
  const between = ((part.mean - mean) ** 2 * part.weight * weight) / whole.weight;
  const squares = Math.max(0, whole.squares - part.squares - between);
  const error = Math.sqrt(part.squares / (part.weight - 1) / part.weight + squares / (weight - 1) / weight);
  if (!(error > 0)) return { p: 1, isMore: false };
  return { p: Math.min(1, 2 * normalTail(Math.abs(part.mean - mean) / error)), isMore: part.mean > mean };
};

function* slicesOf(
  slicings: readonly Slicing[],
  parts: readonly (readonly Judging<unknown>[])[],
  { loss }: JudgedTarget,
): Steps<readonly Slice[]> {
  const found: (Pick<Slice, 'by' | 'value'> & { judged: JudgedTarget; p: number; isMore: boolean })[] = [];
  for (const [at, { by, values }] of slicings.entries()) {
    for (const [place, value] of values.entries()) {
      const judged = yield* parts[at][place].judged();
      if (judged.rows >= LEAST_ROWS) found.push({ by, value, judged, ...apart(judged.loss, loss) });
      yield;
    }
  }
  const adjusted = holm(found.map(({ p }) => p));
  const weight = (one: JudgedTarget): number => (one.loss.mean - loss.mean) * one.rows;
  return found
    .map((one, at) => ({ ...one, p: adjusted[at] }))
    .toSorted((a, b) => weight(b.judged) - weight(a.judged))
    .map(({ by, value, judged, p, isMore }) => ({
      by,
      value,
      rows: judged.rows,
      metrics: judged.metrics,
      p,
      isWorse: isMore && p < ALPHA,
    }));
}

/** The whole and the parts of one kind of rows. */
const startParts = <R>(slicings: readonly Slicing[], whole: Judging<R>, part: () => Judging<R>) => {
  const parts = slicings.map(({ values }) => values.map(part));
  return {
    add(row: R, places: readonly number[]): void {
      whole.add(row);
      for (let at = 0; at < parts.length; at++) parts[at][places[at]].add(row);
    },
    *judged(): Steps<{ readonly judged: JudgedTarget; readonly slices: readonly Slice[] }> {
      const judged = yield* whole.judged();
      return { judged, slices: yield* slicesOf(slicings, parts, judged) };
    },
  };
};

const told = (
  { output, truth, kind }: EvaluationTarget,
  withoutTruth: number,
  { judged, slices }: { readonly judged: JudgedTarget; readonly slices: readonly Slice[] },
) => {
  const { rows, metrics, plots, notes } = judged;
  return { output, truth, kind, rows, withoutTruth, metrics, slices, plots, notes };
};

const numbersJudging = ({ targets, slicings, quantile, sliceSample = SLICE_SAMPLE }: TargetOptions): TargetJudging => {
  const versions = targets.length;
  const start = (sample: number): Judging<NumberRow> => judgeNumbers({ versions, sample, quantile });
  const parts = startParts(slicings, start(SAMPLE), () => start(sliceSample));
  const [first] = targets;
  return {
    labelAt: () => undefined,
    add(truth, answers, row, places) {
      parts.add(
        { truth, predicted: targets.map(({ output }, version) => Number(answers[version](output, row))) },
        places,
      );
    },
    *evaluated(withoutTruth) {
      const found = told(first, withoutTruth, yield* parts.judged());
      return { ...found, ...(first.kind === 'numbers' && first.unit !== undefined && { unit: first.unit }) };
    },
  };
};

const labelsJudging = (
  targets: readonly LabelTarget[],
  { slicings, sliceSample = SLICE_SAMPLE }: TargetOptions,
): TargetJudging => {
  const [first] = targets;
  const { labels, at } = startCoding(first.labels);
  const readers = targets.map((target) => labelReader(target, at, labels));
  const hasProbabilities = readers.every(({ hasAll }) => hasAll);
  const positive = first.positive === undefined ? undefined : labels.indexOf(first.positive);
  const start = (sample: number, scores: number): Judging<LabelledRow> =>
    judgeLabels({ versions: targets.length, sample, scores, labels, positive, hasProbabilities });
  const each = Math.ceil(MOST_SCORES / (positive === undefined ? Math.max(1, labels.length) : 1));
  const parts = startParts(slicings, start(SAMPLE, each), () => start(sliceSample, SLICE_SCORES));
  let unreadable = 0;
  return {
    labelAt: at,
    add(truth, answers, row, places) {
      const read = readers.map((reader, version) => reader.read(answers[version], row));
      if (read.every((one) => one !== undefined)) parts.add({ truth, answers: read }, places);
      else unreadable++;
    },
    *evaluated(withoutTruth) {
      const found = told(first, withoutTruth, yield* parts.judged());
      const note = `${unreadable} rows are left out, as a version has answered them with no label or one that is not known.`;
      return {
        ...found,
        ...(first.positive !== undefined && { positive: first.positive }),
        notes: unreadable === 0 ? found.notes : [...found.notes, note],
      };
    },
  };
};

export const judgeTarget = (options: TargetOptions): TargetJudging => {
  const labels = options.targets.filter((target) => target.kind === 'labels');
  return labels.length > 0 ? labelsJudging(labels, options) : numbersJudging(options);
};
