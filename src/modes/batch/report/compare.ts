/** A run beside its package's reference and the run before it: what a report says, as data. */
import { isInstant, kindOf } from '../../../core/kinds/index.ts';
import type { Field, Fields, Manifest } from '../../../core/types.ts';
import { meanOf, stdOf } from '../../../monitor/profile/exact.ts';
import { type FieldBins, type FieldProfile, timesOf } from '../../../monitor/profile/profile.ts';
import type { FieldReference, Reference } from '../../../monitor/profile/reference.ts';
import type { Run, Summary } from '../types.ts';

/** One bar of a distribution; shares are of the values that are not missing. */
export interface Bar {
  readonly label: string;
  readonly share: number;
  readonly reference?: number | undefined;
  /** The values of a bin; the outer ones are drawn no farther than is worth it. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface Moments {
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
}

export interface FieldReport {
  readonly name: string;
  /** Numbers are points in time. */
  readonly isInstant: boolean;
  /** Bars are labels, not ranges of numbers. */
  readonly isLabels: boolean;
  readonly unit?: string | undefined;
  readonly description?: string | undefined;
  readonly count: number;
  /** Shares of all rows. */
  readonly missing: number;
  readonly referenceMissing?: number | undefined;
  readonly bars: readonly Bar[];
  readonly now?: Moments | undefined;
  readonly reference?: Moments | undefined;
  /** Share of values that the reference has none of, for categories. */
  readonly unseen?: number | undefined;
  /** Population stability index against the reference, and against the run before; undefined where there is none. */
  readonly shift?: number | undefined;
  readonly shiftSinceLast?: number | undefined;
}

export interface Change {
  readonly what: string;
  readonly before: number | string;
  readonly now: number | string;
  /** (now - before) / before, where that makes sense. */
  readonly relative?: number | undefined;
}

export interface Report {
  readonly summary: Summary;
  readonly kind: Run['kind'];
  readonly cause: Run['cause'];
  readonly window?: Run['window'] | undefined;
  readonly description?: string | undefined;
  readonly referenceRows?: number | undefined;
  readonly outputs: readonly FieldReport[];
  /** Those that differ most from the reference first. */
  readonly inputs: readonly FieldReport[];
  readonly before?: { readonly run: string; readonly scope: string; readonly finished_at: string } | undefined;
  readonly changes: readonly Change[];
}

/** Keeps an empty bin from making the index infinite. */
const LEAST_SHARE = 1e-4;

/**
 * Population stability index of two distributions over the same bins: Σ (p − q) ln(p / q) (S. Siddiqi, Credit Risk
 * Scorecards, 2006, ch. 10). By custom, below 0.1 is steady and above 0.25 a shift.
 */
export const stabilityIndex = (p: readonly number[], q: readonly number[]): number =>
  p.reduce((sum, share, bin) => {
    const a = Math.max(share, LEAST_SHARE);
    const b = Math.max(q[bin] ?? 0, LEAST_SHARE);
    return sum + (a - b) * Math.log(a / b);
  }, 0);

const short = (value: number): string => {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(1).replace('e+', 'e');
  return String(Number(value.toPrecision(3)));
};

const timeText = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

const edgeLabels = (edges: readonly number[], isTime: boolean): readonly string[] => {
  const text = isTime ? timeText : short;
  if (edges.length === 0) return ['all'];
  return [
    `≤ ${text(edges[0] ?? 0)}`,
    ...edges.slice(1).map((edge, index) => `${text(edges[index] ?? 0)} – ${text(edge)}`),
    `> ${text(edges.at(-1) ?? 0)}`,
  ];
};

/** Where bins are drawn from and to: tails no longer than the half that they belong to. */
const drawnEdges = (edges: readonly number[], min: number, max: number): readonly number[] => {
  const [first = 0, middle = 0, last = 0] = [edges[0], edges[edges.length >> 1], edges.at(-1)];
  return [Math.max(min, first - (middle - first)), ...edges, Math.min(max, last + (last - middle))];
};

const shares = (counts: readonly number[]): readonly number[] => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total === 0 ? 0 : count / total));
};

const OTHER = 'other';
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

const countsOf = (profile: FieldProfile, bins: FieldBins): readonly number[] =>
  profile.kind === 'number'
    ? profile.bins
    : labelCounts('labels' in bins ? bins.labels : [], profile.counts, profile.other);

/** The reference on the bins of a run; undefined when they are not its own. */
const referenceCounts = (known: FieldReference | undefined, bins: FieldBins): readonly number[] | undefined => {
  if (known?.kind === 'number')
    return 'edges' in bins && bins.edges.length === known.edges.length ? known.counts : undefined;
  if (known?.kind === 'category' && 'labels' in bins) return labelCounts(bins.labels, known.counts, known.other);
  return undefined;
};

const countedOn = (bins: FieldBins | undefined): string =>
  JSON.stringify(bins && ('edges' in bins ? bins.edges : bins.labels)) ?? '';

const MOST_BARS = 12;
/** Numbers with so few bins are counts of a few values rather than a distribution. */
const FEW_EDGES = 3;

const numbersOf = (
  profile: FieldProfile,
  known: FieldReference | undefined,
  which: 'min' | 'max',
): readonly number[] => [
  ...(profile.kind === 'number' && profile.count > 0 ? [profile[which] ?? 0] : []),
  ...(known?.kind === 'number' && known.count > 0 ? [known[which]] : []),
];

/** The largest bars, the rest in one. */
const fewBars = (bars: readonly Bar[]): readonly Bar[] => {
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

const fieldReport = (
  name: string,
  field: Field,
  summary: Summary,
  side: 'inputs' | 'outputs',
  known: FieldReference | undefined,
  before: Summary | undefined,
): FieldReport | undefined => {
  const profile = summary[side][name];
  const bins = summary.bins[side][name];
  if (profile === undefined || bins === undefined) return undefined;
  const counts = countsOf(profile, bins);
  const reference = referenceCounts(known, bins);
  const [now, then] = [shares(counts), reference && shares(reference)];
  const labels = 'edges' in bins ? edgeLabels(bins.edges, isInstant(field)) : [...bins.labels, OTHER];
  const low = Math.min(...numbersOf(profile, known, 'min'));
  const high = Math.max(...numbersOf(profile, known, 'max'));
  const drawn = 'edges' in bins && bins.edges.length > FEW_EDGES ? drawnEdges(bins.edges, low, high) : [];
  const bars = labels.map(
    (label, bin): Bar => ({
      label,
      share: now[bin] ?? 0,
      reference: then?.[bin],
      from: drawn[bin],
      to: drawn[bin + 1],
    }),
  );
  const last = before?.[side][name];
  const lastCounts = last && countedOn(before?.bins[side][name]) === countedOn(bins) ? countsOf(last, bins) : undefined;
  const rows = profile.count + profile.missing;
  const seen = known?.kind === 'category' ? known.counts : undefined;
  const unseen =
    profile.kind === 'category' && seen && known?.kind === 'category' && known.other === 0 && profile.count > 0
      ? Object.entries(profile.counts).reduce(
          (sum, [label, count]) => (Object.hasOwn(seen, label) ? sum : sum + count),
          profile.other,
        ) / profile.count
      : undefined;
  return {
    name,
    isInstant: isInstant(field),
    isLabels: profile.kind === 'category',
    unit: kindOf(field).profile === 'lengths' ? 'characters' : 'unit' in field ? field.unit : undefined,
    description: field.description,
    count: profile.count,
    missing: rows === 0 ? 0 : profile.missing / rows,
    referenceMissing:
      known && known.count + known.missing > 0 ? known.missing / (known.count + known.missing) : undefined,
    bars: profile.kind === 'category' ? fewBars(bars) : bars,
    now:
      profile.kind === 'number' && profile.count > 0
        ? { mean: meanOf(profile), std: stdOf(profile), min: profile.min ?? 0, max: profile.max ?? 0 }
        : undefined,
    reference:
      known?.kind === 'number' && known.count > 0
        ? { mean: known.mean, std: known.std, min: known.min, max: known.max }
        : undefined,
    unseen,
    shift: then && profile.count > 0 ? stabilityIndex(now, then) : undefined,
    shiftSinceLast:
      lastCounts && last && last.count > 0 && profile.count > 0 ? stabilityIndex(now, shares(lastCounts)) : undefined,
  };
};

const reports = (
  fields: Fields,
  summary: Summary,
  side: 'inputs' | 'outputs',
  reference: Reference | undefined,
  before: Summary | undefined,
): readonly FieldReport[] =>
  Object.entries(fields).flatMap(
    ([name, field]) => fieldReport(name, field, summary, side, reference?.[side][name], before) ?? [],
  );

const change = (what: string, before: number, now: number): Change => ({
  what,
  before,
  now,
  relative: before === 0 ? undefined : (now - before) / Math.abs(before),
});

const changesBetween = (before: Summary, now: Summary): readonly Change[] => {
  const share = (summary: Summary): number => (summary.rows_in === 0 ? 0 : summary.rows_rejected / summary.rows_in);
  const changes: Change[] = [];
  const text = (what: string, a: string, b: string): void => {
    if (a !== b) changes.push({ what, before: a, now: b });
  };
  text('model', before.model, now.model);
  text('version', before.version, now.version);
  text('sink', before.sink, now.sink);
  changes.push(change('rows', before.rows_in, now.rows_in), change('share rejected', share(before), share(now)));
  for (const [name, profile] of Object.entries(now.outputs)) {
    const then = before.outputs[name];
    if (profile.kind === 'number' && then?.kind === 'number' && profile.count > 0 && then.count > 0) {
      changes.push(change(`mean of ${name}`, meanOf(then), meanOf(profile)));
    }
    if (profile.kind === 'category' && then?.kind === 'category' && profile.count > 0 && then.count > 0) {
      const labels = [...new Set([...Object.keys(then.counts), ...Object.keys(profile.counts)])].slice(0, 4);
      for (const label of labels) {
        const [a, b] = [timesOf(then.counts, label) / then.count, timesOf(profile.counts, label) / profile.count];
        changes.push(change(`share of ${name} = ${label}`, a, b));
      }
    }
  }
  changes.push(change('rows a second', before.rows_per_second, now.rows_per_second));
  return changes;
};

export interface CompareOptions {
  readonly summary: Summary;
  readonly run: Run;
  readonly manifest: Manifest;
  readonly reference: Reference | undefined;
  readonly before: Summary | undefined;
}

export const compareRun = ({ summary, run, manifest, reference, before }: CompareOptions): Report => ({
  summary,
  kind: run.kind,
  cause: run.cause,
  window: run.window,
  description: manifest.description,
  referenceRows: reference?.rows,
  outputs: reports(manifest.outputs, summary, 'outputs', reference, before),
  inputs: reports(manifest.inputs, summary, 'inputs', reference, before).toSorted(
    (a, b) => (b.shift ?? 0) - (a.shift ?? 0),
  ),
  before: before && { run: before.run, scope: before.scope, finished_at: before.finished_at },
  changes: before ? changesBetween(before, summary) : [],
});
