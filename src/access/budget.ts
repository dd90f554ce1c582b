/** So much a second, and what was not used in one second of the last: a token bucket that may go into debt. */
export interface Allowed {
  /** Whether there is something left. */
  readonly isLeft: () => boolean;
  /** Takes so much, also more than there is: what follows waits until that is paid back. */
  readonly take: (amount: number) => void;
}

/** `now` counts milliseconds, and never goes back. */
export const createBudget = (perSecond: number, now: () => number): Allowed => {
  let left = perSecond;
  let at = now();
  return {
    isLeft() {
      const time = now();
      left = Math.min(perSecond, left + ((time - at) / 1000) * perSecond);
      at = time;
      return left > 0;
    },
    take(amount) {
      left -= amount;
    },
  };
};
