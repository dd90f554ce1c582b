/** Columns of instants and days. */
import { DATE, type DuckDBType } from '@duckdb/node-api';
import { type ColumnCodec, toValues } from './column-codec.ts';

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

export const instant = (vector: DuckDBType, unit: bigint, suffix = ''): ColumnCodec => {
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

const DAY_MS = 86_400_000;

export const days: ColumnCodec = {
  vector: DATE,
  bits: Int32Array,
  decode: toValues((days: number) =>
    Math.abs(days) > 1e8 ? String(days) : new Date(days * DAY_MS).toISOString().replace(/T.*/, ''),
  ),
  encode: (value) => {
    const time = millis(value);
    return time === undefined ? undefined : Math.floor(time / DAY_MS);
  },
};
