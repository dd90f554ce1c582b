/** From a scored chunk to the rows of an output: columns that pass through, and rows that go no further. */
import type { Problem } from '../core/errors.ts';
import { isBlank } from '../core/field.ts';
import type { ColumnInput } from '../core/types.ts';
import { pickRows } from './rows.ts';
import { rowAt } from './scoring.ts';
import { type BadRow, type ColumnSpec, type Place, type Rows, record, type Stored, type TableChunk } from './table.ts';
import { valuesOf } from './values.ts';

/** A column of the input that is written as it is. */
export interface PassColumn extends ColumnSpec {
  /** Makes the values fit `type`, where the source has none of its own. */
  readonly fit?: ((values: ColumnInput) => ColumnInput) | undefined;
}

/** Reads each text of a column; an empty one is missing, and what is no text stays. */
export const eachText =
  (read: (text: string) => unknown) =>
  (values: ColumnInput): ColumnInput =>
    Array.from(values as ArrayLike<unknown>, (value) => {
      if (typeof value !== 'string') return value;
      return isBlank(value) ? null : read(value.trim());
    });

/** Columns as they are stored, where they are of the output's type, and their values where these were read or are all there is. */
export const passColumns = (chunk: TableChunk, passed: readonly PassColumn[]) => {
  const columns = record<ColumnInput>();
  const stored = record<Stored>();
  for (const { name, type, fit } of passed) {
    const own = Object.hasOwn(chunk.types, name) ? chunk.types[name] : type;
    // A later file may hold other types than the first: then values are moved, not bits.
    const kept = own === type ? chunk.stored?.[name] : undefined;
    if (kept) stored[name] = kept;
    if (kept && chunk.columns[name] === undefined) continue;
    const values = valuesOf(chunk, { name, type: own });
    columns[name] = fit ? fit(values) : values;
  }
  return { columns, stored };
};

/** Some rows of a chunk as objects of all its columns. */
const rowsAt = (chunk: TableChunk, places: readonly number[]): readonly Record<string, unknown>[] => {
  const picked = pickRows(chunk, Int32Array.from(places));
  const columns = record<ColumnInput>();
  for (const [name, type] of Object.entries(chunk.types)) columns[name] = valuesOf(picked, { name, type });
  return places.map((_, index) => rowAt({ rows: picked.rows, columns }, index));
};

/** A row that goes no further. */
export interface RefusedRow extends Place {
  readonly problem: Problem;
  /** The row as it was read, or the text that could not be read as one. */
  readonly input: unknown;
}

/** A row that was lost before it could be scored. */
export const unreadable = ({ raw, ...place }: BadRow): RefusedRow => ({ ...place, input: raw });

/** Parts the rows of an output from those that have a problem, or could not be read; these in the order of the chunk. */
export const partRows = (
  whole: Rows,
  chunk: TableChunk,
  problems: ReadonlyMap<number, Problem>,
): { readonly rows: Rows; readonly refused: readonly RefusedRow[] } => {
  if (problems.size === 0 && chunk.rejects.length === 0) return { rows: whole, refused: [] };
  const keep = new Int32Array(whole.rows - problems.size);
  let next = 0;
  for (let row = 0; row < whole.rows; row++) if (!problems.has(row)) keep[next++] = row;
  const inputs = rowsAt(chunk, [...problems.keys()]);
  const refused = [
    ...Array.from(problems, ([row, problem], index) => ({ ...chunk.place(row), problem, input: inputs[index] })),
    ...chunk.rejects.map(unreadable),
  ].sort((a, b) => a.row - b.row);
  return { rows: problems.size === 0 ? whole : pickRows(whole, keep), refused };
};
