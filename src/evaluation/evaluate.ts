/** Models held against what came true: a table goes through in chunks, in flat memory but for the scores of rows. */
import { fail, type Problem, showNames } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { ColumnAnswers, Scorer } from '../core/types.ts';
import { ahead } from '../files/ahead.ts';
import { formatOf, readTable } from '../files/index.ts';
import { refuseColumns } from '../files/needed-columns.ts';
import { type ByteSource, sourceName } from '../files/place.ts';
import { scoreChunk } from '../files/scoring.ts';
import { type Cells, cellsOf, type Format, type TableChunk } from '../files/table.ts';
import { elementColumns } from '../files/tensor-cells.ts';
import { atOnce } from '../monitor/performance/steps.ts';
import type { EvaluatedVersion, Evaluation } from './evaluation.ts';
import { type Slicing, slicingsOf } from './slices.ts';
import { type AnswersAt, judgeTarget, type TargetJudging } from './target-judging.ts';
import { type EvaluationTarget, type Truth, targetsOf } from './targets.ts';
import { readTruths, type TruthsRead } from './truths.ts';

export interface EvaluateProgress {
  readonly rows: number;
  /** How much of the table is done, 0 to 1, where its size is known. */
  readonly share?: number | undefined;
}

export interface EvaluateOptions {
  readonly input: ByteSource;
  /** By the name of the file unless given. */
  readonly format?: Format | undefined;
  readonly truth: Truth;
  /** Columns by which rows are parted, at most three. */
  readonly by?: readonly string[] | undefined;
  /** Of two labels, the one that is looked for; of a model without labels, the truth that stands for true. */
  readonly positive?: string | undefined;
  /** The quantile that predicted numbers aim at. */
  readonly quantile?: number | undefined;
  readonly onProgress?: ((progress: EvaluateProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ScorerOfRef {
  readonly ref: string;
  readonly scorer: Scorer;
}

/** Versions, of which there is one, or two that are compared. */
const MOST_VERSIONS = 2;

const usage = (message: string, expected: string, got: string) => fail('USAGE', message, { expected, got });

/** One row of targets a target, one column a version. */
const targetsOfAll = (scorers: readonly ScorerOfRef[], { truth, positive }: EvaluateOptions) => {
  const [first, ...more] = scorers.map(({ scorer, ref }) => ({
    ref,
    targets: targetsOf(scorer.manifest, truth, positive),
  }));
  return first.targets.map((target, at): readonly EvaluationTarget[] => {
    for (const { ref, targets } of more) {
      if (targets[at].kind === target.kind) continue;
      throw usage(
        `${first.ref} and ${ref} do not predict the same: there is nothing to compare.`,
        `two versions that answer with a ${target.kind === 'numbers' ? 'number' : 'label'}`,
        `a ${targets[at].kind === 'numbers' ? 'number' : 'label'} of ${ref}`,
      );
    }
    return [target, ...more.map(({ targets }) => targets[at])];
  });
};

const count = (into: Record<string, number>, problem: Problem): void => {
  into[problem.code] = (into[problem.code] ?? 0) + 1;
};

const needTruth = (input: string, targets: readonly (readonly EvaluationTarget[])[], { types }: TableChunk): void => {
  const have = Object.keys(types);
  for (const [{ truth }] of targets) {
    if (have.includes(truth)) continue;
    const near = nearest(truth, have);
    const hint = near === undefined ? '' : ` Is it ${near}?`;
    throw usage(`${input} has no column ${truth} that says what was true.${hint}`, showNames(have), truth);
  }
};

/** A chunk without what the model does not take, as it may refuse fields that it does not know. */
export const inputsOf = (chunk: TableChunk, { manifest: { inputs } }: Scorer): TableChunk => {
  const elements = elementColumns(inputs, (column) => Object.hasOwn(chunk.types, column));
  const taken = new Set([...Object.keys(inputs), ...[...elements.values()].flat()]);
  const own = <T>(columns: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(columns).filter(([name]) => taken.has(name)));
  return { ...chunk, types: own(chunk.types), columns: own(chunk.columns) };
};

const answersOf = ({ columns }: ColumnAnswers): AnswersAt => {
  return (output, row) => (columns[output] as ArrayLike<number | string | null>)[row];
};

interface Judgement {
  readonly targets: readonly EvaluationTarget[];
  readonly judging: TargetJudging;
  withoutTruth: number;
}

/** What one chunk adds to the books. */
const judgeChunk = (
  chunk: TableChunk,
  answers: readonly ColumnAnswers[],
  judgements: readonly Judgement[],
  slicings: readonly Slicing[],
  truths: readonly TruthsRead[],
  unreadable: Record<string, number>,
): void => {
  const told = answers.map(answersOf);
  const places = slicings.map((slicing) => slicing.places(chunk));
  const refused = new Set(answers.flatMap(({ errors }) => [...errors.keys()]));
  judgements.forEach((judgement, at) => {
    const { judging, targets } = judgement;
    const { values, problems } = truths[at];
    for (let row = 0; row < chunk.rows; row++) {
      const problem = problems.get(row);
      const truth = values[row];
      if (problem) count(unreadable, problem);
      else if (truth === null || Number.isNaN(truth)) judgement.withoutTruth++;
      else if (!refused.has(row)) {
        const place = typeof truth === 'string' ? judging.labelAt(truth) : truth;
        const here = places.map((one) => one[row]);
        if (place !== undefined) judging.add(place, told, row, here);
        else count(unreadable, { code: 'UNKNOWN_CATEGORY', field: targets[0].truth, message: '' });
      }
    }
  });
};

const needJudged = (evaluation: Evaluation): Evaluation => {
  const empty = evaluation.targets.find(({ rows }) => rows === 0);
  if (empty === undefined) return evaluation;
  const { rows, file, unreadable, versions } = evaluation;
  const codes = Object.entries(unreadable).map(([code, times]) => `${code} ${times} times in ${empty.truth}`);
  const refused = versions.flatMap(({ ref, refused: all }) =>
    Object.entries(all).map(([code, times]) => `${code} ${times} times by ${ref}`),
  );
  const why = [...codes, ...refused, `${empty.withoutTruth} without a truth`].join(', ');
  throw fail('BAD_FILE', `No row of ${file} can be judged: ${rows} rows, ${why}.`, {
    expected: `rows with a value in ${empty.truth} that the model can answer`,
    got: why,
  });
};

/**
 * Scores every row of a table with one version or two, and tells by figures how good the answers are.
 *
 * @throws USAGE for columns, outputs or versions that do not fit; BAD_FILE for a table that cannot be read, lacks columns, or has no
 * row that can be judged; FILE_NOT_FOUND; the signal's reason when it is aborted
 */
export const evaluate = async (scorers: readonly ScorerOfRef[], options: EvaluateOptions): Promise<Evaluation> => {
  const { input, truth: _, by = [], positive, quantile, onProgress, signal } = options;
  if (scorers.length === 0 || scorers.length > MOST_VERSIONS)
    throw usage('One version is evaluated, or two are compared.', 'one or two references', `${scorers.length}`);
  const format = formatOf(input, options.format);
  const cells: Cells = cellsOf[format];
  const file = sourceName(input);
  const targets = targetsOfAll(scorers, options);
  const unreadable: Record<string, number> = {};
  const refused = scorers.map((): Record<string, number> => ({}));
  let slicings: readonly Slicing[] | undefined;
  let judgements: readonly Judgement[] = [];
  let rows = 0;
  const start = (chunk: TableChunk): readonly Slicing[] => {
    for (const { scorer } of scorers) refuseColumns({ ...scorer.manifest, extraFields: 'ignore' }, file, chunk);
    needTruth(file, targets, chunk);
    const found = slicingsOf(by, scorers[0].scorer.manifest, file, chunk, cells);
    judgements = targets.map((all) => ({
      targets: all,
      judging: judgeTarget({ targets: all, slicings: found, quantile }),
      withoutTruth: 0,
    }));
    return found;
  };
  const wanted = [
    ...new Set([
      ...scorers.flatMap(({ scorer }) => Object.keys(scorer.manifest.inputs)),
      ...targets.map(([{ truth }]) => truth),
      ...by,
    ]),
  ];
  for await (const chunk of ahead(readTable(input, { format, wanted }))) {
    signal?.throwIfAborted();
    slicings ??= start(chunk);
    rows += chunk.rows + chunk.rejects.length;
    for (const { problem } of chunk.rejects) count(unreadable, problem);
    if (chunk.rows > 0) {
      const missing = new Array<unknown>(chunk.rows).fill(null);
      const truths = targets.map(([target]) =>
        readTruths(target, (chunk.columns[target.truth] ?? missing) as readonly unknown[], cells, positive),
      );
      const answers: ColumnAnswers[] = [];
      for (const { scorer } of scorers) answers.push(await scoreChunk(scorer, inputsOf(chunk, scorer), cells));
      answers.forEach(({ errors }, version) => {
        for (const problem of errors.values()) count(refused[version], problem);
      });
      judgeChunk(chunk, answers, judgements, slicings, truths, unreadable);
    }
    chunk.release?.();
    onProgress?.({ rows, share: chunk.share });
  }
  const versions = scorers.map(({ ref, scorer: { manifest, digest } }, version): EvaluatedVersion => {
    const { name: model, version: number, description } = manifest;
    return { ref, model, version: number, digest, description, refused: refused[version] };
  });
  return needJudged({
    file,
    rows,
    unreadable,
    versions,
    targets: judgements.map(({ judging, withoutTruth }) => atOnce(judging.evaluated(withoutTruth))),
  });
};
