/** Mode "once": a file in, a file out, in flat memory. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fail, type Problem } from '../../core/errors.ts';
import type { ColumnInput, Scorer } from '../../core/types.ts';
import { ahead } from '../../files/ahead.ts';
import { createTableWriter, formatOf, formatOfName, readTable } from '../../files/index.ts';
import { type Source, sourceName, type Target, targetName } from '../../files/place.ts';
import { pickRows } from '../../files/rows.ts';
import { answerColumn, rowAt, scoreChunk } from '../../files/scoring.ts';
import {
  type BadRow,
  type Format,
  type Rows,
  record,
  type Stored,
  type TableChunk,
  type TableWriter,
} from '../../files/table.ts';
import { type Plan, planOutput } from './plan.ts';
import { createRejects, type Reject, type Rejects } from './rejects.ts';

export interface Progress {
  readonly rows: number;
  readonly rejected: number;
  /** How much of the input is done, 0 to 1, where its size is known. */
  readonly share?: number | undefined;
}

export interface PredictFileOptions {
  readonly scorer: Scorer;
  readonly input: Source;
  readonly output: Target;
  /** Where rejected rows go, as NDJSON; they are only counted when absent. */
  readonly rejects?: Target | undefined;
  /** By the names of the files unless given; the output's is the input's when nothing tells. */
  readonly inputFormat?: Format | undefined;
  readonly outputFormat?: Format | undefined;
  /** The input's columns to keep before the predictions; all of them unless said. */
  readonly columns?: readonly string[] | undefined;
  /** Replace files that exist; else FILE_EXISTS. */
  readonly force?: boolean | undefined;
  readonly chunkRows?: number | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PredictFileResult {
  readonly rows_in: number;
  readonly rows_out: number;
  readonly rows_rejected: number;
  /** Rejected rows by the code of their first problem. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly first_rejects: readonly Reject[];
}

/** A file's identity, so that links and other spellings do not hide that two are one. */
const identityOf = async (place: Source | Target): Promise<{ readonly id?: string; readonly exists: boolean }> => {
  if (typeof place !== 'string') return { exists: false };
  const stats = await stat(place, { bigint: true }).catch(() => undefined);
  if (stats === undefined) return { id: resolve(place), exists: false };
  return stats.isFile() ? { id: `${stats.dev}:${stats.ino}`, exists: true } : { exists: false };
};

const checkPlaces = async ({ input, output, rejects, force }: PredictFileOptions): Promise<void> => {
  const places: readonly (Source | Target)[] = [input, output, ...(rejects === undefined ? [] : [rejects])];
  const names = [sourceName(input), ...[output, rejects ?? ''].map(targetName)];
  const found = await Promise.all(places.map(identityOf));
  found.forEach(({ id, exists }, index) => {
    const name = names[index];
    const same = id === undefined ? -1 : found.findIndex((other) => other.id === id);
    if (same !== -1 && same < index) {
      throw fail('USAGE', `${name} would be read and written, or written twice, at once.`, {
        expected: 'different files for input, output and rejects',
        got: `${names[same]} and ${name}, which are one file`,
      });
    }
    if (index === 0 || !exists || force) return;
    throw fail('FILE_EXISTS', `${name} exists already; --force replaces it.`, {
      expected: 'a file that does not exist, or --force',
      got: name,
    });
  });
};

/** Rows that have a field which the output has no column for, or that would fall on a prediction. */
const strayRows = (chunk: TableChunk, plan: Plan): ReadonlyMap<number, Problem> => {
  const stray = new Map<number, Problem>();
  const known = new Set(plan.pass.map(({ name }) => name));
  const taken = new Set(plan.answers.map(({ name }) => name));
  for (const name of Object.keys(chunk.types)) {
    if (known.has(name) || !(plan.isFixed || taken.has(name))) continue;
    const expected = 'only fields that the first rows have, as they settle the columns of the output';
    const message = `The output has no column for ${name}: expected ${expected}. Say which to keep, or write ndjson.`;
    const problem: Problem = { code: 'UNKNOWN_FIELD', field: name, expected, got: name, message };
    (chunk.columns[name] as readonly unknown[]).forEach((value, row) => {
      if (value !== undefined && !stray.has(row)) stray.set(row, problem);
    });
  }
  return stray;
};

const unreadable = ({ raw, ...place }: BadRow): Reject => ({ ...place, input: raw });

/** Scores one chunk: the rows that go out, and those that do not, in the input's order. */
const predictChunk = async (scorer: Scorer, chunk: TableChunk, plan: Plan, format: Format) => {
  const answers = await scoreChunk(scorer, chunk, format);
  const stray =
    plan.pass.length < Object.keys(chunk.types).length ? strayRows(chunk, plan) : new Map<number, Problem>();
  const bad = stray.size === 0 ? answers.errors : new Map([...stray, ...answers.errors]);

  const columns = record<ColumnInput>();
  const stored = record<Stored>();
  for (const { name, field } of plan.answers) {
    columns[name] = answerColumn(scorer.manifest.outputs[field], answers.columns[field], chunk.rows);
  }
  for (const { name } of plan.pass) {
    if (!Object.hasOwn(chunk.types, name)) continue;
    if (chunk.stored?.[name]) stored[name] = chunk.stored[name];
    Object.defineProperty(columns, name, { enumerable: true, get: () => chunk.columns[name] });
  }
  const whole: Rows = { rows: chunk.rows, columns, stored };
  if (bad.size === 0 && chunk.rejects.length === 0) return { rows: whole, rejects: [] };

  const keep = new Int32Array(chunk.rows - bad.size);
  let next = 0;
  for (let row = 0; row < chunk.rows; row++) if (!bad.has(row)) keep[next++] = row;
  const rejects = [
    ...Array.from(bad, ([row, problem]): Reject => ({ ...chunk.place(row), problem, input: rowAt(chunk, row) })),
    ...chunk.rejects.map(unreadable),
  ].sort((a, b) => a.row - b.row);
  return { rows: bad.size === 0 ? whole : pickRows(whole, keep), rejects };
};

/** Values as their columns' types want them, where the source has no types. */
const fitted = ({ rows, columns, stored }: Rows, { pass }: Plan): Rows => {
  const fits = pass.filter(({ fit, name }) => fit && Object.hasOwn(columns, name));
  if (fits.length === 0) return { rows, columns, ...(stored && { stored }) };
  const changed = { ...columns };
  for (const { name, fit } of fits) if (fit) changed[name] = fit(columns[name]);
  return { rows, columns: changed, ...(stored && { stored }) };
};

/**
 * Scores every row of a table. The output holds the input's columns and then the predictions, in the input's order; a row that
 * cannot be read or scored is left out and goes to the rejects. Files appear whole, when all is done, or not at all.
 *
 * Throws USAGE, FILE_NOT_FOUND, FILE_EXISTS, BAD_FILE, STORE_FAILED, and the signal's reason when it is aborted.
 */
export const predictFile = async (options: PredictFileOptions): Promise<PredictFileResult> => {
  const { scorer, input, output, columns, chunkRows, onProgress, signal } = options;
  const from = formatOf(input, options.inputFormat);
  const to = options.outputFormat ?? formatOfName(output) ?? from;
  await checkPlaces(options);

  let writer: TableWriter | undefined;
  let rejects: Rejects | undefined;
  let rowsIn = 0;
  let rowsOut = 0;
  try {
    rejects = await createRejects(options.rejects);
    let plan: Plan | undefined;
    const start = async (first: TableChunk): Promise<Plan> => {
      plan = planOutput({ manifest: scorer.manifest, input: sourceName(input), from, to, columns }, first);
      writer = await createTableWriter(output, { format: to, columns: [...plan.pass, ...plan.answers] });
      return plan;
    };
    let last: TableChunk | undefined;
    for await (const chunk of ahead(readTable(input, { format: from, ...(chunkRows && { chunkRows }) }))) {
      signal?.throwIfAborted();
      last = chunk;
      rowsIn += chunk.rows + chunk.rejects.length;
      if (chunk.rows === 0) await rejects.add(chunk.rejects.map(unreadable));
      else {
        plan ??= await start(chunk);
        const predicted = await predictChunk(scorer, chunk, plan, from);
        signal?.throwIfAborted();
        await rejects.add(predicted.rejects);
        await writer?.write(fitted(predicted.rows, plan));
        rowsOut += predicted.rows.rows;
      }
      onProgress?.({ rows: rowsIn, rejected: rejects.count, share: chunk.share });
    }
    if (plan === undefined && last) await start(last);
    if (rowsIn !== rowsOut + rejects.count) {
      throw fail('INTERNAL', `${rowsIn} rows came in, ${rowsOut} went out and ${rejects.count} were rejected.`);
    }
    await rejects.close();
    await writer?.close();
    return {
      rows_in: rowsIn,
      rows_out: rowsOut,
      rows_rejected: rejects.count,
      rejected: rejects.byCode,
      first_rejects: rejects.first,
    };
  } catch (error) {
    await Promise.allSettled([writer?.abort(), rejects?.abort()]);
    throw error;
  }
};
