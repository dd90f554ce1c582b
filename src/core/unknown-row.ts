/** A row of which the model knows no field is no row of this model: it would be scored as one of nothing but missing values. */
import { type Problem, showNames } from './errors.ts';

const MAX_NAME_CHARS = 60;
const short = (name: string): string => (name.length > MAX_NAME_CHARS ? `${name.slice(0, MAX_NAME_CHARS - 1)}…` : name);

/** The problem of a row, or of a table, that has these fields, none of which is among `names`. `what` is what messages call it. */
export const unknownRow = (what: string, given: readonly string[], names: readonly string[]): Problem => {
  const expected = `${names.length === 1 ? 'a field' : 'some of the fields'} ${showNames(names)}`;
  if (given.length === 0) {
    return { code: 'MISSING_FIELD', expected, got: 'none', message: `${what} has no fields: expected ${expected}.` };
  }
  const got = showNames(given.slice(0, 12).map(short).concat(given.slice(12)));
  const message = `${what} has no field that this model knows: expected ${expected}, got ${got}.`;
  return { code: 'UNKNOWN_FIELD', field: short(given[0]), expected, got, message };
};
