/**
 * How a column of each SQL type travels between DuckDB's vectors and JavaScript: fixed-width types as bits, text as text, and
 * the rest (nested types, intervals, blobs, …) as text that DuckDB casts on either side.
 */
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  type DuckDBType,
  FLOAT,
  INTEGER,
  SMALLINT,
  TIMESTAMP,
  TIMESTAMP_MS,
  TIMESTAMP_NS,
  TIMESTAMP_S,
  TIMESTAMPTZ,
  TINYINT,
  UBIGINT,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  VARCHAR,
} from '@duckdb/node-api';
import type { ColumnInput } from '../core/types.ts';
import { rawJSON } from '../text/exact-json.ts';
import { parseJson } from '../text/json.ts';
import { utf8Text } from '../text/utf8.ts';
import { jsonText } from './cells.ts';
import type { Bits, ColumnType, Stored } from './table.ts';

type BitsConstructor = {
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

const isMissing = (valid: Uint8Array | undefined, row: number): boolean => valid !== undefined && valid[row] === 0;

const toNumbers = (stored: Stored, rows: number): ColumnInput => {
  const data = stored.data as ArrayLike<number>;
  if (stored.valid === undefined && data instanceof Float64Array) return data;
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row++) values[row] = isMissing(stored.valid, row) ? Number.NaN : data[row];
  return values;
};

/** Numbers; where one is past 2^53, an array that keeps it as a bigint. */
const toIntegers = (stored: Stored, rows: number): ColumnInput => {
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

const toValues =
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

const numeral = (value: unknown): number | undefined => {
  if (typeof value === 'number') return value;
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
};

const integerOf = (min: number, max: number) => (value: unknown) => {
  const number = typeof value === 'boolean' ? Number(value) : numeral(value);
  return number !== undefined && Number.isInteger(number) && number >= min && number <= max ? number : undefined;
};
const bigintOf = (min: bigint, max: bigint) => (value: unknown) => {
  const big =
    typeof value === 'bigint'
      ? value
      : typeof value === 'number' && Number.isInteger(value)
        ? BigInt(value)
        : undefined;
  return big !== undefined && big >= min && big <= max ? big : undefined;
};

const small = (vector: DuckDBType, bits: BitsConstructor, min: number, max: number): ColumnCodec => ({
  vector,
  bits,
  decode: toNumbers,
  encode: integerOf(min, max),
});

/** Milliseconds of a Date, a number of them, or ISO text; text without an offset counts as if it were UTC. */
const millis = (value: unknown): number | undefined => {
  if (typeof value === 'number') return value;
  if (value instanceof Date) return value.getTime();
  if (typeof value !== 'string') return undefined;
  const text = /^\d{4}-\d\d-\d\d$|(?:[Zz]|[+-]\d\d:?\d\d)$/.test(value) ? value : `${value}Z`;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
};

/** ISO text of an instant given in `unit` parts of a second, with as many digits as it needs and at least three. */
const isoText =
  (unit: bigint, suffix: string) =>
  (value: bigint): string => {
    const second = value / unit - (value % unit < 0n ? 1n : 0n);
    const part = value - second * unit;
    const milliseconds = Number(second) * 1000;
    if (Math.abs(milliseconds) > 8.64e15) return String(value);
    const digits = unit === 1n ? '000' : String(part).padStart(String(unit).length - 1, '0');
    const shown = digits.slice(0, 3) + digits.slice(3).replace(/0+$/, '');
    return `${new Date(milliseconds).toISOString().slice(0, -4)}${shown}${suffix}`;
  };

/** What a text says behind its milliseconds, as a part of one: `456` of `12:00:00.123456`. */
const behindMillis = (value: unknown): string =>
  typeof value === 'string' ? (/\.\d{3}(\d*?)0*(?:[Zz]|[+-]\d\d:?\d\d)?$/.exec(value)?.[1] ?? '') : '';

const instant = (vector: DuckDBType, unit: bigint, suffix = ''): ColumnCodec => {
  /** How many digits a unit has behind the milliseconds. */
  const more = String(unit).length - 4;
  return {
    vector,
    bits: BigInt64Array,
    decode: toValues(isoText(unit, suffix)),
    encode: (value) => {
      const time = millis(value);
      const rest = behindMillis(value);
      if (time === undefined || !Number.isFinite(time) || rest.length > Math.max(0, more)) return undefined;
      const whole = BigInt(Math.round(time));
      return unit >= 1000n ? whole * (unit / 1000n) + BigInt(rest.padEnd(more, '0')) : whole / 1000n;
    },
  };
};

const DAY = 86_400_000;
const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : jsonText(value));

const plainCodecs: Readonly<Record<string, ColumnCodec>> = {
  BOOLEAN: {
    vector: BOOLEAN,
    bits: Uint8Array,
    decode: toValues((value: number) => value !== 0),
    encode: integerOf(0, 1),
  },
  TINYINT: small(TINYINT, Int8Array, -128, 127),
  SMALLINT: small(SMALLINT, Int16Array, -32_768, 32_767),
  INTEGER: small(INTEGER, Int32Array, -2_147_483_648, 2_147_483_647),
  UTINYINT: small(UTINYINT, Uint8Array, 0, 255),
  USMALLINT: small(USMALLINT, Uint16Array, 0, 65_535),
  UINTEGER: small(UINTEGER, Uint32Array, 0, 4_294_967_295),
  BIGINT: { vector: BIGINT, bits: BigInt64Array, decode: toIntegers, encode: bigintOf(-(2n ** 63n), 2n ** 63n - 1n) },
  UBIGINT: { vector: UBIGINT, bits: BigUint64Array, decode: toIntegers, encode: bigintOf(0n, 2n ** 64n - 1n) },
  FLOAT: { vector: FLOAT, bits: Float32Array, decode: toNumbers, encode: numeral },
  DOUBLE: { vector: DOUBLE, bits: Float64Array, decode: toNumbers, encode: numeral },
  DATE: {
    vector: DATE,
    bits: Int32Array,
    decode: toValues((days: number) =>
      Math.abs(days) > 1e8 ? String(days) : new Date(days * DAY).toISOString().replace(/T.*/, ''),
    ),
    encode: (value) => {
      const time = millis(value);
      return time === undefined ? undefined : Math.floor(time / DAY);
    },
  },
  TIMESTAMP: instant(TIMESTAMP, 1_000_000n),
  TIMESTAMP_S: instant(TIMESTAMP_S, 1n),
  TIMESTAMP_MS: instant(TIMESTAMP_MS, 1000n),
  TIMESTAMP_NS: instant(TIMESTAMP_NS, 1_000_000_000n),
  'TIMESTAMP WITH TIME ZONE': instant(TIMESTAMPTZ, 1_000_000n, 'Z'),
  VARCHAR: { vector: VARCHAR, decode: ({ data }) => data as ColumnInput, encode: asText },
};

const decimalCodec = (width: number, scale: number): ColumnCodec => {
  const power = 10 ** scale;
  const look = (value: number | bigint): number => {
    const number = Number(value);
    return Number.isSafeInteger(number) && scale <= 22 ? number / power : Number(`${value}e-${scale}`);
  };
  const digits = (value: number | bigint): string => {
    if (scale === 0) return String(value);
    const text = String(value < 0 ? -value : value).padStart(scale + 1, '0');
    return `${value < 0 ? '-' : ''}${text.slice(0, -scale)}.${text.slice(-scale)}`;
  };
  const bits = width <= 4 ? Int16Array : width <= 9 ? Int32Array : BigInt64Array;
  return {
    vector: DECIMAL(width, scale),
    bits,
    decode:
      scale === 0 && bits === BigInt64Array
        ? toIntegers
        : ({ data, valid }, rows) =>
            Float64Array.from({ length: rows }, (_, row) =>
              isMissing(valid, row) ? Number.NaN : look(data[row] as number | bigint),
            ),
    exact: toValues((value: number | bigint) => rawJSON(digits(value))),
    encode: (value) => {
      const number = numeral(value);
      const whole = number === undefined ? Number.NaN : Math.round(number * power);
      if (!(Math.abs(whole) < 10 ** width)) return undefined;
      return bits === BigInt64Array ? BigInt(whole) : whole;
    },
  };
};

/** DuckDB writes NaN and Infinity into JSON; JSON has no such numbers, so they are null. */
const lenientJson = (text: string): unknown => {
  try {
    return parseJson(text);
  } catch {
    return parseJson(
      text.replace(/("(?:[^"\\]|\\.)*")|-?\bInfinity\b|\bNaN\b/g, (_, string: string | undefined) => string ?? 'null'),
    );
  }
};

const nestedCodec = (type: ColumnType): ColumnCodec => ({
  vector: VARCHAR,
  out: (column) => (type === 'JSON' ? `${column}::VARCHAR` : `to_json(${column})::VARCHAR`),
  into: (column) => (type === 'JSON' ? `${column}::JSON` : `CAST(${column}::JSON AS ${type})`),
  decode: toValues(lenientJson),
  encode: (value) => jsonText(value),
});

const textCodec = (type: ColumnType, look: (text: string) => unknown): ColumnCodec => ({
  vector: VARCHAR,
  out: (column) => `${column}::VARCHAR`,
  into: (column) => `CAST(${column} AS ${type})`,
  decode: toValues(look),
  encode: asText,
});

/** The bytes that DuckDB's text of a blob stands for: printable ASCII as it is, all else as `\\xE9`. */
const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/\\x[\dA-F]{2}|./gs) ?? [], (byte) =>
    byte.length === 4 ? Number.parseInt(byte.slice(2), 16) : byte.charCodeAt(0),
  );

/** Bytes, which older writers leave for texts: the text that they are in UTF-8, else themselves, which no field takes. */
const readBytes = (text: string): string | Uint8Array => {
  const bytes = bytesOf(text);
  return utf8Text(bytes) ?? bytes;
};

/** A number that DuckDB hands over as text: an integer past 2^53 keeps its digits. */
const readDigits = (text: string): number | bigint => {
  const number = Number(text);
  return Number.isSafeInteger(number) || !/^-?\d+$/.test(text) ? number : BigInt(text);
};

/** DuckDB's casts from and to text lose nothing; its JSON makes doubles of decimals, and texts of blobs. */
const nestedTextCodec = (type: ColumnType): ColumnCodec => {
  const isNumbers = /^DECIMAL\(\d+,\d+\)(?:\[\d*\])+$/.test(type);
  const json = (text: string): string => text.replaceAll('NULL', 'null');
  return {
    ...textCodec(type, isNumbers ? (text) => JSON.parse(json(text)) : (text) => text),
    ...(isNumbers && { exact: toValues((text: string) => rawJSON(json(text))) }),
  };
};
/** `DECIMAL` alone: a number of any length, as text. Parquet has no such type, and gets the nearest double. */
const numericCodec: ColumnCodec = {
  ...textCodec('DOUBLE', Number),
  exact: toValues((text: string) => (/^-?\d+(?:\.\d+)?$/.test(text) ? rawJSON(text) : Number(text))),
};
const beyondJson = /\b(?:BLOB|DECIMAL|BIT)\b/;

const nested = /^(?:STRUCT|MAP|UNION|VARIANT|JSON)\b|\[\d*\]$/;

/** The codec of a column type, as DuckDB's DESCRIBE writes it. */
export const codecOf = (type: ColumnType): ColumnCodec => {
  if (nested.test(type)) return beyondJson.test(type) ? nestedTextCodec(type) : nestedCodec(type);
  const plain = plainCodecs[type];
  if (plain) return plain;
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(type);
  if (decimal && Number(decimal[1]) <= 18) return decimalCodec(Number(decimal[1]), Number(decimal[2]));
  if (type === 'DECIMAL') return numericCodec;
  if (type === 'BLOB') return { ...textCodec(type, readBytes), exact: toValues((text: string) => text) };
  if (!decimal && !/^U?HUGEINT$/.test(type)) return textCodec(type, (text) => text);
  return { ...textCodec(type, readDigits), exact: toValues((text: string) => rawJSON(text)) };
};
