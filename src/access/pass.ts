/** Who was let in, and what they may have: made once a key or token, and asked with every call. */
import { fail } from '../core/errors.ts';
import { createBudget } from './budget.ts';
import { createScope } from './key.ts';
import type { Principal } from './principal.ts';

export interface Pass {
  readonly principal: Principal;
  /** Whether a model, by its name, is one of theirs. */
  readonly touches: (model: string) => boolean;
  /** Whether they may come in still: their key or token may have ended since. */
  readonly isGood: () => boolean;
  /** Counts one call. @throws RATE_LIMITED; UNAUTHENTICATED for who may not come in any more */
  readonly enter: () => void;
  /** Counts rows that are about to be answered. @throws RATE_LIMITED where those before have used up what there is */
  readonly spend: (rows: number) => void;
}

export interface PassLimits {
  /** Calls and rows a second; as many as they like unless given. */
  readonly calls?: number | undefined;
  readonly rows?: number | undefined;
}

const limited = (what: string) =>
  fail('RATE_LIMITED', `This key has had the ${what} that it may have for now; try again a little later.`, {
    expected: `fewer ${what} a second`,
  });
// Made once: a stack for each of many refusals would cost more than the refusal.
const CALLS_USED = limited('calls');
const ROWS_USED = limited('rows');

const unlimited = (): void => {};

export const ENDED = fail('UNAUTHENTICATED', 'This key is not known here, has expired or was revoked.', {
  expected: 'a key that is known, as Authorization: Bearer or x-api-key',
});

const spending = (perSecond: number | undefined, now: () => number, used: Error): ((amount: number) => void) => {
  if (perSecond === undefined) return unlimited;
  const { isLeft, take } = createBudget(perSecond, now);
  return (amount) => {
    if (!isLeft()) throw used;
    take(amount);
  };
};

export interface PassOptions extends PassLimits {
  readonly principal: Principal;
  readonly isGood: () => boolean;
  /** Told of each call; nobody is unless given. */
  readonly onEnter?: (() => void) | undefined;
  /** Counts milliseconds, and never goes back. */
  readonly now: () => number;
}

export const createPass = ({ principal, isGood, onEnter, calls, rows, now }: PassOptions): Pass => {
  const count = spending(calls, now, CALLS_USED);
  return {
    principal,
    touches: createScope(principal.models),
    isGood,
    enter() {
      if (!isGood()) throw ENDED;
      count(1);
      onEnter?.();
    },
    spend: spending(rows, now, ROWS_USED),
  };
};
