/** JSON that gives back every number bit for bit, as records need it to make an answer again. */

/** https://tc39.es/proposal-json-parse-with-source, which the types do not know yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** True when `JSON.stringify` alone would write a value as another one. */
const needsCare = (value: unknown): boolean => {
  if (typeof value === 'number') return value - value !== 0 || Object.is(value, -0);
  if (typeof value === 'bigint') return true;
  if (typeof value !== 'object' || value === null) return false;
  if (ArrayBuffer.isView(value)) return true;
  if (Array.isArray(value)) return value.some(needsCare);
  for (const key in value) if (needsCare((value as Record<string, unknown>)[key])) return true;
  return false;
};

const replacer = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return rawJSON(`${value}`);
  if (typeof value === 'number') {
    if (Object.is(value, -0)) return rawJSON('-0');
    // JSON has no infinity, but a number that every parser of doubles reads as one.
    return Math.abs(value) === Number.POSITIVE_INFINITY ? rawJSON(value < 0 ? '-1e999' : '1e999') : value;
  }
  return ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value;
};

/** A value as JSON, or undefined when `JSON.stringify` alone would write a part of it as another value. */
export const plainJson = (value: unknown): string | undefined => (needsCare(value) ? undefined : JSON.stringify(value));

/** A value as JSON. −0, ±Infinity and every digit of a bigint come back from it; NaN, the missing number, is null. */
export const exactJson = (value: unknown): string => plainJson(value) ?? JSON.stringify(value, replacer);

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source: string }) => unknown;

const keepDigits: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d{1,20}$/.test(source) ? BigInt(source) : value;

/** An integer of so many digits that it may be past 2^53. */
const longInteger = /(?<![\d.])\d{16,}(?![\d.eE])/;

/** Reads JSON of which `exactJson` makes the same again: an integer past 2^53 becomes a bigint with all its digits. */
export const readExactJson = (text: string): unknown =>
  longInteger.test(text) ? JSON.parse(text, keepDigits as Parameters<typeof JSON.parse>[1]) : JSON.parse(text);
