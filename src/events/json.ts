import { rawJSON } from '../text/exact-json.ts';

const plain = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Object.is(value, -0)) return rawJSON('-0');
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>);
  return value;
};

/** A replacer is called for every value and costs more than the rest, so most events do without. */
const needsPlain = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' || Object.is(value, -0);
  if (ArrayBuffer.isView(value)) return true;
  for (const name in value) if (needsPlain((value as Readonly<Record<string, unknown>>)[name])) return true;
  return false;
};

/**
 * JSON of any answer: tensors as flat lists, times in ISO 8601, integers past 2^53 - 1 as text, and null for what is
 * not a number.
 */
export const toJson = (value: unknown): string =>
  needsPlain(value) ? JSON.stringify(value, plain) : JSON.stringify(value);
