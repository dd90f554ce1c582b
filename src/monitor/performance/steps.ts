/** Long reckoning in steps, so that a thread which also answers can do so between them. */

/** It rests wherever somebody else may go on, and returns what it comes to. */
export type Steps<T> = Generator<void, T>;

/** How long others wait at most, but for a single step; in milliseconds. */
const MOST_MS = 10;

/** All steps, one after another. */
export const atOnce = <T>(steps: Steps<T>): T => {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
};

/** The same, while the event loop turns. */
export const inSlices = async <T>(steps: Steps<T>): Promise<T> => {
  for (;;) {
    const end = performance.now() + MOST_MS;
    do {
      const { done, value } = steps.next();
      if (done) return value;
    } while (performance.now() < end);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
};
