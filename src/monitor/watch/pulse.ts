/**
 * What cannot wait until a window is over: whether a deployment keeps what it promises, and whether rows still come. Looked at every
 * five minutes; who comes first has it.
 */
import type { Alerts, Hearers } from '../alerts/alerts.ts';
import type { Concern, Finding, JudgedWindow } from '../alerts/finding.ts';
import { alphaOf, FRESHNESS_TESTS } from '../drift/budget.ts';
import { type Profiles, SPAN_MS, type SpanVolume } from '../profiles/profiles.ts';
import { silence } from '../quality/silence.ts';
import { judgeSlo, SLO_MS, type SloJudgement } from '../slo/burn-rates.ts';
import type { ServiceObjective } from '../slo/objectives.ts';

export interface PulseOptions {
  readonly deployment: string;
  /** None of a deployment that promises nothing. */
  readonly objectives: readonly ServiceObjective[];
  readonly falseAlarmsAYear?: number | undefined;
  readonly hearers: Hearers;
}

export interface PulseWorld {
  readonly profiles: Pick<Profiles, 'traffic' | 'volumes'>;
  readonly alerts: Pick<Alerts, 'watch' | 'step'>;
}

/** Between two looks, in milliseconds. */
const EVERY_MS = 300_000;
/** Minutes come a little after they are over; in milliseconds. */
const LATE_MS = 60_000;
/** How far back rows are looked for that came at the same hours, in milliseconds. */
export const PULSE_HISTORY_MS = 60 * SPAN_MS.day;

/** Under which name the looks at a deployment are taken down, beside its windows: no deployment is called so. */
export const pulseOf = (deployment: string): string => `${deployment} pulse`;

/** What the last look has seen; undefined before it. */
export const readPulse = (memory: string | undefined): SloJudgement['objectives'] =>
  memory === undefined ? [] : JSON.parse(memory);

/** Who answered last, as far as is known. */
export const lastOf = (spans: readonly SpanVolume[]): Pick<JudgedWindow, 'model' | 'version'> => {
  const { model = '', version = '' } = spans.at(-1) ?? {};
  return { model, version };
};

/**
 * @returns what was found, where this is who looks
 * @throws MillraceError STORE_FAILED
 */
export const watchPulse = async (
  { deployment, objectives, falseAlarmsAYear, hearers }: PulseOptions,
  { profiles, alerts }: PulseWorld,
  now: Date,
): Promise<JudgedWindow | undefined> => {
  const late = now.getTime() - LATE_MS;
  const end = late - (late % EVERY_MS);
  const series = pulseOf(deployment);
  const watch = await alerts.watch(series);
  if (watch !== undefined && Date.parse(watch.judgedUntil) >= end) return undefined;
  const concerns: Concern[] = [];
  const findings: Finding[] = [];
  let spans: readonly SpanVolume[] = [];
  let slo: SloJudgement | undefined;
  if (objectives.length > 0) {
    const traffic = await profiles.traffic(deployment, new Date(end - SLO_MS));
    slo = judgeSlo(objectives, traffic, end);
    concerns.push('slo');
    findings.push(...slo.findings);
    spans = traffic;
  }
  // Hours are looked at once each, and with the first look.
  if (watch === undefined || end % SPAN_MS.hour < end - Date.parse(watch.judgedUntil)) {
    const hour = end - (end % SPAN_MS.hour);
    const hours = await profiles.volumes(deployment, new Date(hour - PULSE_HISTORY_MS), new Date(hour), SPAN_MS.hour);
    concerns.push('freshness');
    findings.push(...silence(hours, hour, alphaOf('freshness', SPAN_MS.hour, falseAlarmsAYear) / FRESHNESS_TESTS));
    spans = hours.length > 0 ? hours : spans;
  }
  const judged: JudgedWindow = {
    deployment,
    ...lastOf(spans),
    window: { from: new Date(end - EVERY_MS).toISOString(), to: new Date(end).toISOString() },
    series,
    concerns,
    findings,
    memory: JSON.stringify(slo?.objectives ?? []),
  };
  return (await alerts.step(judged, hearers, now)) === undefined ? undefined : judged;
};
