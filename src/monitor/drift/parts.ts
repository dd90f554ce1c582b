/** The tests of one field, each with its share of the field's chance of a false alarm. */
import { type CategoryProfile, type FieldProfile, type NumberProfile, timesOf } from '../profile/profile.ts';
import { fisherP } from '../statistics/hypergeometric.ts';
import type { CategoryBaseline, FieldBaseline, NumberBaseline } from './baseline.ts';
import { type LabelShift, labelShift } from './labels.ts';
import { expectedOutside, rangeP } from './range.ts';
import { exactShape, pooledShape, type Shape } from './shape.ts';
import { expectedUnseen, unseenP } from './unseen.ts';

/** What is looked at: a number's shape or how often labels come, what is missing, outside of the range, never seen before. */
export type PartName = 'shape' | 'labels' | 'missing' | 'range' | 'unseen';

export interface PartJudgement {
  readonly what: PartName;
  /** Weighted: the least of a field's parts is the field's own (Bonferroni). */
  readonly p: number;
  /** Cohen's w of `shape` and `labels`; of the others the share of rows now, less the one that was to be expected. */
  readonly effect: number;
}

/** A field's parts, and what its words are made of. */
export interface Parts {
  readonly parts: readonly PartJudgement[];
  readonly shape?: Shape | undefined;
  readonly labels?: LabelShift | undefined;
}

/** Shares of a field's chance of a false alarm; they add up to 1. */
const WEIGHTS = { smooth: 0.5, chi2: 0.3, labels: 0.8, missing: 0.1, range: 0.1, unseen: 0.1 } as const;
/** With fewer values the laws of large numbers do not hold yet. */
const LEAST_VALUES = 50;

const weighted = (p: number, weight: keyof typeof WEIGHTS): number => Math.min(1, p / WEIGHTS[weight]);

const missingPart = (baseline: FieldBaseline, { count, missing }: FieldProfile): PartJudgement => {
  const [n, m] = [count + missing, baseline.count + baseline.missing];
  const p = fisherP({ x: missing, n, y: baseline.missing, m });
  return {
    what: 'missing',
    p: weighted(p, 'missing'),
    effect: n === 0 || m === 0 ? 0 : missing / n - baseline.missing / m,
  };
};

const numberParts = (baseline: NumberBaseline, profile: NumberProfile, leastEffect: number): Parts => {
  const parts: PartJudgement[] = [missingPart(baseline, profile)];
  const { count: n, bins, below, above } = profile;
  if (n < LEAST_VALUES || baseline.count === 0) return { parts };
  const shape = (baseline.isExact ? exactShape : pooledShape)(baseline.counts, bins, leastEffect);
  if (shape) {
    const p = Math.min(weighted(shape.smoothP, 'smooth'), weighted(shape.chi2P, 'chi2'));
    parts.push({ what: 'shape', p, effect: shape.w });
  }
  if (baseline.hasRange && below !== undefined && above !== undefined) {
    const outside = below + above;
    const p = rangeP({ outside, n, m: baseline.count });
    const effect = Math.max(0, outside / n - expectedOutside(baseline.count));
    parts.push({ what: 'range', p: weighted(p, 'range'), effect });
  }
  return { parts, shape };
};

const categoryParts = (baseline: CategoryBaseline, profile: CategoryProfile, leastEffect: number): Parts => {
  const parts: PartJudgement[] = [missingPart(baseline, profile)];
  const { count: n } = profile;
  if (n < LEAST_VALUES || baseline.count === 0) return { parts };
  const [labels, times] = [Object.keys(baseline.counts), Object.values(baseline.counts)];
  const now = labels.map((label) => timesOf(profile.counts, label));
  const other = n - now.reduce((sum, count) => sum + count, 0);
  const shift = labelShift({ labels: times, other: baseline.other }, { labels: now, other }, leastEffect);
  const unseen = baseline.other === 0 ? other : profile.unseen;
  if (shift) parts.push({ what: 'labels', p: weighted(shift.p, 'labels'), effect: shift.w });
  if (baseline.rare && unseen !== undefined) {
    const seen = { m: baseline.count, ...baseline.rare };
    const effect = Math.max(0, unseen / n - expectedUnseen(seen));
    parts.push({ what: 'unseen', p: weighted(unseenP({ unseen, n, ...seen }), 'unseen'), effect });
  }
  return { parts, labels: shift };
};

/** Undefined where the two are not counted on the same bins. `leastEffect`, unless 0, makes p that of any effect up to it. */
export const partsOf = (baseline: FieldBaseline, profile: FieldProfile, leastEffect = 0): Parts | undefined => {
  if (baseline.kind === 'number' && profile.kind === 'number') {
    return baseline.counts.length === profile.bins.length ? numberParts(baseline, profile, leastEffect) : undefined;
  }
  if (baseline.kind === 'category' && profile.kind === 'category') return categoryParts(baseline, profile, leastEffect);
  return undefined;
};
