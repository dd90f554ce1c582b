/** How right watched deployments were: looked at, and judged as labels come. */
import type { Hearers } from '../monitor/alerts/alerts.ts';
import type { JudgedWindow } from '../monitor/alerts/finding.ts';
import { SPAN_MS } from '../monitor/profiles/profiles.ts';
import type { KeptPerformance } from '../monitor/watch/performance.ts';
import type { WatchOptions } from '../monitor/watch/watch.ts';
import type { Resources } from '../resources/resources.ts';
import { labelsWaitMs } from './labelling/settings.ts';
import { performanceWorld } from './performance.ts';
import { watchPerformance } from './performance-watch.ts';
import { watchedSettings } from './watched.ts';

export interface PerformanceLooks {
  /** The last window that has labels, else the last one that is recorded. @throws STORE_FAILED */
  last(deployment: string): Promise<KeptPerformance | undefined>;
  /** Windows that end after `since`, the first one first. @throws STORE_FAILED */
  list(deployment: string, since: Date): Promise<readonly KeptPerformance[]>;
  /** Judges the windows whose labels are there. @throws STORE_FAILED */
  check(options: Omit<WatchOptions, 'hearers'>, hearers: Hearers): Promise<readonly JudgedWindow[]>;
}

/** How far back `last` looks for a window that has labels, in milliseconds. */
const LABELS_MS = 60 * SPAN_MS.day;

export const openPerformanceLooks = async (resources: Resources): Promise<PerformanceLooks> => {
  const { project, clock } = resources;
  const { performances, alerts, accepted } = await resources.watches();
  const list = async (deployment: string, since: Date): Promise<readonly KeptPerformance[]> =>
    (await performances.list(deployment, since)).map(({ performance }) => performance);
  return {
    list,
    async last(deployment) {
      const found = await list(deployment, new Date(clock().getTime() - LABELS_MS));
      return found.findLast(({ labelled }) => labelled > 0) ?? found.at(-1);
    },
    async check(options, hearers) {
      const { deployment, window, falseAlarmsAYear } = options;
      const { slices, quantile, tolerance } = watchedSettings(project, deployment) ?? {};
      const waitMs = labelsWaitMs(project, deployment);
      const own = await performanceWorld(resources, deployment);
      const world = { ...own, labels: await resources.labels(), performances, alerts, accepted };
      const asked = { deployment, window, falseAlarmsAYear, slices, quantile, tolerance, waitMs, hearers };
      return watchPerformance(asked, world, clock());
    },
  };
};
