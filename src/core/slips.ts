/**
 * A field that may be absent is absent, and another stands there under nearly its name: a slip of the pen that would otherwise be
 * scored as a missing value.
 */
import { type Problem, show } from './errors.ts';
import { misspellingsOf, remembering } from './nearest.ts';
import type { Fields } from './types.ts';

/** The slip of what has some names, of which `given` are all; undefined when all is well. */
export type SlipOf = (has: (name: string) => boolean, given: () => readonly string[]) => Problem | undefined;

const slipped = (extra: string, meant: string): Problem => ({
  code: 'UNKNOWN_FIELD',
  field: extra,
  expected: meant,
  got: extra,
  message: `${show(extra)} is not a field of this model. Did you mean ${meant}? If not, send ${meant}: null.`,
});

/** What looks for slips in rows; what a name may have meant is found out once, however many rows have it. */
export const slipFinder = (fields: Fields): SlipOf => {
  const optional = Object.keys(fields).filter((name) => fields[name].nullable);
  const meaningsOf = remembering((extra) => (Object.hasOwn(fields, extra) ? [] : misspellingsOf(extra, optional)));
  return (has, given) => {
    if (optional.every(has)) return undefined;
    for (const extra of given()) {
      const meant = meaningsOf(extra).find((name) => !has(name));
      if (meant !== undefined) return slipped(extra, meant);
    }
    return undefined;
  };
};
