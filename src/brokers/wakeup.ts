/** Wakes the one loop that waits for something to do, also when that came while it was at work. */
export interface Wakeup {
  wake(): void;
  /** Resolves once it was woken since it last waited. */
  wait(): Promise<void>;
}

export const createWakeup = (): Wakeup => {
  let woken = false;
  let resume = (): void => {};
  return {
    wake: () => {
      woken = true;
      resume();
    },
    wait: async () => {
      if (!woken) {
        await new Promise<void>((resolve) => {
          resume = resolve;
        });
      }
      woken = false;
    },
  };
};
