import { fail } from './errors.ts';

/**
 * Holds what a file promises of its own books ("Invariants:" in its first comment), at the places where they could drift: once a
 * batch, a commit or a call, never once a row. What does not hold is a defect of Millrace, and going on would only hide it.
 *
 * @param what The invariant, as a statement that is not true any more.
 * @throws MillraceError INTERNAL, with `what`
 */
export function invariant(condition: boolean, what: string): asserts condition {
  if (!condition) throw fail('INTERNAL', `A defect in Millrace: it does not hold that ${what}.`, { expected: what });
}
