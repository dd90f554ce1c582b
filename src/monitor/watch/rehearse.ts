/** Plays the rule over windows that were counted, and says what it would have raised: nothing is taken down, nobody is told. */
import type { Alert } from '../alerts/alert.ts';
import type { Alerts } from '../alerts/alerts.ts';
import { trainingBaseline } from '../drift/baseline.ts';
import { budgetOf, FALSE_ALARMS_A_YEAR } from '../drift/budget.ts';
import { type ComparisonProposal, proposalFor } from '../drift/strata.ts';
import { SPAN_MS } from '../profiles/profiles.ts';
import type { ServiceObjective } from '../slo/objectives.ts';
import type { Accepted, AcceptedProfiles } from './accepted.ts';
import { createStage } from './rehearsal-stage.ts';
import { openPulses } from './rehearse-pulse.ts';
import { lastEnd, type WatchOptions, type WatchWorld, watchDeployment } from './watch.ts';

export interface WatchRehearsal {
  readonly deployment: string;
  /** From the first window to the end of the last one: ISO 8601, UTC. */
  readonly from: string;
  readonly to: string;
  /** Windows that were judged. */
  readonly windows: number;
  /** Those of them whose labels were there, by which it was judged how right predictions were. */
  readonly labelled_windows: number;
  readonly days: number;
  /** With the time of the windows that they began and were resolved in; the first one first. */
  readonly alerts: readonly Alert[];
  /** If all years were like these days. */
  readonly alarms_a_year: number;
  /** How many false ones the rule keeps to. */
  readonly budget: number;
  /** With what windows would better be compared, where they alarm beside the training data and are no news. */
  readonly proposal?: ComparisonProposal | undefined;
}

/** How a deployment is watched, whoever hears of it. */
export interface WatchRehearsalOptions extends Omit<WatchOptions, 'hearers'> {
  /** What is promised; nothing unless given. */
  readonly objectives?: readonly ServiceObjective[] | undefined;
}

/** What was known at some time. */
export interface RehearsedMoment {
  readonly alerts: Pick<Alerts, 'stepPerformance'>;
  readonly accepted: Pick<AcceptedProfiles, 'last'>;
  /** Labels that were told by then. */
  readonly toldBy: Date;
  readonly now: Date;
}

export interface RehearseWorld extends Omit<WatchWorld, 'alerts' | 'accepted'> {
  readonly accepted: Pick<AcceptedProfiles, 'history'>;
  /** Judges how right predictions were, of the windows from one time to another whose labels are there; nobody does unless given. */
  readonly openPerformance?:
    | ((from: Date, to: Date) => Promise<(moment: RehearsedMoment) => Promise<void>>)
    | undefined;
}

const YEAR_DAYS = 365.25;

/** For windows of the package that answered last, beside the training data. */
const proposalOf = async (
  { deployment, window, compareWith, zone, falseAlarmsAYear, leastEffect }: Omit<WatchOptions, 'hearers'>,
  { profiles, referenceOf }: Pick<WatchWorld, 'profiles' | 'referenceOf'>,
  [from, end]: readonly [number, number],
): Promise<ComparisonProposal | undefined> => {
  if (compareWith !== 'training') return undefined;
  const windowMs = SPAN_MS[window];
  const spans = await profiles.windows(deployment, new Date(from), new Date(end), windowMs);
  const last = spans.at(-1);
  const reference = last && (await referenceOf(last));
  if (last === undefined || reference === undefined) return undefined;
  const windows = spans
    .filter(({ digest }) => digest === last.digest)
    .map(({ at, rows, refused, inputs, outputs }) => ({ at: Date.parse(at), rows: rows - refused, inputs, outputs }));
  const budget = { ...budgetOf(windowMs, falseAlarmsAYear), leastEffect };
  return proposalFor(trainingBaseline(reference), windows, budget, zone);
};

/** What was accepted by then: what was accepted later was not known. */
const acceptedBy = (history: readonly Accepted[], then: Date): Pick<AcceptedProfiles, 'last'> => ({
  last: async (_, digest) => history.find((one) => one.digest === digest && Date.parse(one.at) <= then.getTime()),
});

const hearers = { channelsOf: () => [] };

/** A day at a time, as it would have been looked at then. */
const playDays = async (
  options: WatchRehearsalOptions,
  { accepted, openPerformance, ...world }: RehearseWorld,
  [from, end]: readonly [number, number],
  now: Date,
): Promise<ReturnType<typeof createStage>> => {
  const { deployment, objectives = [], falseAlarmsAYear } = options;
  const stage = createStage(new Date(from).toISOString());
  const { alerts } = stage;
  const history = await accepted.history(deployment);
  const pulses = await openPulses({ deployment, objectives, falseAlarmsAYear }, world.profiles, [from, end]);
  const perform = await openPerformance?.(new Date(from), new Date(end));
  for (let at = from; at < end; at += SPAN_MS.day) {
    const then = new Date(Math.min(end, at + SPAN_MS.day));
    const known = acceptedBy(history, then);
    const late = new Date(then.getTime() + now.getTime() - lastEnd(now, 1));
    for (const hour of pulses(at, then.getTime())) await alerts.step(hour, hearers, late);
    await watchDeployment({ ...options, hearers }, { ...world, alerts, accepted: known }, late);
    await perform?.({ alerts, accepted: known, toldBy: then, now: late });
  }
  // Labels that were told since then, or have just been, are taken for all that will be.
  const settled = new Date(now.getTime() + SPAN_MS[options.window]);
  for (const at of [now, settled])
    await perform?.({ alerts, accepted: acceptedBy(history, now), toldBy: now, now: at });
  return stage;
};

/** @throws MillraceError STORE_FAILED */
export const rehearseWatch = async (
  options: WatchRehearsalOptions,
  world: RehearseWorld,
  since: Date,
  now: Date,
): Promise<WatchRehearsal> => {
  const { deployment, falseAlarmsAYear = FALSE_ALARMS_A_YEAR } = options;
  const windowMs = SPAN_MS[options.window];
  const from = since.getTime() - (since.getTime() % windowMs);
  const end = Math.max(from, lastEnd(now, windowMs));
  const stage = await playDays(options, world, [from, end], now);
  const days = (end - from) / SPAN_MS.day;
  const raised = stage.raised();
  const { windows, labelledWindows } = stage.counts();
  const proposal = raised.length === 0 ? undefined : await proposalOf(options, world, [from, end]);
  return {
    deployment,
    from: new Date(from).toISOString(),
    to: new Date(end).toISOString(),
    windows,
    labelled_windows: labelledWindows,
    days,
    alerts: raised,
    alarms_a_year: days === 0 ? 0 : (raised.length * YEAR_DAYS) / days,
    budget: falseAlarmsAYear,
    ...(proposal && { proposal }),
  };
};
