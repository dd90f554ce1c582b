/**
 * Plays over recorded hours what is else looked at every five minutes: what is promised, and whether rows come. Older minutes are kept
 * as hours, so that a window shorter than an hour is the hour that it lies in.
 */
import type { Concern, JudgedWindow } from '../alerts/finding.ts';
import { alphaOf, FRESHNESS_TESTS } from '../drift/budget.ts';
import { mergeTraffic, type Traffic } from '../profile/traffic.ts';
import { type Profiles, SPAN_MS, type SpanTraffic, type SpanVolume } from '../profiles/profiles.ts';
import { silence } from '../quality/silence.ts';
import { judgeSlo, SLO_MS } from '../slo/burn-rates.ts';
import { lastOf, PULSE_HISTORY_MS, type PulseOptions, pulseOf } from './pulse.ts';

const HOUR_MS = SPAN_MS.hour;
const hourOf = (at: string): number => Date.parse(at) - (Date.parse(at) % HOUR_MS);

interface HourTraffic {
  readonly at: string;
  readonly traffic: Traffic | undefined;
}

/** What happened in each hour, whoever answered. */
const hoursOf = (spans: readonly SpanTraffic[]): readonly HourTraffic[] =>
  [...Map.groupBy(spans, ({ at }) => hourOf(at))].map(([at, some]) => ({
    at: new Date(at).toISOString(),
    traffic: some.reduce<Traffic | undefined>((all, { traffic }) => mergeTraffic(all, traffic), undefined),
  }));

/** Those between two times; they are in the order of time. */
const within = <Span extends { readonly at: string }>(spans: readonly Span[], from: number, to: number): Span[] => {
  const [since, until] = [new Date(from).toISOString(), new Date(to).toISOString()];
  return spans.filter(({ at }) => at >= since && at < until);
};

/**
 * @returns what each hour of a span says, one after another, in milliseconds since the epoch
 * @throws MillraceError STORE_FAILED
 */
export const openPulses = async (
  { deployment, objectives, falseAlarmsAYear }: Omit<PulseOptions, 'hearers'>,
  profiles: Pick<Profiles, 'traffic' | 'volumes'>,
  [from, end]: readonly [number, number],
): Promise<(from: number, to: number) => readonly JudgedWindow[]> => {
  const kept = objectives.length === 0 ? [] : await profiles.traffic(deployment, new Date(from - SLO_MS));
  const hours = hoursOf(kept.filter(({ span }) => span !== 'day'));
  const since = new Date(from - PULSE_HISTORY_MS);
  const volumes: readonly SpanVolume[] = await profiles.volumes(deployment, since, new Date(end), HOUR_MS);
  const alpha = alphaOf('freshness', HOUR_MS, falseAlarmsAYear) / FRESHNESS_TESTS;
  const concerns: readonly Concern[] = objectives.length === 0 ? ['freshness'] : ['slo', 'freshness'];
  const lookAt = (at: number): JudgedWindow => {
    const came = within(volumes, at - PULSE_HISTORY_MS, at);
    const slo = judgeSlo(objectives, within(hours, at - SLO_MS, at), at, HOUR_MS);
    return {
      deployment,
      ...lastOf(came),
      window: { from: new Date(at - HOUR_MS).toISOString(), to: new Date(at).toISOString() },
      series: pulseOf(deployment),
      concerns,
      findings: [...slo.findings, ...silence(came, at, alpha)],
    };
  };
  const [first] = volumes;
  return (begin, to) => {
    const ends: number[] = [];
    for (let at = begin - (begin % HOUR_MS) + HOUR_MS; at <= to; at += HOUR_MS) ends.push(at);
    return ends.filter((at) => first !== undefined && Date.parse(first.at) < at).map(lookAt);
  };
};
