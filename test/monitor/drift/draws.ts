/**
 * Fields drawn as counts. Of a continuous number, on the deciles of a reference of `m` values, the shares of the bins are spacings of
 * uniform values: Dirichlet, with one more spacing in the last bin. So a window needs no rows.
 */
import type { FieldBaseline } from '../../../src/monitor/drift/baseline.ts';
import type { FieldProfile } from '../../../src/monitor/profile/profile.ts';
import { normalQuantile, normalTail } from '../../../src/monitor/statistics/normal.ts';
import type { Random } from './random.ts';

const BINS = 10;

export interface Drawn {
  readonly baseline: FieldBaseline;
  readonly profile: FieldProfile;
}

export interface Truth {
  readonly baseline: FieldBaseline;
  /** True shares of the bins, and of the outer ones' parts beyond the least and the greatest value. */
  readonly shares: readonly number[];
  readonly below: number;
  readonly above: number;
  readonly missing: number;
}

/** A continuous number beside a reference of `m` values. */
export const drawTruth = (random: Random, m: number, missing = 0): Truth => {
  const counts = new Array<number>(BINS).fill(m / BINS);
  const spacings = counts.map((count, bin) => random.gamma(bin === BINS - 1 ? count + 1 : count));
  const sum = spacings.reduce((total, one) => total + one, 0);
  const [first, last] = [random.gamma(1), random.gamma(1)];
  return {
    baseline: {
      kind: 'number',
      count: m,
      missing: random.binomial(m, missing),
      counts,
      mean: 0,
      std: 1,
      isExact: true,
      hasRange: true,
    },
    shares: spacings.map((one) => one / sum),
    below: first / (first + random.gamma(m / BINS - 1)),
    above: last / (last + random.gamma(m / BINS)),
    missing,
  };
};

/** Of a normal distribution that has moved by so many standard deviations. */
const moved = (shares: readonly number[], shift: number): readonly number[] => {
  let [above, before] = [1, 1];
  return shares.map((share, bin) => {
    above -= share;
    const tail = bin === shares.length - 1 || above <= 0 ? 0 : normalTail(normalQuantile(above) - shift);
    const found = before - tail;
    before = tail;
    return found;
  });
};

/** `n` rows, moved by `shift` standard deviations. */
export const drawWindow = (random: Random, truth: Truth, n: number, shift = 0): FieldProfile => {
  const missing = random.binomial(n, truth.missing);
  const shares = shift === 0 ? truth.shares : moved(truth.shares, shift);
  const bins = random.multinomial(n - missing, shares);
  return {
    kind: 'number',
    count: n - missing,
    missing,
    from: 0,
    sum: '0x0p0',
    squares: '0x0p0',
    min: null,
    max: null,
    bins,
    below: random.binomial(bins[0], truth.below),
    above: random.binomial(bins[BINS - 1], truth.above),
  };
};

/** Labels whose shares fall as Zipf has it, beside a reference of `m` rows that keeps the hundred most frequent. */
export const drawLabels = (random: Random, labels: number, m: number, n: number): Drawn => {
  const weights = Array.from({ length: labels }, (_, at) => 1 / (at + 1));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const p = weights.map((weight) => weight / all);
  const [before, now] = [random.multinomial(m, p), random.multinomial(n, p)];
  const ranked = before.map((count, at) => ({ count, at })).filter(({ count }) => count > 0);
  const top = ranked.toSorted((a, b) => b.count - a.count).slice(0, 100);
  const kept = top.reduce((sum, { count }) => sum + count, 0);
  const seenTimes = (times: number): number => ranked.filter(({ count }) => count === times).length;
  const counted = top.map(({ at }) => [`label ${at}`, now[at]] as const);
  return {
    baseline: {
      kind: 'category',
      count: m,
      missing: 0,
      counts: Object.fromEntries(top.map(({ count, at }) => [`label ${at}`, count])),
      other: m - kept,
      ...(kept === m && { rare: { once: seenTimes(1), twice: seenTimes(2) } }),
    },
    profile: {
      kind: 'category',
      count: n,
      missing: 0,
      counts: Object.fromEntries(counted),
      other: n - counted.reduce((sum, [, count]) => sum + count, 0),
    },
  };
};
