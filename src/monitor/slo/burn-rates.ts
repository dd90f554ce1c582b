/**
 * How fast the budget of an objective is spent: 1 is all of it within its period, 14.4 fifty times that. An alarm needs a long window, so
 * that it is worth it, and a short one, so that it still goes on (The Site Reliability Workbook, B. Beyer et al., 2018, chapter 5, "Multiwindow,
 * multi-burn-rate alerts", with its windows and rates).
 */
import type { Finding, Severity } from '../alerts/finding.ts';
import { mergeTraffic, NO_TRAFFIC, type Traffic } from '../profile/traffic.ts';
import { incompleteBeta } from '../statistics/incomplete-beta.ts';
import type { CallCounts, ServiceObjective } from './objectives.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface BurnAlarm {
  readonly long: string;
  readonly longMs: number;
  readonly short: string;
  readonly shortMs: number;
  readonly rate: number;
  readonly severity: Severity;
}

/** Pages, which somebody should look at now, and a ticket. */
const ALARMS: readonly BurnAlarm[] = [
  { long: '1h', longMs: HOUR_MS, short: '5m', shortMs: 5 * MINUTE_MS, rate: 14.4, severity: 'critical' },
  { long: '6h', longMs: 6 * HOUR_MS, short: '30m', shortMs: 30 * MINUTE_MS, rate: 6, severity: 'critical' },
  { long: '3d', longMs: 72 * HOUR_MS, short: '6h', shortMs: 6 * HOUR_MS, rate: 1, severity: 'warning' },
];
/** The longest window. */
export const SLO_MS = 72 * HOUR_MS;
/** Where the objective is just met, so few calls look by chance as if it were not: with few calls one failure is none. */
const CHANCE = 1e-4;

/** What happened since a time; ISO 8601, UTC. */
export interface DatedTraffic {
  readonly at: string;
  readonly traffic?: Traffic | undefined;
}

export interface BurnRate extends CallCounts {
  /** `5m`, `30m`, `1h`, `6h` or `3d`. */
  readonly window: string;
  /** Share of calls that broke the promise, in budgets. */
  readonly rate: number;
}

export interface ObjectiveJudgement {
  readonly objective: string;
  readonly words: string;
  readonly budget: number;
  readonly rates: readonly BurnRate[];
}

export interface SloJudgement {
  readonly objectives: readonly ObjectiveJudgement[];
  readonly findings: readonly Finding[];
}

const windows: readonly (readonly [name: string, ms: number])[] = [
  ['5m', 5 * MINUTE_MS],
  ['30m', 30 * MINUTE_MS],
  ['1h', HOUR_MS],
  ['6h', 6 * HOUR_MS],
  ['3d', SLO_MS],
];

/** P(as many bad calls or more) where each is bad with the budget's chance: binomial. */
const chanceOf = ({ all, bad }: CallCounts, budget: number): number =>
  bad === 0 ? 1 : incompleteBeta(budget, bad, all - bad + 1);

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;

const sentenceOf = ({ name, budget, words }: ServiceObjective, { window, all, bad, rate }: BurnRate): string => {
  const what = name === 'errors' ? 'of calls failed' : 'of calls took longer than promised';
  return `${percent(bad / all)} ${what} in the last ${window} (${words}): its budget of ${percent(budget)} goes ${Number(rate.toPrecision(2))} times too fast`;
};

const findingOf = (objective: ServiceObjective, rates: readonly BurnRate[]): readonly Finding[] => {
  const rateOf = (name: string) => rates.find(({ window }) => window === name);
  for (const { long, short, rate, severity } of ALARMS) {
    const [over, now] = [rateOf(long), rateOf(short)];
    if (over === undefined || now === undefined || over.rate < rate || now.rate < rate) continue;
    if (chanceOf(over, objective.budget) > CHANCE) continue;
    const numbers = { burn_rate: over.rate, share: over.bad / over.all, budget: objective.budget, calls: over.all };
    return [{ concern: 'slo', what: objective.name, severity, sentence: sentenceOf(objective, over), numbers }];
  }
  return [];
};

/**
 * @param end when the windows end, in milliseconds since the epoch
 * @param finestMs how long the spans are: a shorter window is taken to be so long
 */
export const judgeSlo = (
  objectives: readonly ServiceObjective[],
  spans: readonly DatedTraffic[],
  end: number,
  finestMs = MINUTE_MS,
): SloJudgement => {
  const traffics = windows.map(([window, ms]) => {
    const from = end - Math.max(ms, finestMs);
    const within = spans.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) < end);
    const sum = within.reduce<Traffic | undefined>((all, { traffic }) => mergeTraffic(all, traffic), undefined);
    return { window, traffic: sum ?? NO_TRAFFIC };
  });
  const judged = objectives.map((objective) => {
    const rates = traffics.map(({ window, traffic }): BurnRate => {
      const calls = objective.callsOf(traffic);
      return { window, ...calls, rate: calls.all === 0 ? 0 : calls.bad / calls.all / objective.budget };
    });
    const { name, words, budget } = objective;
    return { judgement: { objective: name, words, budget, rates }, findings: findingOf(objective, rates) };
  });
  return {
    objectives: judged.map(({ judgement }) => judgement),
    findings: judged.flatMap(({ findings }) => findings),
  };
};
