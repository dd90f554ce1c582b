/** Ids of predictions: unique over processes and restarts, in the order of time, and cheap. */

/** Makes ids like `mfw3k2x1-q8zr4c1v-1`: when the process began, what no other process has, and a count. */
export const createIds = (): (() => string) => {
  const began = Date.now().toString(36);
  const random = crypto.getRandomValues(new BigUint64Array(1))[0].toString(36).padStart(13, '0').slice(-10);
  const prefix = `${began}-${random}-`;
  let count = 0;
  return () => prefix + (++count).toString(36);
};
