/** A field's change in words that need no statistics: "0.3 sd higher", "missing in 12 % of rows, 1 % before". */
import { meanOf, stdOf } from '../profile/exact.ts';
import { type FieldProfile, timesOf } from '../profile/profile.ts';
import type { CategoryBaseline, FieldBaseline, NumberBaseline } from './baseline.ts';
import type { PartJudgement, Parts } from './parts.ts';

const percent = (share: number): string => {
  const value = share * 100;
  if (value > 0 && value < 0.1) return '< 0.1 %';
  return `${value >= 9.95 || value === 0 ? value.toFixed(0) : value.toFixed(1)} %`;
};

const digits = (value: number): string => String(Number(value.toPrecision(value < 0.1 ? 1 : 2)));

/** Standard deviations that the mean has moved by; by ranks where few values far away carry the mean elsewhere. */
const movedBy = (baseline: NumberBaseline, profile: FieldProfile, byRank: number): number => {
  const byMean = profile.kind === 'number' && baseline.std > 0 ? (meanOf(profile) - baseline.mean) / baseline.std : 0;
  return byMean * byRank > 0 && Math.abs(byMean) < 4 * Math.abs(byRank) + 2 ? byMean : byRank;
};

const spreadWords = (baseline: NumberBaseline, profile: FieldProfile, byRank: number): string => {
  const ratio = profile.kind === 'number' && baseline.std > 0 ? stdOf(profile) / baseline.std : 1;
  if (byRank > 0) return ratio > 1.05 ? `spread ${digits(ratio)} times as wide` : 'spread wider';
  return ratio < 0.95 ? `spread ${digits(ratio)} times as wide` : 'spread less wide';
};

/** By the moment that has changed most. */
const shapeWords = (
  baseline: NumberBaseline,
  profile: FieldProfile,
  { shape }: Parts,
  { effect }: PartJudgement,
): string => {
  const [place = 0, spread = 0, ...others] = shape?.moments ?? [];
  const most = Math.max(Math.abs(place), Math.abs(spread), ...others.map(Math.abs));
  // The place is what people ask for first.
  if (Math.abs(place) >= most / 2 && place !== 0) {
    const moved = movedBy(baseline, profile, place);
    return `${digits(Math.abs(moved))} sd ${moved > 0 ? 'higher' : 'lower'}`;
  }
  if (Math.abs(spread) === most && spread !== 0) return spreadWords(baseline, profile, spread);
  return `of another shape (w ${digits(effect)})`;
};

/** The label whose share has changed most. */
const labelWords = (baseline: CategoryBaseline, profile: FieldProfile): string => {
  if (profile.kind !== 'category') return '';
  const changes = [...new Set([...Object.keys(baseline.counts), ...Object.keys(profile.counts)])].map((label) => {
    const [now, before] = [
      timesOf(profile.counts, label) / profile.count,
      timesOf(baseline.counts, label) / baseline.count,
    ];
    return { label, now, before };
  });
  const others = { label: undefined, now: profile.other / profile.count, before: baseline.other / baseline.count };
  const size = ({ now, before }: { readonly now: number; readonly before: number }): number => Math.abs(now - before);
  const { label, now, before } = [...changes, others].reduce((a, b) => (size(b) > size(a) ? b : a));
  return `${label === undefined ? 'other labels' : JSON.stringify(label)} in ${percent(now)}, ${percent(before)} before`;
};

/** What a part says of its field, where that has changed. */
export const wordsOf = (baseline: FieldBaseline, profile: FieldProfile, parts: Parts, part: PartJudgement): string => {
  const rows = profile.count + profile.missing;
  switch (part.what) {
    case 'missing': {
      const before = baseline.missing / (baseline.count + baseline.missing);
      return `missing in ${percent(profile.missing / rows)}, ${percent(before)} before`;
    }
    case 'range': {
      const [below, above] = profile.kind === 'number' ? [profile.below ?? 0, profile.above ?? 0] : [0, 0];
      const side = below === 0 ? 'above all' : above === 0 ? 'below all' : 'outside of all';
      return `${percent((below + above) / profile.count)} ${side} values before`;
    }
    case 'unseen':
      return `${percent(part.effect)} labels that were never seen before`;
    case 'labels':
      return baseline.kind === 'category' ? labelWords(baseline, profile) : '';
    case 'shape':
      return baseline.kind === 'number' ? shapeWords(baseline, profile, parts, part) : '';
  }
};
