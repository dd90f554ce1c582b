/** Reckons the windows that have got labels, and judges those whose labels are there: as often as one likes, each window once. */
import { fail } from '../core/errors.ts';
import type { Alerts, Hearers } from '../monitor/alerts/alerts.ts';
import type { JudgedWindow, TimeSpan } from '../monitor/alerts/finding.ts';
import { alphaOf, LEAST_ROWS } from '../monitor/drift/budget.ts';
import type { Labelling } from '../monitor/labels/labels.ts';

import { enoughCoverage } from '../monitor/performance/coverage.ts';
import { TOLERANCE } from '../monitor/performance/loss.ts';
import { readReference } from '../monitor/profile/reference.ts';
import { SPAN_MS } from '../monitor/profiles/profiles.ts';
import type { AcceptedProfiles } from '../monitor/watch/accepted.ts';
import { judgePerformance, type MeasuredTarget, type UsualPerformance } from '../monitor/watch/judge-performance.ts';
import type { KeptPerformance, Performance } from '../monitor/watch/performance.ts';
import type { Performances, StoredPerformance } from '../monitor/watch/performances.ts';
import { lastEnd } from '../monitor/watch/watch.ts';
import { type PerformanceOptions, type PerformanceWorld, performanceOf } from './performance.ts';

export interface PerformanceWatchOptions extends PerformanceOptions {
  readonly deployment: string;
  readonly window: 'hour' | 'day';
  /** Of all that is watched; performance has a part of them. */
  readonly falseAlarmsAYear?: number | undefined;
  /** How much worse is worth an alarm; 0.1 unless given, a tenth. */
  readonly tolerance?: number | undefined;
  /** How long labels wait for their predictions, in milliseconds; nobody looks at that unless given. */
  readonly waitMs?: number | undefined;
  readonly hearers: Hearers;
}

export interface PerformanceWatchWorld extends PerformanceWorld {
  readonly labels: Pick<Labelling, 'joins' | 'match' | 'served' | 'answers' | 'touched'>;
  readonly performances: Performances;
  readonly alerts: Pick<Alerts, 'stepPerformance'>;
  readonly accepted: Pick<AcceptedProfiles, 'last'>;
}

/** Windows of before that are looked at: labels may come months after. */
const MOST_WINDOWS = 120;
/** Windows without labels that are reckoned at a time. */
const MOST_NEW = 60;
/** Slices that are kept, the first of their order. */
const KEPT_SLICES = 30;
const spanAt = (at: number, ms: number): TimeSpan => ({
  from: new Date(at).toISOString(),
  to: new Date(at + ms).toISOString(),
});

const kept = (performance: Performance, mark: number, now: Date): KeptPerformance => ({
  ...performance,
  targets: performance.targets.map((one) => ({ ...one, slices: one.slices.slice(0, KEPT_SLICES) })),
  at: now.toISOString(),
  mark,
});

/** Labels find their predictions, and windows that have got any, or are newly over, are reckoned. */
const reckon = async (
  world: PerformanceWatchWorld,
  { deployment, window, slices, quantile, waitMs }: PerformanceWatchOptions,
  stored: readonly StoredPerformance[],
  now: Date,
): Promise<boolean> => {
  const { labels, performances } = world;
  const windowMs = SPAN_MS[window];
  for (const join of await labels.joins(deployment)) await labels.match({ ...join, waitMs }, now);
  const mark = stored.reduce((most, { performance }) => Math.max(most, performance.mark), 0);
  const touched = await labels.touched(deployment, mark, windowMs);
  const end = lastEnd(now, windowMs);
  const last = stored.at(-1)?.window.to;
  const since = Math.max(last === undefined ? 0 : Date.parse(last), end - MOST_NEW * windowMs);
  const wanted = new Set(touched.windows.filter((at) => at + windowMs <= end));
  for (let at = since; at < end; at += windowMs) wanted.add(at);
  let changed = false;
  for (const at of [...wanted].sort((a, b) => a - b)) {
    const span = spanAt(at, windowMs);
    const found = await performanceOf(world, deployment, span, { slices, quantile });
    if (found.predictions === 0) continue;
    const before = stored.find((one) => one.window.to === span.to);
    const { judgement } = before?.performance ?? {};
    const one = { ...kept(found, touched.mark, now), ...(judgement && { judgement }) };
    await performances.put(deployment, span, one, now);
    changed = true;
  }
  return changed;
};

const labelsOf = ({ targets }: Performance): number => targets.reduce((most, { rows }) => Math.max(most, rows), 0);

/** Figures of the training data as those of a window. */
const trainingOf = async (
  { packageOf }: PerformanceWorld,
  served: NonNullable<Performance['served']>,
): Promise<readonly MeasuredTarget[]> => {
  const found = await packageOf(served);
  const { truth = {} } = readReference(found?.files.get('profile.json')) ?? {};
  return Object.entries(truth).map(([output, { rows, figures }]) => ({
    output,
    rows,
    figures: Object.entries(figures).map(([name, value]) => ({ name, value })),
    slices: [],
  }));
};

/** What was accepted as normal, else what the training data say, else the first window that was judged; slices have only the latter. */
const usualOf = async (
  world: PerformanceWatchWorld,
  deployment: string,
  served: NonNullable<Performance['served']>,
  stored: readonly StoredPerformance[],
): Promise<UsualPerformance | undefined> => {
  const same = stored.filter(({ performance }) => performance.served?.digest === served.digest);
  const accepted = await world.accepted.last(deployment, served.digest);
  if (accepted !== undefined) {
    const { from, to } = accepted.window;
    const windows = same.filter(({ window }) => window.from >= from && window.to <= to);
    return { name: 'what was accepted', windows: windows.map(({ performance }) => performance.targets) };
  }
  const training = await trainingOf(world, served);
  const judgement = same.find(({ performance }) => performance.judgement !== undefined)?.performance.judgement;
  const first = judgement?.window;
  const before = same
    .filter(({ window }) => first !== undefined && window.from >= first.from && window.to <= first.to)
    .map(({ performance }) => performance.targets);
  if (training.length > 0) {
    const slices = before.map((targets) => targets.map((target) => ({ ...target, rows: 0 })));
    return { name: 'training', windows: [training, ...slices] };
  }
  return first && { name: `the window of ${first.from.slice(0, 10)}`, windows: before };
};

/** The next window that can be judged, with those before it that had too few labels alone. */
const nextDue = (
  stored: readonly StoredPerformance[],
  enough: number,
  passed: ReadonlySet<string>,
): { readonly windows: readonly StoredPerformance[] } | undefined => {
  let waiting: StoredPerformance[] = [];
  for (const one of stored) {
    const { performance, judgedAt, window } = one;
    if (judgedAt !== undefined || passed.has(window.to) || performance.coverage < enough) continue;
    if (waiting[0]?.performance.served?.digest !== performance.served?.digest) waiting = [];
    waiting.push(one);
    if (waiting.reduce((sum, { performance: part }) => sum + labelsOf(part), 0) >= LEAST_ROWS)
      return { windows: waiting };
  }
  return undefined;
};

/**
 * Judges how right a deployment was in the windows whose labels are there by `now`. Any number of processes may do so at once.
 *
 * @returns the windows that were judged here
 * @throws MillraceError STORE_FAILED
 */
export const watchPerformance = async (
  options: PerformanceWatchOptions,
  world: PerformanceWatchWorld,
  now: Date,
): Promise<readonly JudgedWindow[]> => {
  const { deployment, window, tolerance = TOLERANCE, falseAlarmsAYear, hearers, slices, quantile } = options;
  const windowMs = SPAN_MS[window];
  const since = new Date(lastEnd(now, windowMs) - MOST_WINDOWS * windowMs);
  let stored = await world.performances.list(deployment, since);
  if (await reckon(world, options, stored, now)) stored = await world.performances.list(deployment, since);
  const labelled = stored.map(({ performance, at }) => ({
    coverage: performance.coverage,
    labelledAt: Date.parse(at),
  }));
  const enough = enoughCoverage(labelled, { now: now.getTime(), windowMs });
  const judged: JudgedWindow[] = [];
  const passed = new Set<string>();
  for (;;) {
    const due = enough === undefined ? undefined : nextDue(stored, enough, passed);
    if (due === undefined) return judged;
    const [first, last] = [due.windows[0], due.windows[due.windows.length - 1]];
    const span = { from: first.window.from, to: last.window.to };
    const found =
      due.windows.length === 1 ? last.performance : await performanceOf(world, deployment, span, { slices, quantile });
    const { served, coverage, targets } = found;
    if (served === undefined) throw fail('INTERNAL', 'a window with labels was answered by nobody');
    const usual = await usualOf(world, deployment, served, stored);
    const alpha = alphaOf('performance', windowMs * due.windows.length, falseAlarmsAYear);
    const { tests, findings } = usual
      ? judgePerformance(targets, usual, { alpha, tolerance, coverage })
      : { tests: [], findings: [] };
    const seen: KeptPerformance = {
      ...last.performance,
      judgement: { window: span, usual: usual?.name, tests },
    };
    const { model, version } = served;
    const one = { deployment, model, version, window: span, concerns: ['performance'] as const, findings, seen };
    for (const each of due.windows) passed.add(each.window.to);
    // Somebody else has judged it meanwhile.
    if ((await world.alerts.stepPerformance(one, hearers, now)) !== undefined) judged.push(one);
    stored = await world.performances.list(deployment, since);
  }
};
