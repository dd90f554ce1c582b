/** Columns that DuckDB hands over as text: nested types, numbers of many digits, bytes, and all that has no vector of its own. */
import { VARCHAR } from '@duckdb/node-api';
import { rawJSON } from '../text/exact-json.ts';
import { parseJson } from '../text/json.ts';
import { utf8Text } from '../text/utf8.ts';
import { jsonText } from './cells.ts';
import { asText, type ColumnCodec, toValues } from './column-codec.ts';
import type { ColumnType } from './table.ts';

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

export const nestedCodec = (type: ColumnType): ColumnCodec => ({
  vector: VARCHAR,
  out: (column) => (type === 'JSON' ? `${column}::VARCHAR` : `to_json(${column})::VARCHAR`),
  into: (column) => (type === 'JSON' ? `${column}::JSON` : `CAST(${column}::JSON AS ${type})`),
  decode: toValues(lenientJson),
  encode: (value) => jsonText(value),
});

export const textCodec = (type: ColumnType, look: (text: string) => unknown): ColumnCodec => ({
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
export const readBytes = (text: string): string | Uint8Array => {
  const bytes = bytesOf(text);
  return utf8Text(bytes) ?? bytes;
};

/** A number that DuckDB hands over as text: an integer past 2^53 keeps its digits. */
export const readDigits = (text: string): number | bigint => {
  const number = Number(text);
  return Number.isSafeInteger(number) || !/^-?\d+$/.test(text) ? number : BigInt(text);
};

/** DuckDB's casts from and to text lose nothing; its JSON makes doubles of decimals, and texts of blobs. */
export const nestedTextCodec = (type: ColumnType): ColumnCodec => {
  const isNumbers = /^DECIMAL\(\d+,\d+\)(?:\[\d*\])+$/.test(type);
  const json = (text: string): string => text.replaceAll('NULL', 'null');
  return {
    ...textCodec(type, isNumbers ? (text) => JSON.parse(json(text)) : (text) => text),
    ...(isNumbers && { exact: toValues((text: string) => rawJSON(json(text))) }),
  };
};
/** `DECIMAL` alone: a number of any length, as text. Parquet has no such type, and gets the nearest double. */
export const numericCodec: ColumnCodec = {
  ...textCodec('DOUBLE', Number),
  exact: toValues((text: string) => (/^-?\d+(?:\.\d+)?$/.test(text) ? rawJSON(text) : Number(text))),
};
