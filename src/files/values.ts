/** Columns as values and as they are stored: which of the two there is, and how the one becomes the other. */
import { fail, show } from '../core/errors.ts';
import type { ColumnInput } from '../core/types.ts';
import { codecOf } from './column-types.ts';
import { type Bits, type ColumnSpec, type ColumnType, type Rows, record, type Stored } from './table.ts';

/** What makes values of stored columns, of all of them or of those that are wanted. */
export const decoderOf = (columns: readonly ColumnSpec[], wanted: readonly string[] | undefined) => {
  const names = wanted && new Set(wanted);
  const decoders = columns
    .filter(({ name }) => names?.has(name) ?? true)
    .map(({ name, type }) => ({ name, decode: codecOf(type).decode }));
  return (stored: Readonly<Record<string, Stored>>, rows: number): Readonly<Record<string, ColumnInput>> => {
    const values = record<ColumnInput>();
    for (const { name, decode } of decoders) values[name] = decode(stored[name], rows);
    return values;
  };
};

/** The values of a column. One that stands only as it is stored is decoded, anew each time; one that is not there is missing. */
export const valuesOf = ({ columns, stored, rows }: Rows, { name, type }: ColumnSpec): ColumnInput => {
  if (columns[name] !== undefined) return columns[name];
  const kept = stored?.[name];
  return kept ? codecOf(type).decode(kept, rows) : new Array<null>(rows).fill(null);
};

/** A column with every digit that it has, for what holds text or numbers of any length. */
export const exactColumn = (rows: Rows, column: ColumnSpec): ColumnInput => {
  const kept = rows.stored?.[column.name];
  const { exact } = codecOf(column.type);
  return kept && exact ? exact(kept, rows.rows) : valuesOf(rows, column);
};

/** Columns of values as they are stored. @throws MillraceError WRONG_TYPE for a value that the column's type cannot hold. */
export const store = (name: string, type: ColumnType, values: ColumnInput | undefined, rows: number): Stored => {
  const { bits, encode } = codecOf(type);
  const source = (values ?? []) as ArrayLike<unknown>;
  const data: Bits | (string | null)[] = bits ? new bits(rows) : new Array<string | null>(rows).fill(null);
  const target = data as Record<number, unknown>;
  let valid: Uint8Array | undefined;
  for (let row = 0; row < rows; row++) {
    const value = source[row];
    if (value === null || value === undefined || Number.isNaN(value)) {
      valid ??= new Uint8Array(rows).fill(1);
      valid[row] = 0;
      continue;
    }
    const encoded = encode(value);
    if (encoded === undefined) {
      throw fail('WRONG_TYPE', `${name}: a ${type} column cannot hold ${show(value)}.`, {
        field: name,
        expected: type,
        got: show(value),
      });
    }
    target[row] = encoded;
  }
  return { data, ...(bits && valid ? { valid } : {}) };
};
