/** The bars of a distribution: what is counted on the bins of a run, and how they are called and drawn. */

import type { Bar } from '../../../drawing/charts.ts';
import { type FieldBins, type FieldProfile, timesOf } from '../../../monitor/profile/profile.ts';
import type { FieldReference } from '../../../monitor/profile/reference.ts';

const short = (value: number): string => {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(1).replace('e+', 'e');
  return String(Number(value.toPrecision(3)));
};

const timeText = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

export const edgeLabels = (edges: readonly number[], isTime: boolean): readonly string[] => {
  const text = isTime ? timeText : short;
  if (edges.length === 0) return ['all'];
  return [
    `≤ ${text(edges[0] ?? 0)}`,
    ...edges.slice(1).map((edge, index) => `${text(edges[index] ?? 0)} – ${text(edge)}`),
    `> ${text(edges.at(-1) ?? 0)}`,
  ];
};

/** Where bins are drawn from and to: tails no longer than the half that they belong to. */
export const drawnEdges = (edges: readonly number[], min: number, max: number): readonly number[] => {
  const [first = 0, middle = 0, last = 0] = [edges[0], edges[edges.length >> 1], edges.at(-1)];
  return [Math.max(min, first - (middle - first)), ...edges, Math.min(max, last + (last - middle))];
};

export const OTHER = 'other';
/** Counts on the same labels, with one for all others. */
const labelCounts = (
  labels: readonly string[],
  counts: Readonly<Record<string, number>>,
  other: number,
): readonly number[] => {
  const known = labels.map((label) => timesOf(counts, label));
  const rest = Object.entries(counts).reduce(
    (sum, [label, count]) => (labels.includes(label) ? sum : sum + count),
    other,
  );
  return [...known, rest];
};

export const countsOf = (profile: FieldProfile, bins: FieldBins): readonly number[] =>
  profile.kind === 'number'
    ? profile.bins
    : labelCounts('labels' in bins ? bins.labels : [], profile.counts, profile.other);

/** The reference on the bins of a run; undefined when they are not its own. */
export const referenceCounts = (known: FieldReference | undefined, bins: FieldBins): readonly number[] | undefined => {
  if (known?.kind === 'number')
    return 'edges' in bins && bins.edges.length === known.edges.length ? known.counts : undefined;
  if (known?.kind === 'category' && 'labels' in bins) return labelCounts(bins.labels, known.counts, known.other);
  return undefined;
};

export const countedOn = (bins: FieldBins | undefined): string =>
  JSON.stringify(bins && ('edges' in bins ? bins.edges : bins.labels)) ?? '';

const MOST_BARS = 12;
/** Numbers with so few bins are counts of a few values rather than a distribution. */
export const FEW_EDGES = 3;

export const numbersOf = (
  profile: FieldProfile,
  known: FieldReference | undefined,
  which: 'min' | 'max',
): readonly number[] => [
  ...(profile.kind === 'number' && profile.count > 0 ? [profile[which] ?? 0] : []),
  ...(known?.kind === 'number' && known.count > 0 ? [known[which]] : []),
];

/** The largest bars, the rest in one. */
export const fewBars = (bars: readonly Bar[]): readonly Bar[] => {
  const shown = bars.filter((bar) => bar.label !== OTHER && (bar.share > 0 || (bar.reference ?? 0) > 0));
  const sorted = shown.toSorted((a, b) => Math.max(b.share, b.reference ?? 0) - Math.max(a.share, a.reference ?? 0));
  const kept = sorted.slice(0, MOST_BARS);
  const sum = (field: 'share' | 'reference', from: readonly Bar[]): number =>
    from.reduce((total, bar) => total + (bar[field] ?? 0), 0);
  const share = 1 - sum('share', kept);
  const hasReference = bars.some((bar) => bar.reference !== undefined);
  const reference = hasReference ? 1 - sum('reference', kept) : undefined;
  if (share < 1e-9 && (reference ?? 0) < 1e-9) return kept;
  return [...kept, { label: OTHER, share, reference }];
};
