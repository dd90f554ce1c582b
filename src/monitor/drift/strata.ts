/**
 * Seasons: what a window is compared with where a Monday is not like a Sunday. A stratum is the windows of one weekday, or of one
 * hour of the week; its baseline are its first four weeks.
 */
import type { Zone } from '../../core/zone.ts';
import { merge } from '../profile/profile.ts';
import { answeredBaseline, type Baseline, type ProfiledWindow } from './baseline.ts';
import { type Budget, LEAST_ROWS } from './budget.ts';
import { judgeWindow } from './judgement.ts';

export const COMPARISONS = ['training', 'last', 'same weekday', 'same hour of week'] as const;
/** What windows of a deployment are compared with: `compare_with`. */
export type CompareWith = (typeof COMPARISONS)[number];

/** A window, and when it began, in milliseconds since the epoch. */
export interface DatedWindow extends ProfiledWindow {
  readonly at: number;
}

const HOUR_MS = 3_600_000;
/** Windows of a stratum that make its baseline. */
export const BASELINE_WINDOWS = 4;

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const UTC: Pick<Zone, 'offset'> = { offset: () => 0 };

/** The stratum that a time belongs to, by the clocks of a zone (UTC unless given): "Tuesday", "Tuesday 14:00", or "all". */
export const stratumOf = (at: number, compareWith: CompareWith, zone: Pick<Zone, 'offset'> = UTC): string => {
  if (compareWith === 'training' || compareWith === 'last') return 'all';
  const local = new Date(at + zone.offset(at));
  const day = WEEKDAYS[local.getUTCDay()];
  return compareWith === 'same weekday' ? day : `${day} ${String(local.getUTCHours()).padStart(2, '0')}:00`;
};

export const joinWindows = (windows: readonly ProfiledWindow[]): ProfiledWindow =>
  windows.reduce(
    (a, b) => ({ rows: a.rows + b.rows, inputs: merge(a.inputs, b.inputs), outputs: merge(a.outputs, b.outputs) }),
    { rows: 0, inputs: {}, outputs: {} },
  );

/** Windows with too few rows are merged with the next; the last of them may have few still. In the order of time. */
export const joinFew = (windows: readonly DatedWindow[], leastRows = LEAST_ROWS): readonly DatedWindow[] => {
  const joined: DatedWindow[] = [];
  for (const window of windows) {
    const last = joined.at(-1);
    if (last === undefined || last.rows >= leastRows) joined.push(window);
    else joined.splice(-1, 1, { at: last.at, ...joinWindows([last, window]) });
  }
  return joined;
};

export interface BaselineChoice {
  readonly compareWith: CompareWith;
  readonly training: Baseline | undefined;
  /** Windows before, in the order of time, of the same package and since the last that was accepted as the new normal. */
  readonly history: readonly DatedWindow[];
  readonly zone?: Pick<Zone, 'offset'> | undefined;
}

/** What a window that began at `at` is compared with; undefined where there is nothing yet. */
export const baselineAt = (
  at: number,
  { compareWith, training, history, zone }: BaselineChoice,
): Baseline | undefined => {
  if (compareWith === 'training') return training;
  const before = history.filter((window) => window.at < at);
  if (compareWith === 'last') {
    const last = before.at(-1);
    return last && answeredBaseline('the window before', last);
  }
  return baselineOf(stratumOf(at, compareWith, zone), { compareWith, training, history: before, zone });
};

/** What windows of a stratum are compared with: its first ones. Of `last` each window has its own. */
export const baselineOf = (
  stratum: string,
  { compareWith, training, history, zone }: BaselineChoice,
): Baseline | undefined => {
  if (compareWith === 'training') return training;
  const same = history
    .filter((window) => stratumOf(window.at, compareWith, zone) === stratum)
    .slice(0, BASELINE_WINDOWS);
  return same.length === 0
    ? undefined
    : answeredBaseline(`the first ${stratum}s`.replace(/:00s$/, ':00'), joinWindows(same));
};

/** Whether the baseline of a stratum has all its weeks: before that, it still changes. */
export const isSettled = (at: number, { compareWith, history, zone }: Omit<BaselineChoice, 'training'>): boolean => {
  if (compareWith === 'training') return true;
  if (compareWith === 'last') return history.some((window) => window.at < at);
  const stratum = stratumOf(at, compareWith, zone);
  const same = history.filter((window) => window.at < at && stratumOf(window.at, compareWith, zone) === stratum);
  return same.length >= BASELINE_WINDOWS;
};

/** What would keep windows from alarming that are no news: strata, or the present as the new normal. */
export type ComparisonProposal = 'same weekday' | 'same hour of week' | 'new normal';

/** Alarms that a proposal rests on, at least, and which part of them it would have kept. */
const LEAST_ALARMS = 5;
const MOST_OF_THEM = 0.8;

/** Whether nearly all windows since the first alarm alarm, and resemble the first of them. */
const isNewNormal = (alarms: readonly DatedWindow[], windows: readonly DatedWindow[], budget: Budget): boolean => {
  const [first, later] = [alarms.slice(0, BASELINE_WINDOWS), alarms.slice(BASELINE_WINDOWS)];
  if (later.length < LEAST_ALARMS) return false;
  const since = windows.filter(({ at }) => at >= first[0].at);
  const baseline = answeredBaseline('the first alarms', joinWindows(first));
  const alike = later.filter((window) => judgeWindow(baseline, window, budget).state === 'steady');
  return alarms.length >= MOST_OF_THEM * since.length && alike.length >= MOST_OF_THEM * later.length;
};

/**
 * What to propose to somebody whose windows alarm beside the training data: the new normal, where they have done so ever since and
 * resemble each other; strata, where they resemble the same weekday (or hour) before. Undefined where neither would help.
 */
export const proposalFor = (
  training: Baseline,
  windows: readonly DatedWindow[],
  budget: Budget,
  zone?: Pick<Zone, 'offset'>,
): ComparisonProposal | undefined => {
  const alarms = windows.filter((window) => judgeWindow(training, window, budget).state === 'drift');
  if (isNewNormal(alarms, windows, budget)) return 'new normal';
  const shortest = Math.min(...windows.slice(1).map(({ at }, index) => at - windows[index].at));
  const compareWith = shortest <= 2 * HOUR_MS ? 'same hour of week' : 'same weekday';
  const states = alarms.flatMap((window) => {
    const baseline = baselineAt(window.at, { compareWith, training, history: windows, zone });
    return baseline === undefined ? [] : [judgeWindow(baseline, window, budget).state];
  });
  const steady = states.filter((state) => state === 'steady').length;
  return states.length >= LEAST_ALARMS && steady >= MOST_OF_THEM * states.length ? compareWith : undefined;
};
