/** Reading JSON that anyone may have written. */
import { fail, messageOf } from '../../../core/errors.ts';

/** True when a value is nested no deeper than `depth`. */
const isShallow = (value: unknown, depth: number): boolean => {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) {
    for (const element of value) if (typeof element === 'object' && !isShallow(element, depth - 1)) return false;
    return true;
  }
  for (const key in value) {
    const element = (value as Record<string, unknown>)[key];
    if (typeof element === 'object' && !isShallow(element, depth - 1)) return false;
  }
  return true;
};

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source: string }) => unknown;

const read = (text: string, depth: number, reviver?: Reviver): unknown => {
  if (text.trim() === '') {
    const expected = 'JSON, as /openapi.json describes it';
    throw fail('BAD_JSON', `The body is empty; expected ${expected}.`, { expected, got: 'nothing' });
  }
  let value: unknown;
  try {
    value = JSON.parse(text, reviver as Parameters<typeof JSON.parse>[1]);
  } catch (error) {
    // V8 quotes the text it could not read; what was sent does not belong into messages that may be logged.
    const where = /at position \d+(?: \(line \d+ column \d+\))?/.exec(messageOf(error))?.[0];
    const how = where === undefined ? 'it ends before it is complete' : `it goes wrong ${where}`;
    throw fail('BAD_JSON', `The body is not valid JSON: ${how}.`, { expected: 'JSON' });
  }
  if (isShallow(value, depth)) return value;
  throw fail('BAD_JSON', `The body is nested deeper than ${depth} levels.`, { expected: `at most ${depth} levels` });
};

/**
 * Parses JSON. A key such as `__proto__` becomes a field like any other, and changes no object's prototype.
 *
 * @throws MillraceError BAD_JSON
 */
export const parseJson = (text: string, depth: number): unknown => read(text, depth);

/** An integer of so many digits that it may be past 2^53. */
const longInteger = /(?<![\d.])\d{16,}(?![\d.eE])/;

const keepDigits: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d{1,20}$/.test(source) ? BigInt(source) : value;

/** Like `parseJson`, but an integer past 2^53 becomes a BigInt, with all its digits. */
export const parseExactJson = (text: string, depth: number): unknown =>
  longInteger.test(text) ? read(text, depth, keepDigits) : read(text, depth);
