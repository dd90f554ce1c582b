/** Labels of a file, or of a table or query of a connection, told to the predictions of a deployment. */
import { fail, showNames } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { Truth } from '../../evaluation/targets.ts';
import { formatOf, readTable } from '../../files/index.ts';
import type { RefusedRow } from '../../files/output-rows.ts';
import type { ByteSource, Target } from '../../files/place.ts';
import { sourceName } from '../../files/place.ts';
import { type Cells, CHUNK_ROWS, cellsOf, type Format, type TableChunk } from '../../files/table.ts';
import { createRejects } from '../../modes/once/rejects.ts';
import {
  addCounts,
  type KeyCoverage,
  LABELS_WAIT_MS,
  type LabellingCounts,
  NO_LABELS,
} from '../../monitor/labels/labels.ts';
import type { Resources } from '../../resources/resources.ts';
import { openSource } from '../../sources/index.ts';
import type { Span } from '../../sources/source.ts';
import { checkKeyed, type LabelKeySetting, type LabelsMeant, labelsMeant } from './join.ts';
import { labelsOfChunk } from './table.ts';

/** A file, or what a connection of the project answers. */
export type LabelSource =
  | { readonly file: ByteSource; readonly format?: Format | undefined }
  | { readonly connection: string; readonly sql: string; readonly span?: Span | undefined }
  | { readonly connection: string; readonly table: string };

export interface ImportLabelsOptions {
  readonly deployment: string;
  readonly source: LabelSource;
  /** Fields of the recorded row; the prediction's id, in a column `id`, unless given. */
  readonly key?: LabelKeySetting | undefined;
  /** The column of the one thing that the model predicts, or a column for each output. */
  readonly truth: Truth;
  /** Where rejected rows go, as NDJSON; they are only counted when absent. */
  readonly rejects?: Target | undefined;
  /** Only counts. */
  readonly dryRun?: boolean | undefined;
  readonly onProgress?: ((progress: LabelProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface LabelProgress extends LabellingCounts {
  readonly rows: number;
  /** How much of a file is read, 0 to 1, where its size is known. */
  readonly share?: number | undefined;
}

/** What became of a table. */
export interface ImportedLabels extends LabellingCounts, KeyCoverage {
  readonly deployment: string;
  readonly rows: number;
  /** How long labels wait that are of no prediction yet, in milliseconds. */
  readonly waitMs: number;
  /** Rows that say nothing yet of what came true. */
  readonly withoutTruth: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly firstRejects: readonly RefusedRow[];
}

interface LabelTable {
  readonly name: string;
  readonly cells: Cells;
  readonly chunks: AsyncIterable<TableChunk>;
  close(): Promise<void>;
}

const openTable = async (
  { project, database }: Resources,
  source: LabelSource,
  wanted: readonly string[],
): Promise<LabelTable> => {
  if ('file' in source) {
    const format = formatOf(source.file, source.format);
    const chunks = readTable(source.file, { format, only: wanted });
    return { name: sourceName(source.file), cells: cellsOf[format], chunks, close: async () => {} };
  }
  const span = 'span' in source ? source.span : undefined;
  const { connection } = source;
  const config = 'sql' in source ? { connection, sql: source.sql } : { connection, table: source.table };
  const context = { folder: project.folder, key: [], span, chunkRows: CHUNK_ROWS, database };
  const opened = await openSource(config, context);
  return { name: opened.name, cells: opened.cells, chunks: opened.read(undefined, wanted), close: opened.close };
};

/** @throws USAGE for a column that is not there */
const needColumns = (name: string, { keyColumns, targets }: LabelsMeant, { types }: TableChunk): void => {
  const have = Object.keys(types);
  for (const column of [...keyColumns, ...targets.map(({ truth }) => truth)]) {
    if (have.includes(column)) continue;
    const near = nearest(column, have);
    const hint = near === undefined ? '' : ` Is it ${near}?`;
    throw fail('USAGE', `${name} has no column ${column}.${hint}`, { expected: showNames(have), got: column });
  }
};

/**
 * Tells all labels of a table. Told again it changes nothing, so that one that was cut short is simply told anew.
 *
 * @throws USAGE for columns, keys or outputs that do not fit; BAD_FILE, FILE_NOT_FOUND, BAD_SOURCE for a table that cannot be read;
 * STORE_FAILED; the signal's reason when it is aborted
 */
export const importLabels = async (resources: Resources, options: ImportLabelsOptions): Promise<ImportedLabels> => {
  const { deployment, source, truth, key, dryRun, onProgress, signal } = options;
  const { clock } = resources;
  const labels = await resources.labels();
  const meant = await labelsMeant(resources, deployment, { key, truth });
  const known = await labels.match(meant.join, clock());
  checkKeyed(meant, known);
  let counts = NO_LABELS;
  let [rows, withoutTruth] = [0, 0];
  const wanted = [...new Set([...meant.keyColumns, ...meant.targets.map((target) => target.truth)])];
  const table = await openTable(resources, source, wanted);
  const rejects = await createRejects(options.rejects);
  try {
    let isFirst = true;
    for await (const chunk of table.chunks) {
      signal?.throwIfAborted();
      if (isFirst) needColumns(table.name, meant, chunk);
      isFirst = false;
      const found = labelsOfChunk(chunk, { ...meant, cells: table.cells });
      const { share } = chunk;
      rows += chunk.rows + chunk.rejects.length;
      chunk.release?.();
      counts = addCounts(counts, await labels.tell(meant.join, found.labels, clock(), dryRun));
      withoutTruth += found.withoutTruth;
      await rejects.add(found.rejects);
      onProgress?.({ ...counts, rows, share });
    }
    await rejects.close();
  } catch (error) {
    await rejects.abort();
    throw error;
  } finally {
    await table.close();
  }
  const { predictions, keyed } = known;
  const refused = { rejected: rejects.byCode, firstRejects: rejects.first };
  const { waitMs = LABELS_WAIT_MS } = meant.join;
  return { deployment, ...counts, predictions, keyed, rows, waitMs, withoutTruth, ...refused };
};
