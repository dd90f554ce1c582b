/** How far two distributions over the same bins are apart. */

export const shares = (counts: readonly number[]): readonly number[] => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total === 0 ? 0 : count / total));
};

/** Keeps an empty bin from making the index infinite. */
const LEAST_SHARE = 1e-4;

/**
 * Population stability index of two distributions over the same bins: Σ (p − q) ln(p / q) (S. Siddiqi, Credit Risk
 * Scorecards, 2006, ch. 10). Of k bins chance alone brings about (k − 1)(1/n + 1/m), so that no limit fits all.
 */
export const stabilityIndex = (p: readonly number[], q: readonly number[]): number =>
  p.reduce((sum, share, bin) => {
    const a = Math.max(share, LEAST_SHARE);
    const b = Math.max(q[bin] ?? 0, LEAST_SHARE);
    return sum + (a - b) * Math.log(a / b);
  }, 0);
