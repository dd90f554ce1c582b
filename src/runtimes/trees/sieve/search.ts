/** How the rank of a value among a slot's thresholds is found: from a bucket on, by halvings, in the kernel. */

const MAX_BUCKETS = 4096;
/** To it and back again rounds to an integer, as the kernel does it. */
const ROUND = 2 ** 52;

export interface Search {
  readonly thresholds: Float64Array;
  /** A value's bucket is `(value - low) * scale`, cut to what there is and rounded. */
  readonly low: number;
  readonly scale: number;
  /** By bucket: the thresholds in those before it. */
  readonly starts: Int32Array;
  /** A power of two: more than any bucket has thresholds. */
  readonly reach: number;
}

/** Of thresholds in ascending order. Each bucket is as wide as the next, so that a greater value is never in a lower one. */
export const searchOf = (thresholds: Float64Array): Search => {
  const finite = thresholds.filter(Number.isFinite);
  const low = finite[0] ?? 0;
  const wanted = Math.min(MAX_BUCKETS, 4 * 2 ** Math.ceil(Math.log2(thresholds.length)));
  const factor = (wanted - 1) / ((finite.at(-1) ?? 0) - low);
  // One bucket is a search from the beginning.
  const [scale, buckets] = factor > 0 && factor < Infinity ? [factor, wanted] : [0, 1];
  const counts = new Int32Array(buckets);
  for (const threshold of thresholds) {
    const at = Math.min(buckets - 1, (threshold - low) * scale);
    // Infinity times 0: the one bucket.
    counts[Number.isNaN(at) ? 0 : Math.max(0, at) + ROUND - ROUND]++;
  }
  const starts = new Int32Array(buckets);
  for (let bucket = 1; bucket < buckets; bucket++) starts[bucket] = starts[bucket - 1] + counts[bucket - 1];
  const fullest = counts.reduce((most, count) => Math.max(most, count));
  return { thresholds, low, scale, starts, reach: 2 ** Math.ceil(Math.log2(fullest + 1)) };
};
