/** Mode "once": a file in, a file out, in flat memory. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fail } from '../../core/errors.ts';
import type { Scorer } from '../../core/types.ts';
import { ahead } from '../../files/ahead.ts';
import { createTableWriter, formatOf, formatOfName, readTable, targetFormatOf } from '../../files/index.ts';
import { type RefusedRow, unreadable } from '../../files/output-rows.ts';
import { type ByteSource, isSpecial, sourceName, type Target, targetName } from '../../files/place.ts';
import { cellsOf, type Format, type TableChunk, type TableWriter } from '../../files/table.ts';
import { type OutputPlan, planOutput } from './plan.ts';
import { predictChunk } from './predict-chunk.ts';
import { createRejects, type Rejects } from './rejects.ts';

export interface FileProgress {
  readonly rows: number;
  readonly rejected: number;
  /** How much of the input is done, 0 to 1, where its size is known. */
  readonly share?: number | undefined;
}

export interface PredictFileOptions {
  readonly scorer: Scorer;
  readonly input: ByteSource;
  readonly output: Target;
  /** Where rejected rows go, as NDJSON; they are only counted when absent. */
  readonly rejects?: Target | undefined;
  /** By the names of the files unless given; where the output has no name, its format is the input's. */
  readonly inputFormat?: Format | undefined;
  readonly outputFormat?: Format | undefined;
  /** The input's columns to keep before the predictions; all of them unless given. */
  readonly columns?: readonly string[] | undefined;
  /** Texts of a CSV output that a spreadsheet would take for formulas get an apostrophe before them. */
  readonly csvSafe?: boolean | undefined;
  /** Replace files that exist; else FILE_EXISTS. */
  readonly force?: boolean | undefined;
  readonly chunkRows?: number | undefined;
  readonly onProgress?: ((progress: FileProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PredictFileResult {
  readonly rows_in: number;
  readonly rows_out: number;
  readonly rows_rejected: number;
  /** Rejected rows by the code of their first problem. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly first_rejects: readonly RefusedRow[];
  /** Fields that may be absent and were, in every row. */
  readonly absent_fields: readonly string[];
}

/** A file's identity, so that links and other spellings do not hide that two are one. */
const identityOf = async (place: ByteSource | Target): Promise<{ readonly id?: string; readonly exists: boolean }> => {
  if (typeof place !== 'string') return { exists: false };
  const stats = await stat(place, { bigint: true }).catch(() => undefined);
  if (stats === undefined) return { id: resolve(place), exists: false };
  return stats.isFile() ? { id: `${stats.dev}:${stats.ino}`, exists: true } : { exists: false };
};

const checkPlaces = async ({ input, output, rejects, force }: PredictFileOptions): Promise<void> => {
  const places: readonly (ByteSource | Target)[] = [input, output, ...(rejects === undefined ? [] : [rejects])];
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
  if (rejects !== undefined && (formatOfName(rejects) ?? 'ndjson') !== 'ndjson') {
    throw fail('USAGE', `Rejects are written as NDJSON, and ${targetName(rejects)} says that it is something else.`, {
      expected: 'a name that ends in .ndjson, .jsonl or nothing known',
      got: targetName(rejects),
    });
  }
};

/** A file's name tells its format; a stream, a pipe or a device has none, and is written as the input is read. */
const outputFormatOf = async ({ output, outputFormat }: PredictFileOptions, from: Format): Promise<Format> => {
  const named = outputFormat ?? formatOfName(output);
  if (named !== undefined) return targetFormatOf(output, named);
  return typeof output === 'string' && !(await isSpecial(output)) ? formatOf(output) : from;
};

/**
 * Scores every row of a table. The output holds the input's columns and then the predictions, in the input's order; a row that
 * cannot be read or scored is left out and goes to the rejects. Files appear whole, when all is done, or not at all.
 *
 * @throws MillraceError USAGE, FILE_NOT_FOUND, FILE_EXISTS, BAD_FILE, STORE_FAILED, and the signal's reason when it is aborted.
 */
export const predictFile = async (options: PredictFileOptions): Promise<PredictFileResult> => {
  const { scorer, input, output, columns, chunkRows, csvSafe, onProgress, signal } = options;
  const from = formatOf(input, options.inputFormat);
  const cells = cellsOf[from];
  const to = await outputFormatOf(options, from);
  if (csvSafe && to !== 'csv') {
    throw fail('USAGE', `Only CSV can be made safe for spreadsheets, and the output is ${to}.`, {
      expected: 'a CSV output, or no --csv-safe',
      got: to,
    });
  }
  await checkPlaces(options);

  // A stream may keep its reader waiting for ever; destroyed, it does not. Nobody may be reading it yet, or any more.
  const leave = (): void => {
    if (typeof input === 'string') return;
    input.on('error', () => {});
    input.destroy(signal?.reason);
  };
  signal?.throwIfAborted();
  signal?.addEventListener('abort', leave);
  let writer: TableWriter | undefined;
  let rejects: Rejects | undefined;
  let rowsIn = 0;
  let rowsOut = 0;
  const absent = new Set(Object.keys(scorer.manifest.inputs).filter((name) => scorer.manifest.inputs[name]?.nullable));
  try {
    rejects = await createRejects(options.rejects);
    let plan: OutputPlan | undefined;
    const start = async (first: TableChunk): Promise<OutputPlan> => {
      plan = planOutput({ manifest: scorer.manifest, input: sourceName(input), cells, to, columns }, first);
      writer = await createTableWriter(output, { format: to, csvSafe, columns: [...plan.pass, ...plan.answers] });
      return plan;
    };
    const take = async (chunk: TableChunk, told: Rejects): Promise<void> => {
      signal?.throwIfAborted();
      rowsIn += chunk.rows + chunk.rejects.length;
      if (chunk.rows === 0) return told.add(chunk.rejects.map(unreadable));
      plan ??= await start(chunk);
      for (const name of absent) if (Object.hasOwn(chunk.types, name)) absent.delete(name);
      const predicted = await predictChunk(scorer, chunk, plan, cells).catch((error: unknown) => {
        // A stop ends what runs.
        signal?.throwIfAborted();
        throw error;
      });
      signal?.throwIfAborted();
      await told.add(predicted.refused);
      await writer?.write(predicted.rows);
      rowsOut += predicted.rows.rows;
      chunk.release?.();
    };
    let last: TableChunk | undefined;
    const wanted = Object.keys(scorer.manifest.inputs);
    for await (const chunk of ahead(readTable(input, { format: from, wanted, ...(chunkRows && { chunkRows }) }))) {
      last = chunk;
      try {
        await take(chunk, rejects);
      } catch (error) {
        leave();
        throw error;
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
      absent_fields: rowsOut === 0 ? [] : [...absent],
    };
  } catch (error) {
    await Promise.allSettled([writer?.abort(), rejects?.abort()]);
    throw error;
  } finally {
    signal?.removeEventListener('abort', leave);
  }
};
