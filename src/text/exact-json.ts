/** Writing JSON that gives back every number bit for bit. */

/** https://tc39.es/proposal-json-parse-with-source, which the types do not know yet. */
export const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

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

const written = (value: unknown): unknown => {
  if (typeof value === 'bigint') return rawJSON(`${value}`);
  if (Object.is(value, -0)) return rawJSON('-0');
  return ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value;
};
const forCallers = (_key: string, value: unknown): unknown => written(value);
const forReaders = (_key: string, value: unknown): unknown =>
  // JSON has no infinity, but a number that every parser of doubles reads as one.
  value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY
    ? rawJSON(value < 0 ? '-1e999' : '1e999')
    : written(value);

/** A value as JSON, or undefined when `JSON.stringify` alone would write a part of it as another value. */
export const plainJson = (value: unknown): string | undefined => (needsCare(value) ? undefined : JSON.stringify(value));

/** A value as JSON. −0, ±Infinity and every digit of a bigint come back from it; NaN, the missing number, is null. */
export const exactJson = (value: unknown): string => plainJson(value) ?? JSON.stringify(value, forReaders);

/** A value as JSON for others: as `exactJson`, but for ±Infinity, which JSON has no word for: null, as NaN is. */
export const toldJson = (value: unknown, indent?: number): string =>
  needsCare(value) ? JSON.stringify(value, forCallers, indent) : JSON.stringify(value, undefined, indent);
