/** Plays how right a deployment was as labels told it then: nothing is taken down. */
import type { TimeSpan } from '../monitor/alerts/finding.ts';
import { type LabelledHour, type Labelling, NO_LABELS } from '../monitor/labels/labels.ts';
import { SPAN_MS } from '../monitor/profiles/profiles.ts';
import type { KeptPerformance } from '../monitor/watch/performance.ts';
import type { Performances, StoredPerformance } from '../monitor/watch/performances.ts';
import type { RehearsedMoment, RehearseWorld } from '../monitor/watch/rehearse.ts';
import type { WatchOptions } from '../monitor/watch/watch.ts';
import type { Resources } from '../resources/resources.ts';
import { performanceWorld } from './performance.ts';
import { type PerformanceWatchWorld, watchPerformance } from './performance-watch.ts';
import { watchedSettings } from './watched.ts';

/** Performances in memory. */
const createPerformances = () => {
  const kept = new Map<string, StoredPerformance>();
  const performances: Performances = {
    async put(_, window, performance, now) {
      const judgedAt = kept.get(window.to)?.judgedAt;
      kept.set(window.to, { window, at: now.toISOString(), judgedAt, performance });
    },
    list: async (_, since) =>
      [...kept.values()]
        .filter(({ window }) => window.to > since.toISOString())
        .toSorted((a, b) => a.window.to.localeCompare(b.window.to)),
  };
  /** As the store does: what was seen stands with the last window of those that were judged together. */
  const judged = (span: TimeSpan, seen: KeptPerformance, at: Date): void => {
    for (const [to, one] of kept) {
      if (one.window.from < span.from || to > span.to) continue;
      kept.set(to, { ...one, judgedAt: at.toISOString(), performance: to === span.to ? seen : one.performance });
    }
  };
  return { performances, judged };
};

/** Labels as they were told by some time, of predictions in a span; a mark is that time. */
const labelsBy = (
  labels: Pick<Labelling, 'served' | 'answers'>,
  hours: readonly LabelledHour[],
  span: TimeSpan,
  toldBy: Date,
): PerformanceWatchWorld['labels'] => ({
  joins: async () => [],
  match: async () => ({ ...NO_LABELS, predictions: 0, keyed: 0 }),
  served: async (deployment, asked) =>
    asked.from < span.from || asked.to > span.to ? [] : labels.served(deployment, asked),
  answers: (of) => labels.answers({ ...of, toldBy }),
  async touched(_, mark, windowMs) {
    const until = toldBy.getTime();
    if (until <= mark) return { windows: [], mark };
    const since = mark - SPAN_MS.hour;
    const told = hours.filter((hour) => hour.told > since && hour.told <= until);
    const windows = new Set(told.map(({ predicted }) => predicted - (predicted % windowMs)));
    return { windows: [...windows].sort((a, b) => a - b), mark: until };
  },
});

/** What `rehearseWatch` asks to judge how right predictions were. */
export const openRehearsedPerformance =
  (resources: Resources, options: Omit<WatchOptions, 'hearers'>): NonNullable<RehearseWorld['openPerformance']> =>
  async (from, to) => {
    const { deployment, window, falseAlarmsAYear } = options;
    const { slices, quantile, tolerance } = watchedSettings(resources.project, deployment) ?? {};
    const labels = await resources.labels();
    const [own, hours] = await Promise.all([performanceWorld(resources, deployment), labels.labelledHours(deployment)]);
    const span = { from: from.toISOString(), to: to.toISOString() };
    const { performances, judged } = createPerformances();
    const hearers = { channelsOf: () => [] };
    const asked = { deployment, window, falseAlarmsAYear, slices, quantile, tolerance, hearers };
    return async ({ alerts, accepted, toldBy, now }: RehearsedMoment) => {
      const stepPerformance: RehearsedMoment['alerts']['stepPerformance'] = (one, heard, at) => {
        judged(one.window, one.seen as KeptPerformance, at);
        return alerts.stepPerformance(one, heard, at);
      };
      const world = { ...own, performances, accepted, alerts: { stepPerformance } };
      await watchPerformance(asked, { ...world, labels: labelsBy(labels, hours, span, toldBy) }, now);
    };
  };
