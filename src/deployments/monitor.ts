/** What watches the deployments of a project: judges windows that are over, tells channels, and says how all of it stands. */
import type { Channel } from '../channels/channel.ts';
import { deliverDue } from '../channels/delivery.ts';
import { openChannel } from '../channels/open.ts';
import { fail, type Problem } from '../core/errors.ts';
import { zoneOf } from '../core/zone.ts';
import type { Alerts, LeftMessage } from '../monitor/alerts/alerts.ts';
import type { JudgedWindow, TimeSpan } from '../monitor/alerts/finding.ts';
import { LEAST_ROWS } from '../monitor/drift/budget.ts';
import { joinWindows } from '../monitor/drift/strata.ts';
import { readReference } from '../monitor/profile/reference.ts';
import { type Profiles, SPAN_MS } from '../monitor/profiles/profiles.ts';
import { objectivesOf } from '../monitor/slo/objectives.ts';
import type { Accepted } from '../monitor/watch/accepted.ts';
import { pulseOf, readPulse, watchPulse } from '../monitor/watch/pulse.ts';
import type {
  MonitorCheck,
  ShownReaction,
  Standing,
  WatchedDeployment,
  WatchedJudgement,
} from '../monitor/watch/standing.ts';
import { lastEnd, type SeenWindow, type WatchOptions, watchDeployment } from '../monitor/watch/watch.ts';
import type { Project } from '../project/project.ts';
import { type CarriedOut, carryOut } from '../reactions/carry-out.ts';
import type { AlertReaction } from '../reactions/reaction.ts';
import { findAnswerer } from '../resources/answerer.ts';
import type { Resources } from '../resources/resources.ts';
import { hearersOf } from './hearers.ts';
import { judgedProfiles } from './judged-profiles.ts';
import { openLooks } from './looks.ts';
import { openPerformanceLooks, type PerformanceLooks } from './performance-looks.ts';
import { reactionsOf } from './reacting.ts';
import { repeatsOf } from './repeats.ts';
import { watchedNames, watchedSettings } from './watched.ts';

export interface Monitor extends Standing {
  /** Judges what is over, and tells channels what is due. Any number of processes may do so at once. @throws STORE_FAILED; BAD_PROJECT */
  check(signal: AbortSignal): Promise<MonitorCheck>;
  /** Carries out the reactions that are due, to their ends. Any number of processes may do so at once. @throws STORE_FAILED; BAD_PROJECT */
  react(signal: AbortSignal): Promise<readonly CarriedOut[]>;
}

/** How far back `list` looks for the last window, in milliseconds. */
const LIST_MS = 7 * SPAN_MS.day;

/** What was done of itself, the latest ones. */
const MOST_REACTIONS = 50;

const optionsOf = (project: Project, deployment: string): Omit<WatchOptions, 'hearers'> => {
  const settings = watchedSettings(project, deployment);
  if (settings === undefined) {
    throw fail('BAD_PROJECT', `The deployment '${deployment}' is not watched`, {
      expected: 'a service, stream or batch deployment of millrace.yaml, without monitor: false',
      got: deployment,
    });
  }
  const { window = 'day', compare_with: compareWith = 'training', zone, false_alarms, least_effect } = settings;
  return {
    deployment,
    window,
    compareWith,
    isStream: project.mode(deployment) === 'stream',
    zone: zone === undefined ? undefined : zoneOf(zone),
    falseAlarmsAYear: false_alarms,
    leastEffect: least_effect,
  };
};

const pulseOptionsOf = (project: Project, deployment: string) => {
  const { slo = {}, false_alarms } = watchedSettings(project, deployment) ?? {};
  return { deployment, objectives: objectivesOf(slo), falseAlarmsAYear: false_alarms };
};

/** What a judged window says as the store has it. */
const seenOf = (judged: JudgedWindow): WatchedJudgement => ({ ...judged, seen: judged.seen as SeenWindow });

const shownReaction = (
  { channel, message, tries, arrivedAt, outcome, problem }: LeftMessage,
  reactions: readonly AlertReaction[],
): ShownReaction => ({
  what: reactions.find((reaction) => reaction.channel === channel)?.what ?? channel,
  id: message.id,
  at: message.at,
  alerts: message.alerts.map(({ fingerprint }) => fingerprint),
  tries,
  arrivedAt,
  outcome,
  problem,
});

/** The last windows of the package that answered last, as one. @throws MillraceError NOT_FOUND when they have too few rows */
const lastWindows = async (
  profiles: Pick<Profiles, 'windows'>,
  { deployment, window: span }: Pick<WatchOptions, 'deployment' | 'window'>,
  count: number,
  now: Date,
): Promise<Pick<Accepted, 'digest' | 'window' | 'profile'>> => {
  const windowMs = SPAN_MS[span];
  const end = lastEnd(now, windowMs);
  const [from, to] = [new Date(end - count * windowMs), new Date(end)];
  const window: TimeSpan = { from: from.toISOString(), to: to.toISOString() };
  const spans = await profiles.windows(deployment, from, to, windowMs);
  const digest = spans.at(-1)?.digest;
  const profile = joinWindows(spans.filter((one) => one.digest === digest));
  if (digest !== undefined && profile.rows >= LEAST_ROWS) return { digest, window, profile };
  throw fail('NOT_FOUND', `There are too few rows to be the new normal of ${deployment}`, {
    expected: `at least ${LEAST_ROWS} rows from ${window.from} to ${window.to}; --windows takes more of them`,
    got: `${profile.rows} rows`,
  });
};

const standingOf =
  (alerts: Alerts, right: PerformanceLooks, clock: () => Date) =>
  async (deployment: string): Promise<WatchedDeployment> => {
    const since = new Date(clock().getTime() - LIST_MS);
    const [windows, firing, [latest], pulse, performance] = await Promise.all([
      alerts.judged(deployment, since),
      alerts.list({ deployment }),
      alerts.list({ deployment, all: true, most: 1 }),
      alerts.watch(pulseOf(deployment)),
      right.last(deployment),
    ]);
    const last = windows.at(-1);
    const slo = readPulse(pulse?.memory);
    const now = { deployment, last: last && seenOf(last), firing, lastAlarmAt: latest?.started_at, slo };
    return performance === undefined ? now : { ...now, performance };
  };

/** The channels of the project, each opened once. @throws BAD_PROJECT */
const createChannels = ({ project, env }: Resources): (() => Promise<ReadonlyMap<string, Channel>>) => {
  const channels = new Map<string, Channel>();
  return async () => {
    for (const name of project.channelNames) {
      if (channels.has(name)) continue;
      channels.set(name, await openChannel(project.channel(name), { folder: project.folder, env }));
    }
    return channels;
  };
};

export const openMonitor = async (resources: Resources): Promise<Monitor> => {
  const { project, clock, profiles: openProfiles } = resources;
  const [profiles, { alerts, accepted }] = await Promise.all([openProfiles(), resources.watches()]);
  const names = watchedNames(project);
  const opened = createChannels(resources);
  const right = await openPerformanceLooks(resources);
  const list = standingOf(alerts, right, clock);
  const judgedOnes = judgedProfiles(resources, profiles);
  const world = (deployment: string) => ({
    profiles: judgedOnes,
    alerts,
    accepted,
    repeatsIn: (span: TimeSpan) => repeatsOf(resources, deployment, span),
    referenceOf: async (served: { readonly model: string; readonly digest: string }) =>
      readReference((await findAnswerer(resources, { deployment, ...served }))?.files.get('profile.json')),
  });

  return {
    names,
    ...openLooks(resources, {
      profiles,
      accepted,
      repeatsIn: (deployment) => world(deployment).repeatsIn,
      optionsOf: (deployment) => optionsOf(project, deployment),
      objectivesOf: (deployment) => pulseOptionsOf(project, deployment).objectives,
    }),
    async check(signal) {
      const judged: JudgedWindow[] = [];
      for (const name of names) {
        signal.throwIfAborted();
        const hearers = hearersOf(project, name, reactionsOf(resources, alerts, name));
        judged.push(...(await watchDeployment({ ...optionsOf(project, name), hearers }, world(name), clock())));
        judged.push(...(await right.check(optionsOf(project, name), hearers)));
        const pulse = await watchPulse({ ...pulseOptionsOf(project, name), hearers }, { profiles, alerts }, clock());
        if (pulse !== undefined && pulse.findings.length > 0) judged.push(pulse);
      }
      const missed: MonitorCheck['missed'][number][] = [];
      const onMissed = (channel: string, problem: Problem): void => void missed.push({ channel, problem });
      const { arrived } = await deliverDue({ alerts, channels: await opened(), onMissed, now: clock }, signal);
      return { judged, arrived, missed };
    },
    react: async (signal) => {
      const reactions = names.flatMap((name) => reactionsOf(resources, alerts, name));
      return carryOut({ alerts, reactions, now: clock }, signal);
    },
    list: () => Promise.all(names.map(list)),
    async show(deployment, since) {
      optionsOf(project, deployment);
      const reactions = reactionsOf(resources, alerts, deployment);
      const [state, windows, performances, all, history, left] = await Promise.all([
        list(deployment),
        alerts.judged(deployment, since),
        right.list(deployment, since),
        alerts.list({ deployment, all: true }),
        accepted.history(deployment),
        alerts.left(
          reactions.map(({ channel }) => channel),
          MOST_REACTIONS,
        ),
      ]);
      const shown = { reactions: left.map((one) => shownReaction(one, reactions)), performances, accepted: history };
      return { ...state, ...shown, windows: windows.map(seenOf), alerts: all };
    },
    acknowledge: (id, { by, why }) => alerts.acknowledge(id, { by, why, at: clock().toISOString() }),
    async accept(deployment, windows, { by, why }) {
      const { digest, window, profile } = await lastWindows(profiles, optionsOf(project, deployment), windows, clock());
      return accepted.add({ deployment, digest, at: clock().toISOString(), by, why, window, profile });
    },
  };
};
