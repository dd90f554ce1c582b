/**
 * How a column of each SQL type travels between DuckDB's vectors and JavaScript: fixed-width types as bits, text as text, and
 * the rest (nested types, intervals, blobs, …) as text that DuckDB casts on either side.
 */
import {
  BIGINT,
  BOOLEAN,
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
import {
  asText,
  type BitsConstructor,
  type ColumnCodec,
  isMissing,
  numeral,
  toIntegers,
  toNumbers,
  toValues,
} from './column-codec.ts';
import { days, instant } from './instant-codecs.ts';
import type { ColumnType } from './table.ts';
import { nestedCodec, nestedTextCodec, numericCodec, readBytes, readDigits, textCodec } from './text-codecs.ts';

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
  DATE: days,
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
