/** What the rows of a request may be, beside what their fields say. */
import { fail, type MillraceError } from '../../../core/errors.ts';
import { looksFor } from '../../../core/nearest.ts';
import type { Fields } from '../../../core/types.ts';

/** `rows` is how many there are, as far as that is known. */
export const tooManyRows = (most: number, rows?: number): MillraceError => {
  const got = rows === undefined ? 'more' : `${rows} rows`;
  return fail('TOO_MANY_ROWS', `A request may have ${most} rows, got ${rows ?? 'more'}; send them in several.`, {
    expected: `at most ${most} rows`,
    got,
  });
};

/** Names that the model does not know, in all rows of a request: each is held against those that it does know. */
const MOST_UNKNOWN = 1000;
/** Steps of that, of some tens of nanoseconds each: nobody else is answered meanwhile. */
const MOST_LOOKS = 1_500_000;

/** Whether rows in a body of so many bytes may have names that take longer to look at than others can wait. */
export const mayLookLong = (bytes: number, fields: Fields): boolean => bytes * sizeOf(fields) > MOST_LOOKS;

const sizes = new WeakMap<Fields, number>();
const sizeOf = (fields: Fields): number => {
  const known = sizes.get(fields) ?? Object.keys(fields).length;
  sizes.set(fields, known);
  return known;
};

/** @throws TOO_MANY_ROWS; BAD_REQUEST for rows that speak of all kinds of other things */
export const checkRows = (rows: readonly unknown[], fields: Fields, most: number): void => {
  if (rows.length > most) throw tooManyRows(most, rows.length);
  const unknown = new Set<string>();
  for (const row of rows) {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) continue;
    for (const name in row) if (!Object.hasOwn(fields, name)) unknown.add(name);
    if (unknown.size > MOST_UNKNOWN) throw tooManyNames(`more than ${MOST_UNKNOWN}`, `at most ${MOST_UNKNOWN} of them`);
  }
  if (looksFor(unknown, Object.keys(fields)) <= MOST_LOOKS) return;
  throw tooManyNames(`${unknown.size} long`, 'fewer or shorter ones, where the model has this many fields');
};

const tooManyNames = (got: string, expected: string): MillraceError =>
  fail('BAD_REQUEST', `The rows have ${got} names that are no fields of this model; leave them out.`, {
    expected,
    got,
  });
