/** Rows into tuples of COPY's binary format. */
import type { ColumnInput } from '../../core/types.ts';
import { jsonText } from '../../files/cells.ts';
import type { ColumnSpec, Rows, Stored } from '../../files/table.ts';
import { exactColumn, store } from '../../files/values.ts';
import {
  type BinaryType,
  createdType,
  DAYS_MAX,
  DAYS_MIN,
  EPOCH_DAY_COUNT,
  EPOCH_MICROS,
  MICROS_MAX,
  MICROS_MIN,
  stagedType,
} from './types.ts';

/** `PGCOPY\n\377\r\n\0`, no flags, no extension. */
export const copyHeader = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
export const copyTrailer = Buffer.from([0xff, 0xff]);

const micros = (value: bigint): bigint => {
  if (value === MICROS_MAX) return value;
  return value === -MICROS_MAX ? MICROS_MIN : value - EPOCH_MICROS;
};
const days = (value: number): number => {
  if (value === DAYS_MAX) return value;
  return value === -DAYS_MAX ? DAYS_MIN : value - EPOCH_DAY_COUNT;
};

/** Bytes of a value, and how they are written; fixed sizes only. */
const fixed: Readonly<Partial<Record<BinaryType, { size: number; put(to: Buffer, at: number, value: never): void }>>> =
  {
    boolean: { size: 1, put: (to, at, value: number) => void to.writeUInt8(value, at) },
    smallint: { size: 2, put: (to, at, value: number) => void to.writeInt16BE(value, at) },
    integer: { size: 4, put: (to, at, value: number) => void to.writeInt32BE(value, at) },
    bigint: { size: 8, put: (to, at, value: number | bigint) => void to.writeBigInt64BE(BigInt(value), at) },
    real: { size: 4, put: (to, at, value: number) => void to.writeFloatBE(value, at) },
    'double precision': { size: 8, put: (to, at, value: number) => void to.writeDoubleBE(value, at) },
    date: { size: 4, put: (to, at, value: number) => void to.writeInt32BE(days(value), at) },
    timestamp: { size: 8, put: (to, at, value: bigint) => void to.writeBigInt64BE(micros(value), at) },
    timestamptz: { size: 8, put: (to, at, value: bigint) => void to.writeBigInt64BE(micros(value), at) },
  };

/** The types whose stored form is what `fixed` writes. */
const microseconds: Readonly<Record<string, bigint>> = { TIMESTAMP_S: 1_000_000n, TIMESTAMP_MS: 1000n };

/** Text of a value in a column that is staged as text. PostgreSQL's text holds every character but NUL. */
const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
  return value instanceof Date ? value.toISOString() : jsonText(value);
};

interface Encoder {
  /** Bytes of row `row`, its length included. */
  sizeOf(row: number): number;
  put(to: Buffer, at: number, row: number): number;
}

const isMissing = (value: unknown): boolean => value === null || value === undefined || Number.isNaN(value);

const textEncoder = (values: ColumnInput, look: (value: unknown) => string): Encoder => {
  const source = values as ArrayLike<unknown>;
  return {
    sizeOf: (row) => (isMissing(source[row]) ? 4 : 4 + Buffer.byteLength(look(source[row]))),
    put(to, at, row) {
      const value = source[row];
      if (isMissing(value)) return to.writeInt32BE(-1, at);
      const written = to.write(look(value), at + 4);
      to.writeInt32BE(written, at);
      return at + 4 + written;
    },
  };
};

const encoderOf = (column: ColumnSpec, rows: Rows): Encoder => {
  const staged = stagedType(column);
  const form = fixed[staged];
  const { name, type } = column;
  if (form === undefined) {
    // What is stored as text already passes through as it is.
    const kept: Stored | undefined = rows.stored?.[name];
    if (kept && Array.isArray(kept.data)) return textEncoder(kept.data as ColumnInput, textOf);
    return textEncoder(exactColumn(rows, column), createdType(column) === 'jsonb' ? jsonText : textOf);
  }
  const { data, valid } = rows.stored?.[name] ?? store(name, type, rows.columns[name], rows.rows);
  const source = data as ArrayLike<unknown>;
  const { size, put } = form as { size: number; put(to: Buffer, at: number, value: unknown): void };
  const unit = microseconds[type];
  const has = (row: number): boolean => valid === undefined || valid[row] !== 0;
  return {
    sizeOf: (row) => (has(row) ? 4 + size : 4),
    put(to, at, row) {
      if (!has(row)) return to.writeInt32BE(-1, at);
      to.writeInt32BE(size, at);
      put(to, at + 4, unit === undefined ? source[row] : (source[row] as bigint) * unit);
      return at + 4 + size;
    },
  };
};

/** @throws MillraceError WRONG_TYPE for a value that its column's type cannot hold. */
export const encodeCopy = (columns: readonly ColumnSpec[], rows: Rows): Buffer => {
  const encoders = columns.map((column) => encoderOf(column, rows));
  let size = 0;
  for (let row = 0; row < rows.rows; row++) {
    size += 2;
    for (const encoder of encoders) size += encoder.sizeOf(row);
  }
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (let row = 0; row < rows.rows; row++) {
    at = bytes.writeInt16BE(columns.length, at);
    for (const encoder of encoders) at = encoder.put(bytes, at, row);
  }
  return bytes;
};
