/** Two versions beside each other, wherever they are. */
import { resolve } from 'node:path';
import { fail } from '../core/errors.ts';
import type { Scorer } from '../core/types.ts';
import { type AnswersDiff, diffAnswers } from '../diff/answers.ts';
import { type Diff, type DiffedVersion, diffVersions } from '../diff/diff.ts';
import { answerRecorded, answerTable, type RowsOptions } from '../diff/rows.ts';
import type { Format } from '../files/table.ts';
import type { Package } from '../package/layout.ts';
import type { Resources } from './resources.ts';

export interface DiffOptions extends RowsOptions {
  /** A table that both answer; a relative path starts from `cwd`. */
  readonly file?: string | undefined;
  readonly format?: Format | undefined;
  /** They answer the last recorded rows of the first one's model. */
  readonly recorded?: boolean | undefined;
  /** Rows at most; 10,000 of a table and 1,000 of what is recorded unless given. */
  readonly most?: number | undefined;
  readonly rowMs?: number | undefined;
}

const TABLE_ROWS = 10_000;
const RECORDED_ROWS = 1000;

const versionOf = (ref: string, { digest, manifest, examples, digests }: Package): DiffedVersion => ({
  ref,
  digest,
  manifest,
  examples,
  digests,
});

/** @throws BAD_FILE where nothing is recorded */
const answersTo = async (
  resources: Resources,
  model: string,
  scorers: readonly [Scorer, Scorer],
  { file, format, most, ...how }: DiffOptions,
): Promise<AnswersDiff & { readonly on: string }> => {
  if (file !== undefined) {
    const table = { ...how, format, most: most ?? TABLE_ROWS };
    const { rows, partings } = await answerTable(resolve(resources.cwd, file), scorers, table);
    return { on: `${rows.length} rows of ${file}`, ...diffAnswers(rows, partings) };
  }
  const predictions = await (await resources.records()).recent(model, most ?? RECORDED_ROWS);
  if (predictions.length === 0) {
    const expected = 'a deployment of it that records (record: in millrace.yaml)';
    throw fail('BAD_FILE', `Nothing is recorded of ${model}.`, { expected, got: 'no records' });
  }
  const { rows, partings } = await answerRecorded(predictions, scorers, how);
  return { on: `${rows.length} recorded rows`, ...diffAnswers(rows, partings) };
};

/** @throws what opening and loading them throw; of rows, what `answerTable` throws */
export const diffRefs = async (
  resources: Resources,
  [before, now]: readonly [string, string],
  options: DiffOptions = {},
): Promise<Diff> => {
  const [first, second] = [await resources.open(before), await resources.open(now)];
  const versions = [versionOf(before, first), versionOf(now, second)] as const;
  if (options.file === undefined && !options.recorded) return diffVersions(...versions);
  const { rowMs, signal } = options;
  const scorers: Scorer[] = [];
  try {
    for (const found of [first, second]) scorers.push(await resources.loadSafely(found, { rowMs, signal }));
    const answers = await answersTo(resources, first.manifest.name, [scorers[0], scorers[1]], options);
    return diffVersions(...versions, answers);
  } finally {
    for (const scorer of scorers) await scorer.close();
  }
};
