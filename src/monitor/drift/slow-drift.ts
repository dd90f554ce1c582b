/**
 * Slow drift of a deployment: the evidence of all fields, window after window, and its mean, which is evidence too whatever the
 * fields have to do with each other (V. Vovk & R. Wang, E-values, 2021). Strata each have their own, and the mean over them.
 *
 *     let slow = startSlowDrift();                       // plain data: stored as JSON after each window
 *     slow = addWindow(slow, baseline, window);
 *     const found = judgeSlowDrift([slow], baseline);    // found.isDrift, found.field, found.logE
 */
import { type FieldProfile, timesOf } from '../profile/profile.ts';
import { logMean } from '../statistics/logs.ts';
import type { Baseline, FieldBaseline, ProfiledWindow } from './baseline.ts';
import { LEAST_EFFECT, slowAlphaOf } from './budget.ts';
import { addEvidence, type Evidence, logEvidence, startEvidence } from './evidence.ts';
import { labelShift } from './labels.ts';
import { exactShape, pooledShape } from './shape.ts';

export interface SlowDrift {
  readonly inputs: Readonly<Record<string, Evidence>>;
  readonly outputs: Readonly<Record<string, Evidence>>;
}

export interface SlowDriftJudgement {
  readonly isDrift: boolean;
  /** ln of the evidence: an alarm is due at ln(1/α). */
  readonly logE: number;
  /** The field with the most of it. */
  readonly field?: string | undefined;
  readonly is?: 'input' | 'output' | undefined;
  /** Cohen's w of that field, in the last windows as in those of the last weeks. */
  readonly effect: number;
}

/** What a bin of two samples has before it has a row (H. Jeffreys, 1946). */
const PRIOR = 0.5;

/** What the baseline counts, as parameters of the law of windows. */
const alphaOf = (baseline: FieldBaseline): readonly number[] => {
  if (!('isExact' in baseline)) {
    return [...Object.values(baseline.counts), baseline.other].map((count) => count + PRIOR);
  }
  const { counts, isExact } = baseline;
  const last = counts.length - 1;
  return isExact && counts.every((count) => count > 0)
    ? counts.map((count, bin) => (bin === last ? count + 1 : count))
    : counts.map((count) => count + PRIOR);
};

/** Counts of a window on the same bins; undefined where they are others, or there is nothing to tell apart. */
const countsOf = (baseline: FieldBaseline, profile: FieldProfile): readonly number[] | undefined => {
  if ('isExact' in baseline) {
    const bins = 'bins' in profile ? profile.bins : [];
    return bins.length === baseline.counts.length && bins.length > 1 ? bins : undefined;
  }
  if ('bins' in profile) return undefined;
  const known = Object.keys(baseline.counts).map((label) => timesOf(profile.counts, label));
  return [...known, profile.count - known.reduce((sum, count) => sum + count, 0)];
};

export const startSlowDrift = (): SlowDrift => ({ inputs: {}, outputs: {} });

const addFields = (
  known: SlowDrift['inputs'],
  baselines: Readonly<Record<string, FieldBaseline>>,
  profiles: ProfiledWindow['inputs'],
): SlowDrift['inputs'] => {
  const next: Record<string, Evidence> = { ...known };
  for (const [name, baseline] of Object.entries(baselines)) {
    const counts = Object.hasOwn(profiles, name) ? countsOf(baseline, profiles[name]) : undefined;
    if (counts === undefined || baseline.count === 0) continue;
    const before = Object.hasOwn(known, name) ? known[name] : startEvidence(counts.length);
    next[name] = addEvidence(before, counts, alphaOf(baseline));
  }
  return next;
};

/** The next window. The baseline is the same for all windows of one `SlowDrift`; with another one it starts anew. */
export const addWindow = (slow: SlowDrift, baseline: Baseline, window: ProfiledWindow): SlowDrift => ({
  inputs: addFields(slow.inputs, baseline.inputs, window.inputs),
  outputs: addFields(slow.outputs, baseline.outputs, window.outputs),
});

/** Cohen's w of a memory of windows beside the baseline. */
const memoryEffect = (baseline: FieldBaseline, recent: readonly number[]): number => {
  if ('isExact' in baseline) return (baseline.isExact ? exactShape : pooledShape)(baseline.counts, recent)?.w ?? 0;
  const labels = Object.values(baseline.counts);
  const now = { labels: recent.slice(0, -1), other: recent.at(-1) ?? 0 };
  return labelShift({ labels, other: baseline.other }, now)?.w ?? 0;
};

/** The least of all memories: the longest says that it was worth it, the shortest that it still is. */
const effectOf = (baseline: FieldBaseline | undefined, { recent }: Evidence): number =>
  baseline === undefined ? 0 : Math.min(...recent.map((memory) => memoryEffect(baseline, memory)));

interface FieldEvidence {
  readonly field: string;
  readonly is: 'input' | 'output';
  readonly evidence: Evidence;
  readonly baseline: FieldBaseline | undefined;
}

const fieldsOf = (slow: SlowDrift, baseline: Baseline): readonly FieldEvidence[] => {
  const of = (is: 'input' | 'output', side: 'inputs' | 'outputs') =>
    Object.entries(slow[side]).map(([field, evidence]) => ({ field, is, evidence, baseline: baseline[side][field] }));
  return [...of('output', 'outputs'), ...of('input', 'inputs')];
};

/** Judges what was gathered: one for each stratum, with the baseline of that. `alpha` is the chance that an alarm is ever false. */
export const judgeSlowDrift = (
  strata: readonly { readonly slow: SlowDrift; readonly baseline: Baseline }[],
  {
    alpha = slowAlphaOf(1),
    leastEffect = LEAST_EFFECT,
  }: { readonly alpha?: number; readonly leastEffect?: number } = {},
): SlowDriftJudgement => {
  const each = strata.map(({ slow, baseline }) => fieldsOf(slow, baseline)).filter((fields) => fields.length > 0);
  if (each.length === 0) return { isDrift: false, logE: 0, effect: 0 };
  const logE = logMean(each.map((fields) => logMean(fields.map(({ evidence }) => logEvidence(evidence)))));
  const most = each.flat().reduce((a, b) => (logEvidence(b.evidence) > logEvidence(a.evidence) ? b : a));
  const effect = effectOf(most.baseline, most.evidence);
  return { isDrift: logE >= -Math.log(alpha) && effect >= leastEffect, logE, field: most.field, is: most.is, effect };
};
