/** Plays the rule over windows that were counted, and says what it would have raised: nothing is taken down, nobody is told. */
import type { Alert } from '../alerts/alert.ts';
import type { Alerts } from '../alerts/alerts.ts';
import { stepAlerts } from '../alerts/step.ts';
import { trainingBaseline } from '../drift/baseline.ts';
import { budgetOf, FALSE_ALARMS_A_YEAR } from '../drift/budget.ts';
import { type ComparisonProposal, proposalFor } from '../drift/strata.ts';
import { SPAN_MS } from '../profiles/profiles.ts';
import type { Accepted, AcceptedProfiles } from './accepted.ts';
import { lastEnd, type WatchOptions, type WatchWorld, watchDeployment } from './watch.ts';

export interface WatchRehearsal {
  readonly deployment: string;
  /** From the first window to the end of the last one: ISO 8601, UTC. */
  readonly from: string;
  readonly to: string;
  /** Windows that were judged. */
  readonly windows: number;
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

export interface RehearseWorld extends Omit<WatchWorld, 'alerts' | 'accepted'> {
  readonly accepted: Pick<AcceptedProfiles, 'history'>;
}

const YEAR_DAYS = 365.25;

/** Alerts in memory. */
const createStage = (judgedUntil: string) => {
  let watch = { judgedUntil, memory: undefined as string | undefined };
  const alerts = new Map<string, Alert>();
  let windows = 0;
  const stage: Pick<Alerts, 'watch' | 'step'> = {
    watch: async () => watch,
    async step(judged) {
      watch = { judgedUntil: judged.window.to, memory: judged.memory };
      windows++;
      const firing = [...alerts.values()].filter(({ status }) => status === 'firing');
      const { changed, told } = stepAlerts(firing, judged, new Date(judged.window.to));
      for (const alert of changed) alerts.set(alert.id, alert);
      return told;
    },
  };
  return { stage, alerts, count: () => windows };
};

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

/** @throws MillraceError STORE_FAILED */
export const rehearseWatch = async (
  options: Omit<WatchOptions, 'hearers'>,
  { accepted, ...world }: RehearseWorld,
  since: Date,
  now: Date,
): Promise<WatchRehearsal> => {
  const { deployment, falseAlarmsAYear = FALSE_ALARMS_A_YEAR } = options;
  const windowMs = SPAN_MS[options.window];
  const from = since.getTime() - (since.getTime() % windowMs);
  const end = Math.max(from, lastEnd(now, windowMs));
  const { stage, alerts, count } = createStage(new Date(from).toISOString());
  const history = await accepted.history(deployment);
  // A day at a time: what was accepted later was not known then.
  for (let at = from; at < end; at += SPAN_MS.day) {
    const then = new Date(Math.min(end, at + SPAN_MS.day));
    const last = async (_: string, digest: string): Promise<Accepted | undefined> =>
      history.find((one) => one.digest === digest && Date.parse(one.at) <= then.getTime());
    const late = new Date(then.getTime() + now.getTime() - lastEnd(now, 1));
    const hearers = { channelsOf: () => [] };
    await watchDeployment({ ...options, hearers }, { ...world, alerts: stage, accepted: { last } }, late);
  }
  const days = (end - from) / SPAN_MS.day;
  const raised = [...alerts.values()].toSorted((a, b) => a.started_at.localeCompare(b.started_at));
  const proposal = raised.length === 0 ? undefined : await proposalOf(options, world, [from, end]);
  return {
    deployment,
    from: new Date(from).toISOString(),
    to: new Date(end).toISOString(),
    windows: count(),
    days,
    alerts: raised,
    alarms_a_year: days === 0 ? 0 : (raised.length * YEAR_DAYS) / days,
    budget: falseAlarmsAYear,
    ...(proposal && { proposal }),
  };
};
