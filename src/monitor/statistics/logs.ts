/** Sums of numbers that are given as their logarithms, which may be too large or too small for themselves. */

/** ln(eᵃ + eᵇ). */
export const addLogs = (a: number, b: number): number => {
  const [more, less] = a > b ? [a, b] : [b, a];
  return less === Number.NEGATIVE_INFINITY ? more : more + Math.log1p(Math.exp(less - more));
};

/** ln of the mean; there is at least one. */
export const logMean = (logs: readonly number[]): number => {
  const most = Math.max(...logs);
  if (!Number.isFinite(most)) return most;
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0) / logs.length);
};
