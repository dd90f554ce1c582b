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

/**
 * Parses JSON. A key such as `__proto__` becomes a field like any other, and changes no object's prototype.
 *
 * @throws MillraceError BAD_JSON
 */
export const parseJson = (text: string, depth: number): unknown => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // V8 quotes the text it could not read; what was sent does not belong into messages that may be logged.
    const where = /at position \d+(?: \(line \d+ column \d+\))?|end of JSON input/.exec(messageOf(error))?.[0] ?? '';
    throw fail('BAD_JSON', `The body is not valid JSON${where && `: it goes wrong ${where}`}.`, { expected: 'JSON' });
  }
  if (isShallow(value, depth)) return value;
  throw fail('BAD_JSON', `The body is nested deeper than ${depth} levels.`, { expected: `at most ${depth} levels` });
};
