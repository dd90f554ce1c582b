/** Rows of several files as those of one: counted through, and behind a position. */
import type { ColumnInput } from '../../core/types.ts';
import { readTable } from '../../files/index.ts';
import { pickRows } from '../../files/rows.ts';
import { record, type TableChunk } from '../../files/table.ts';
import type { SourceChunk } from '../source.ts';
import { type AllColumns, checkAlike, filled } from './columns.ts';
import type { Listing, SourceFile } from './listing.ts';

/** In file `file`, behind its data row `row`; `rows` counts those of all files. */
export interface FilePosition {
  readonly file: number;
  readonly row: number;
  readonly rows: number;
}

export interface ReadFilesOptions {
  readonly start: FilePosition;
  readonly chunkRows: number;
  /** Columns whose values will be looked at; all unless given. */
  readonly wanted?: readonly string[] | undefined;
  /** Columns that each file is filled up to; without them all files must have the same. */
  readonly all?: AllColumns | undefined;
  /** What the names of a file's rows begin with. */
  digestOf(file: SourceFile): Promise<string>;
}

const isBare = ({ rows, rejects }: TableChunk): boolean => rows + rejects.length === 0;

const lastRow = (chunk: TableChunk): number =>
  Math.max(chunk.rows > 0 ? chunk.place(chunk.rows - 1).row : 0, chunk.rejects.at(-1)?.row ?? 0);

/** The part of a chunk that lies behind data row `row` of its file. */
const behind = (chunk: TableChunk, row: number): TableChunk => {
  if (row === 0) return chunk;
  const rejects = chunk.rejects.filter((reject) => reject.row > row);
  let skip = 0;
  while (skip < chunk.rows && chunk.place(skip).row <= row) skip++;
  if (skip === 0) return { ...chunk, rejects };
  const keep = Int32Array.from({ length: chunk.rows - skip }, (_, index) => index + skip);
  return { ...chunk, ...pickRows(chunk, keep), rejects, place: (index) => chunk.place(index + skip) };
};

/** The position behind a chunk that lies behind another one in the same file. */
const past = ({ file, row, rows }: FilePosition, chunk: TableChunk): FilePosition => {
  const last = Math.max(row, lastRow(chunk));
  return { file, row: last, rows: rows - row + last };
};

/** A chunk of one file as one of all, which ends at `next`. */
const through = (chunk: TableChunk, next: FilePosition, files: number, digest: string): SourceChunk => {
  const offset = next.rows - next.row;
  return {
    ...chunk,
    place: (index) => ({ ...chunk.place(index), row: chunk.place(index).row + offset }),
    rejects: chunk.rejects.map((reject) => ({ ...reject, row: reject.row + offset })),
    ...(chunk.share !== undefined && { share: (next.file + chunk.share) / files }),
    next: { ...next },
    rowKey: (number) => `${digest}-${number - offset}`,
  };
};

/** No rows, and what is to be known at the end. */
const ending = (next: FilePosition, notes: readonly string[]): SourceChunk => ({
  rows: 0,
  columns: record<ColumnInput>(),
  types: record<string>(),
  rejects: [],
  place: () => ({ row: 0 }),
  notes,
  share: 1,
  next: { ...next },
  rowKey: () => '',
});

/** The first chunk comes even when there are no rows behind the start, so that the columns are known. */
export async function* readFiles(
  { files, cells, leading }: Listing,
  { start, chunkRows, wanted, all, digestOf }: ReadFilesOptions,
): AsyncGenerator<SourceChunk> {
  let position = start;
  let columns: readonly string[] | undefined;
  let hasYielded = false;
  let notes: readonly string[] = [];
  for (const [index, file] of files.entries()) {
    if (index < start.file) continue;
    if (index > start.file) position = { file: index, row: 0, rows: position.rows };
    if (file.isEmpty && file !== leading) {
      notes = [...notes, `${file.shown} is empty, and was stepped over`];
      continue;
    }
    const before = position.rows;
    const digest = await digestOf(file);
    for await (const read of readTable(file.path, { format: file.format, chunkRows, wanted })) {
      // A part that has no rows may have no columns that matter either.
      if (columns !== undefined && isBare(read)) continue;
      const whole = all ? filled(read, all, wanted) : read;
      columns ??= Object.keys(whole.types);
      if (cells !== 'free') checkAlike(columns, whole, file, files[0]);
      if (position.row > 0 && lastRow(whole) <= position.row && !isBare(whole)) continue;
      const chunk = behind(whole, position.row);
      if (isBare(chunk) && hasYielded) continue;
      position = past(position, chunk);
      hasYielded = true;
      yield {
        ...through(chunk, position, files.length, digest),
        ...(notes.length > 0 && { notes }),
        ...(all && { lacking: all.lacking }),
      };
      notes = [];
    }
    const hasNone = position.rows === before && position.row === 0;
    if (hasNone && files.length > 1) notes = [...notes, `${file.shown} has no rows`];
  }
  const end: FilePosition = { file: files.length, row: 0, rows: position.rows };
  if (hasYielded) {
    if (notes.length > 0 && end.rows > 0) yield ending(end, notes);
    return;
  }
  for await (const chunk of readTable(leading.path, { format: leading.format, chunkRows, wanted })) {
    const none = pickRows(all ? filled(chunk, all, wanted) : chunk, new Int32Array(0));
    yield { ...chunk, ...ending(end, notes), ...none, types: all?.types ?? chunk.types };
    return;
  }
}
