/** One field of a run beside its reference and the run before. */
import { isInstant, kindOf } from '../../../core/kinds/index.ts';
import type { Field } from '../../../core/types.ts';
import type { Bar } from '../../../drawing/charts.ts';
import { meanOf, stdOf } from '../../../monitor/profile/exact.ts';
import type { FieldReference } from '../../../monitor/profile/reference.ts';
import type { Summary } from '../types.ts';
import {
  countedOn,
  countsOf,
  drawnEdges,
  edgeLabels,
  FEW_EDGES,
  fewBars,
  numbersOf,
  OTHER,
  referenceCounts,
} from './bars.ts';
import type { FieldReport } from './report.ts';
import { shares, stabilityIndex } from './stability.ts';

/** Undefined for a field that the run has not counted. */
export const fieldReport = (
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
