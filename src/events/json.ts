const plain = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>);
  return value;
};

/**
 * JSON of any answer: tensors as flat lists, times in ISO 8601, integers past 2^53 - 1 as text, and null for what is
 * not a number.
 */
export const toJson = (value: unknown): string => JSON.stringify(value, plain);
