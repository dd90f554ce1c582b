/** What the rows of a request may be, beside what their fields say. */
import { fail, type MillraceError } from '../../../core/errors.ts';
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

/** @throws MillraceError TOO_MANY_ROWS; BAD_REQUEST for rows that speak of all kinds of other things */
export const checkRows = (rows: readonly unknown[], fields: Fields, most: number): void => {
  if (rows.length > most) throw tooManyRows(most, rows.length);
  const unknown = new Set<string>();
  for (const row of rows) {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) continue;
    for (const name in row) if (!Object.hasOwn(fields, name)) unknown.add(name);
    if (unknown.size <= MOST_UNKNOWN) continue;
    const message = `The rows have more than ${MOST_UNKNOWN} names that are no fields of this model.`;
    throw fail('BAD_REQUEST', message, { expected: `at most ${MOST_UNKNOWN} of them`, got: 'more' });
  }
};
