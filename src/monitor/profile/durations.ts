/**
 * How long things took, counted: buckets whose bounds are a 32nd of a power of two apart, as in histograms of high dynamic range. They
 * merge by adding up, and what is told of them is at most 1.6 % off, from a microsecond to twelve days.
 */

/** By the numbers of buckets: how often. Only those that were met. */
export type Durations = Readonly<Record<string, number>>;

/** Buckets between one power of two and the next, in bits. */
const STEP_BITS = 5;
const STEPS = 2 ** STEP_BITS;
/** Bits of a single-precision number's fraction, and the number of the first bucket: what `floatBits` of 1 says of both. */
const FRACTION_BITS = 23;
const FIRST = 127 * STEPS;
/** Powers of two of microseconds that are told apart; what took longer is in the last bucket. */
const MOST_POWER = 40;
const BUCKETS = MOST_POWER * STEPS + 1;

const floats = new Float32Array(1);
/** The same memory: a positive number's exponent and fraction, which are in the order of numbers (IEEE 754). */
const floatBits = new Uint32Array(floats.buffer);

/** The bucket of so many milliseconds. */
export const durationBucket = (ms: number): number => {
  floats[0] = ms * 1000;
  const bucket = (floatBits[0] >>> (FRACTION_BITS - STEP_BITS)) - FIRST;
  // Of what took no time, or less than none, the sign is set or the number is small.
  return ms > 0.001 ? Math.min(bucket, BUCKETS - 1) : 0;
};

const lowerMs = (bucket: number): number => (2 ** Math.floor(bucket / STEPS) * (1 + (bucket % STEPS) / STEPS)) / 1000;

export interface DurationCounting {
  /** Milliseconds. */
  add(ms: number): void;
  counts(): Durations;
}

export const startDurations = (): DurationCounting => {
  const buckets = new Float64Array(BUCKETS);
  return {
    add(ms) {
      buckets[durationBucket(ms)]++;
    },
    counts() {
      const met: Record<string, number> = {};
      for (let at = 0; at < BUCKETS; at++) if (buckets[at] > 0) met[at] = buckets[at];
      return met;
    },
  };
};

export const countOf = (durations: Durations): number => Object.values(durations).reduce((sum, one) => sum + one, 0);

/** Of which a share `q` took no longer, in milliseconds, at most 1.6 % off; undefined of none. */
export const durationQuantile = (durations: Durations, q: number): number | undefined => {
  const count = countOf(durations);
  let left = Math.max(1, Math.ceil(q * count));
  for (const [bucket, times] of Object.entries(durations)) {
    left -= times;
    if (left <= 0) return (lowerMs(Number(bucket)) + lowerMs(Number(bucket) + 1)) / 2;
  }
  return undefined;
};

/** How many took longer than so many milliseconds; those in the very bucket of that count as if they had not. */
export const slowerThan = (durations: Durations, ms: number): number => {
  const bound = durationBucket(ms);
  let slow = 0;
  for (const [bucket, times] of Object.entries(durations)) if (Number(bucket) > bound) slow += times;
  return slow;
};
