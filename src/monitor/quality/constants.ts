/** Columns that have but one value, where the training data had many. */
import type { Finding } from '../alerts/finding.ts';
import type { Baseline, FieldBaseline, ProfiledWindow } from '../drift/baseline.ts';
import { LEAST_ROWS } from '../drift/budget.ts';
import type { FieldProfile } from '../profile/profile.ts';

/** The most frequent of the baseline's labels, or bins, may have no more than this share of it: so many rows of one are then no chance. */
const MOST_SHARE = 0.9;

/** The only value of a field, where the baseline has several; undefined of others. */
const onlyValue = (profile: FieldProfile, baseline: FieldBaseline): string | undefined => {
  if (profile.count < LEAST_ROWS) return undefined;
  if (profile.kind === 'number') {
    const isConstant = profile.min !== null && profile.min === profile.max;
    if (!isConstant || baseline.kind !== 'number' || baseline.std === 0) return undefined;
    return Math.max(...baseline.counts) <= MOST_SHARE * baseline.count ? `${profile.min}` : undefined;
  }
  if (baseline.kind !== 'category' || profile.other > 0) return undefined;
  const [label, ...others] = Object.keys(profile.counts);
  const most = Math.max(baseline.other, ...Object.values(baseline.counts));
  return label !== undefined && others.length === 0 && most <= MOST_SHARE * baseline.count ? label : undefined;
};

export const constantFindings = (window: ProfiledWindow, baseline: Baseline | undefined): readonly Finding[] =>
  (['outputs', 'inputs'] as const).flatMap((side) =>
    Object.entries(window[side]).flatMap(([field, profile]): readonly Finding[] => {
      const known = baseline !== undefined && Object.hasOwn(baseline[side], field) ? baseline[side][field] : undefined;
      const value = known && onlyValue(profile, known);
      if (value === undefined) return [];
      const sentence = `${field} is always ${value}`;
      return [{ concern: 'quality', field, severity: 'warning', sentence, numbers: { count: profile.count } }];
    }),
  );
