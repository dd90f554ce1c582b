/** How a column travels between DuckDB's vectors and JavaScript, and what codecs of several types share. */
import type { DuckDBType } from '@duckdb/node-api';
import type { ColumnInput } from '../core/types.ts';
import { jsonText } from './cells.ts';
import type { Bits, Stored } from './table.ts';

export type BitsConstructor = {
  new (length: number): Bits;
  new (buffer: ArrayBufferLike, offset: number, length: number): Bits;
} & {
  readonly BYTES_PER_ELEMENT: number;
};

export interface ColumnCodec {
  /** The type of the vector that carries the column. */
  readonly vector: DuckDBType;
  /** Absent when the vector holds text. */
  readonly bits?: BitsConstructor;
  /** SQL around a column on its way out of and into DuckDB. */
  readonly out?: (column: string) => string;
  readonly into?: (column: string) => string;
  /** The stored column as the values that a scorer takes. */
  decode(stored: Stored, rows: number): ColumnInput;
  /** The same for formats of text, with every digit; absent where `decode` loses none. */
  readonly exact?: (stored: Stored, rows: number) => ColumnInput;
  /** One value as it is stored (a number or bigint, or text); undefined when it does not fit. Missing values never come here. */
  encode(value: unknown): number | bigint | string | undefined;
}

export const isMissing = (valid: Uint8Array | undefined, row: number): boolean =>
  valid !== undefined && valid[row] === 0;

export const toNumbers = (stored: Stored, rows: number): ColumnInput => {
  const data = stored.data as ArrayLike<number>;
  if (stored.valid === undefined && data instanceof Float64Array) return data;
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row++) values[row] = isMissing(stored.valid, row) ? Number.NaN : data[row];
  return values;
};

/** Numbers; where one is past 2^53, an array that keeps it as a bigint. */
export const toIntegers = (stored: Stored, rows: number): ColumnInput => {
  const data = stored.data as ArrayLike<bigint>;
  const values = new Float64Array(rows);
  let safe = true;
  for (let row = 0; row < rows; row++) {
    values[row] = isMissing(stored.valid, row) ? Number.NaN : Number(data[row]);
    if (values[row] > Number.MAX_SAFE_INTEGER || values[row] < Number.MIN_SAFE_INTEGER) safe = false;
  }
  if (safe) return values;
  return Array.from(values, (value, row) =>
    Number.isNaN(value) ? null : Number.isSafeInteger(value) ? value : data[row],
  );
};

export const toValues =
  <T>(look: (value: never) => T) =>
  ({ data, valid }: Stored, rows: number): ColumnInput => {
    const values = new Array<T | null>(rows);
    const source = data as ArrayLike<unknown>;
    for (let row = 0; row < rows; row++) {
      const value = source[row];
      values[row] = value === null || isMissing(valid, row) ? null : look(value as never);
    }
    return values;
  };

export const numeral = (value: unknown): number | undefined => {
  if (typeof value === 'number') return value;
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
};

export const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : jsonText(value));
