/** What watches the deployments of a project: judges windows that are over, tells channels, and says how all of it stands. */

import type { Channel } from '../channels/channel.ts';
import { deliverDue } from '../channels/delivery.ts';
import { openChannel } from '../channels/open.ts';
import { fail, type Problem } from '../core/errors.ts';
import { zoneOf } from '../core/zone.ts';
import type { Alert } from '../monitor/alerts/alert.ts';
import type { JudgedWindow, TimeSpan } from '../monitor/alerts/finding.ts';
import { LEAST_ROWS } from '../monitor/drift/budget.ts';
import { joinWindows } from '../monitor/drift/strata.ts';
import { readReference } from '../monitor/profile/reference.ts';
import { type Profiles, SPAN_MS } from '../monitor/profiles/profiles.ts';
import type { Accepted } from '../monitor/watch/accepted.ts';
import { lastEnd, type SeenWindow, type WatchOptions, watchDeployment } from '../monitor/watch/watch.ts';
import type { Project } from '../project/project.ts';
import { findAnswerer } from '../resources/answerer.ts';
import type { Resources } from '../resources/resources.ts';
import { watchedNames, watchedSettings } from './watched.ts';

/** A window as it was judged, with what was seen in it. */
export interface WatchedJudgement extends JudgedWindow {
  readonly seen: SeenWindow;
}

/** How a deployment stands. */
export interface WatchedDeployment {
  readonly deployment: string;
  /** Undefined before a window of it was judged. */
  readonly last: WatchedJudgement | undefined;
  /** Alerts that fire, the latest first. */
  readonly firing: readonly Alert[];
}

export interface ShownDeployment extends WatchedDeployment {
  /** Windows that were judged, the first one first. */
  readonly windows: readonly WatchedJudgement[];
  /** Alerts that fired or fire, the latest first. */
  readonly alerts: readonly Alert[];
  readonly accepted: readonly Accepted[];
}

export interface MonitorCheck {
  readonly judged: readonly JudgedWindow[];
  /** Messages that arrived, and that did not. */
  readonly arrived: number;
  readonly missed: readonly { readonly channel: string; readonly problem: Problem }[];
}

/** Who says it, and why. */
export interface SaidBy {
  readonly by: string;
  readonly why?: string | undefined;
}

export interface Monitor {
  /** The deployments that are watched. */
  readonly names: readonly string[];
  /** Judges what is over, and tells channels what is due. Any number of processes may do so at once. @throws STORE_FAILED; BAD_PROJECT */
  check(signal: AbortSignal): Promise<MonitorCheck>;
  list(): Promise<readonly WatchedDeployment[]>;
  /** @throws BAD_PROJECT for a deployment that is not watched */
  show(deployment: string, since: Date): Promise<ShownDeployment>;
  /** @throws NOT_FOUND when no alert of this id or fingerprint fires */
  acknowledge(id: string, said: SaidBy): Promise<Alert>;
  /**
   * Makes the last windows of a deployment the new normal, until another package answers.
   *
   * @param windows how many of the last ones
   * @throws NOT_FOUND when they have too few rows; BAD_PROJECT for a deployment that is not watched
   */
  accept(deployment: string, windows: number, said: Required<SaidBy>): Promise<Accepted>;
}

/** How far back `list` looks for the last window, in milliseconds. */
const LIST_MS = 7 * SPAN_MS.day;

const optionsOf = (project: Project, deployment: string): WatchOptions => {
  const settings = watchedSettings(project, deployment);
  if (settings === undefined) {
    throw fail('BAD_PROJECT', `The deployment '${deployment}' is not watched`, {
      expected: 'a service or stream of millrace.yaml, without monitor: false',
      got: deployment,
    });
  }
  const { window = 'day', compare_with: compareWith = 'training', zone, false_alarms, least_effect, tell } = settings;
  const names = tell ?? project.channelNames;
  for (const name of names) if (!project.channelNames.includes(name)) project.channel(name);
  return {
    deployment,
    window,
    compareWith,
    zone: zone === undefined ? undefined : zoneOf(zone),
    falseAlarmsAYear: false_alarms,
    leastEffect: least_effect,
    channelsOf: () => names,
  };
};

/** What a judged window says as the store has it. */
const seenOf = (judged: JudgedWindow): WatchedJudgement => ({ ...judged, seen: judged.seen as SeenWindow });

/** The last windows of the package that answered last, as one. @throws MillraceError NOT_FOUND when they have too few rows */
const lastWindows = async (
  profiles: Pick<Profiles, 'windows'>,
  { deployment, window: span }: WatchOptions,
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

export const openMonitor = async (resources: Resources): Promise<Monitor> => {
  const { project, clock, env, profiles: openProfiles } = resources;
  const [profiles, { alerts, accepted }] = await Promise.all([openProfiles(), resources.watches()]);
  const names = watchedNames(project);
  const channels = new Map<string, Channel>();
  const opened = async (): Promise<ReadonlyMap<string, Channel>> => {
    for (const name of project.channelNames) {
      if (channels.has(name)) continue;
      channels.set(name, await openChannel(project.channel(name), { folder: project.folder, env }));
    }
    return channels;
  };
  const list = async (deployment: string): Promise<WatchedDeployment> => {
    const since = new Date(clock().getTime() - LIST_MS);
    const [windows, firing] = await Promise.all([alerts.judged(deployment, since), alerts.list({ deployment })]);
    const last = windows.at(-1);
    return { deployment, last: last && seenOf(last), firing };
  };
  const world = (deployment: string) => ({
    profiles,
    alerts,
    accepted,
    referenceOf: async (served: { readonly model: string; readonly digest: string }) => {
      const found = await findAnswerer(resources, { deployment, ...served });
      return readReference(found?.files.get('profile.json'));
    },
  });

  return {
    names,
    async check(signal) {
      const judged: JudgedWindow[] = [];
      for (const name of names) {
        signal.throwIfAborted();
        judged.push(...(await watchDeployment(optionsOf(project, name), world(name), clock())));
      }
      const missed: MonitorCheck['missed'][number][] = [];
      const onMissed = (channel: string, problem: Problem): void => void missed.push({ channel, problem });
      const { arrived } = await deliverDue({ alerts, channels: await opened(), onMissed, now: clock }, signal);
      return { judged, arrived, missed };
    },
    list: () => Promise.all(names.map(list)),
    async show(deployment, since) {
      optionsOf(project, deployment);
      const [state, windows, all, history] = await Promise.all([
        list(deployment),
        alerts.judged(deployment, since),
        alerts.list({ deployment, all: true }),
        accepted.history(deployment),
      ]);
      return { ...state, windows: windows.map(seenOf), alerts: all, accepted: history };
    },
    acknowledge: (id, { by, why }) => alerts.acknowledge(id, { by, why, at: clock().toISOString() }),
    async accept(deployment, windows, { by, why }) {
      const { digest, window, profile } = await lastWindows(profiles, optionsOf(project, deployment), windows, clock());
      return accepted.add({ deployment, digest, at: clock().toISOString(), by, why, window, profile });
    },
  };
};
