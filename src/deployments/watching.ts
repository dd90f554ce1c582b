/** Watches deployments for as long as they are at work here: windows are judged as they end, and channels told. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import { type Problem, problemOf } from '../core/errors.ts';
import { gauge } from '../metrics/metric.ts';
import type { JudgedWindow } from '../monitor/alerts/finding.ts';
import type { WatchedDeployment } from '../monitor/watch/standing.ts';
import type { CarriedOut } from '../reactions/carry-out.ts';
import type { LabellingNews } from './labelling/at-work.ts';
import type { Monitor } from './monitor.ts';

/** What the watch tells. */
export type WatchNews =
  | LabellingNews
  | { readonly what: 'judged'; readonly judged: JudgedWindow }
  | { readonly what: 'missed'; readonly channel: string; readonly problem: Problem }
  /** A reaction was carried out, or could not be. */
  | { readonly what: 'reacted'; readonly carried: CarriedOut }
  /** It could not look; it looks again. */
  | { readonly what: 'trouble'; readonly problem: Problem };

export interface Watching {
  /** Ends what is under way, and looks no more. */
  stop(): Promise<void>;
}

/** How long it waits between two looks, in milliseconds. */
const EVERY_MS = 30_000;
/** Looks for reactions that go on at once: training takes hours, and a rollback shall not wait for it. */
const MOST_REACTING = 4;
/** Fields that figures tell of, those with the greatest effects. */
const MOST_FIELDS = 500;

/** How right deployments were in the last window that has labels, and may have been where none are known. */
const showPerformance = (registry: Registry, states: () => readonly WatchedDeployment[]): void => {
  const coverage = { name: 'millrace_label_coverage', help: 'Share of recorded predictions of a window with a label.' };
  gauge(
    registry,
    coverage,
    () =>
      states().flatMap(({ deployment, performance }) =>
        performance === undefined ? [] : [{ labels: { deployment }, value: performance.coverage }],
      ),
    'max',
  );
  const figures = { name: 'millrace_performance', help: 'Figures of a window, measured by labels or estimated.' };
  gauge(
    registry,
    figures,
    () =>
      states().flatMap(({ deployment, performance }) =>
        [
          ...(performance?.targets ?? []).map((target) => ({ ...target, kind: 'measured' })),
          ...(performance?.estimated ?? []).map((target) => ({ ...target, kind: 'estimated' })),
        ].flatMap(({ output, kind, figures: all }) =>
          all
            .filter(({ value }) => Number.isFinite(value))
            .map(({ name: metric, value }) => ({ labels: { deployment, output, metric, kind }, value })),
        ),
      ),
    'max',
  );
};

const showFigures = (registry: Registry, states: () => readonly WatchedDeployment[]): void => {
  gauge(registry, { name: 'millrace_alert_firing', help: 'Alerts that fire, by what they are about.' }, () =>
    states().flatMap(({ deployment, firing }) =>
      firing.map(({ concern }) => ({ labels: { deployment, concern }, value: 1 })),
    ),
  );
  const burn = { name: 'millrace_slo_burn_rate', help: 'How many times too fast the budget of an objective goes.' };
  gauge(
    registry,
    burn,
    () =>
      states().flatMap(({ deployment, slo }) =>
        slo.flatMap(({ objective, rates }) =>
          rates.map(({ window, rate }) => ({ labels: { deployment, objective, window }, value: rate })),
        ),
      ),
    'max',
  );
  type Figure = readonly [field: string, value: number];
  const byField = (name: string, help: string, of: (state: WatchedDeployment) => readonly Figure[]): void =>
    gauge(
      registry,
      { name, help },
      () =>
        states()
          .flatMap((state) =>
            of(state).map(([field, value]) => ({ labels: { deployment: state.deployment, field }, value })),
          )
          .toSorted((a, b) => b.value - a.value)
          .slice(0, MOST_FIELDS),
      'max',
    );
  byField('millrace_drift_effect', "Cohen's w of a field in the last window, about in sd.", ({ last }) =>
    (last?.seen.judgement?.fields ?? []).map(({ field, effect }) => [field, effect]),
  );
  byField('millrace_missing_share', 'The share of rows of the last window in which a field is missing.', ({ last }) =>
    Object.entries(last?.seen.missing ?? {}),
  );
  const evidence = { name: 'millrace_drift_log_e', help: 'ln of the evidence of slow drift: sure from 3 on.' };
  gauge(
    registry,
    evidence,
    () =>
      states().flatMap(({ deployment, last }) =>
        last?.seen.logE === undefined ? [] : [{ labels: { deployment }, value: last.seen.logE }],
      ),
    'max',
  );
  showPerformance(registry, states);
};

export const startWatching = (
  monitor: Monitor,
  { registry, news }: { readonly registry: Registry; readonly news: (news: WatchNews) => void },
): Watching => {
  const stopping = new AbortController();
  let states: readonly WatchedDeployment[] = [];
  showFigures(registry, () => states);
  const reacting = new Set<Promise<void>>();
  const react = async (): Promise<void> => {
    try {
      for (const carried of await monitor.react(stopping.signal)) news({ what: 'reacted', carried });
    } catch (error) {
      if (!stopping.signal.aborted) news({ what: 'trouble', problem: problemOf(error) });
    }
  };
  const startReacting = (): void => {
    if (reacting.size >= MOST_REACTING) return;
    const one = react().finally(() => reacting.delete(one));
    reacting.add(one);
  };
  const look = async (): Promise<void> => {
    try {
      const { judged, missed } = await monitor.check(stopping.signal);
      for (const one of judged) news({ what: 'judged', judged: one });
      for (const one of missed) news({ what: 'missed', ...one });
      startReacting();
      states = await monitor.list();
    } catch (error) {
      if (!stopping.signal.aborted) news({ what: 'trouble', problem: problemOf(error) });
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look();
      await sleep(EVERY_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all([running, ...reacting]);
    },
  };
};
