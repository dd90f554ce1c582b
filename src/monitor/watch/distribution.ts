/** What the values of a field were in a window, beside what they are compared with: for plots. */
import { isInstant } from '../../core/kinds/index.ts';
import type { Fields } from '../../core/types.ts';
import type { ProfiledWindow } from '../drift/baseline.ts';
import { meanOf } from '../profile/exact.ts';
import { type CategoryProfile, type FieldProfile, type NumberProfile, timesOf } from '../profile/profile.ts';
import type { CategoryReference, FieldReference, NumberReference, Reference } from '../profile/reference.ts';

/** One bar; shares are of the values that are not missing. */
export interface DistributionBar {
  readonly label: string;
  /** The values of a bin of numbers: above the one, at most the other. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly now: number;
  readonly before: number;
}

/** Now, and what it is compared with; before is undefined where that is not known. */
export interface NowAndBefore {
  readonly now: number;
  readonly before: number | undefined;
}

export interface FieldDistribution {
  readonly field: string;
  readonly is: 'output' | 'input';
  /** Numbers are milliseconds since the epoch. */
  readonly isInstant: boolean;
  readonly bars: readonly DistributionBar[];
  /** Of numbers. */
  readonly mean?: NowAndBefore | undefined;
  /** The share of rows. */
  readonly missing: NowAndBefore;
}

export interface DistributionOptions {
  readonly fields: Readonly<Record<'inputs' | 'outputs', Fields>>;
  readonly reference: Reference;
  /** What windows are compared with in the place of the training data. */
  readonly normal?: ProfiledWindow | undefined;
}

const MOST_LABELS = 12;
const shareOf = (count: number, all: number): number => (all === 0 ? 0 : count / all);
const missingIn = ({ count, missing }: Pick<FieldProfile, 'count' | 'missing'>): number =>
  shareOf(missing, count + missing);

const short = (value: number, isTime: boolean): string =>
  isTime ? new Date(value).toISOString().slice(0, 16).replace('T', ' ') : String(Number(value.toPrecision(3)));

const numberBars = (
  now: NumberProfile,
  { edges, min, max, counts, count }: NumberReference,
  normal: NumberProfile | undefined,
  isTime: boolean,
): readonly DistributionBar[] => {
  const before = normal === undefined ? { counts, count } : { counts: normal.bins, count: normal.count };
  if (now.bins.length !== edges.length + 1 || before.counts.length !== now.bins.length) return [];
  const [first, middle, last] = [edges[0] ?? min, edges[edges.length >> 1] ?? min, edges.at(-1) ?? max];
  // Tails are drawn no longer than the half that they belong to.
  const low = Math.max(Math.min(min, now.min ?? min), first - (middle - first));
  const high = Math.min(Math.max(max, now.max ?? max), last + (last - middle));
  return now.bins.map((one, bin) => {
    const [from, to] = [edges[bin - 1] ?? Math.min(low, first), edges[bin] ?? Math.max(high, last)];
    const label =
      bin === 0
        ? `≤ ${short(to, isTime)}`
        : bin === edges.length
          ? `> ${short(from, isTime)}`
          : `${short(from, isTime)} – ${short(to, isTime)}`;
    return { label, from, to, now: shareOf(one, now.count), before: shareOf(before.counts[bin], before.count) };
  });
};

const labelBars = (
  now: CategoryProfile,
  reference: CategoryReference,
  normal: CategoryProfile | undefined,
): readonly DistributionBar[] => {
  const before = normal ?? reference;
  const labels = [...new Set([...Object.keys(before.counts), ...Object.keys(now.counts)])].map((label) => ({
    label,
    now: shareOf(timesOf(now.counts, label), now.count),
    before: shareOf(timesOf(before.counts, label), before.count),
  }));
  const shown = labels.toSorted((a, b) => Math.max(b.now, b.before) - Math.max(a.now, a.before)).slice(0, MOST_LABELS);
  const rest = (when: 'now' | 'before'): number => Math.max(0, 1 - shown.reduce((sum, bar) => sum + bar[when], 0));
  const others = { label: 'other', now: now.count === 0 ? 0 : rest('now'), before: rest('before') };
  return others.now < 1e-9 && others.before < 1e-9 ? shown : [...shown, others];
};

const distributionOf = (
  profile: FieldProfile,
  reference: FieldReference,
  normal: FieldProfile | undefined,
  isTime: boolean,
): Pick<FieldDistribution, 'bars' | 'mean' | 'missing'> => {
  const missing = { now: missingIn(profile), before: missingIn(normal ?? reference) };
  if ('bins' in profile && 'edges' in reference) {
    const own = normal !== undefined && 'bins' in normal ? normal : undefined;
    const mean = profile.count === 0 ? undefined : { now: meanOf(profile), before: own ? meanOf(own) : reference.mean };
    return { bars: numberBars(profile, reference, own, isTime), mean, missing };
  }
  if ('bins' in profile || 'edges' in reference) return { bars: [], missing };
  return {
    bars: labelBars(profile, reference, normal === undefined || 'bins' in normal ? undefined : normal),
    missing,
  };
};

/** Outputs first, then inputs, in the order of the reference; fields that one of them lacks are left out. */
export const distributionsOf = (
  window: ProfiledWindow,
  { fields, reference, normal }: DistributionOptions,
): readonly FieldDistribution[] => {
  const of = (is: FieldDistribution['is'], side: 'inputs' | 'outputs'): readonly FieldDistribution[] =>
    Object.entries(reference[side]).flatMap(([field, known]) => {
      if (!Object.hasOwn(window[side], field)) return [];
      const own = fields[side][field];
      const isTime = own !== undefined && isInstant(own);
      return [
        { field, is, isInstant: isTime, ...distributionOf(window[side][field], known, normal?.[side][field], isTime) },
      ];
    });
  return [...of('output', 'outputs'), ...of('input', 'inputs')];
};
