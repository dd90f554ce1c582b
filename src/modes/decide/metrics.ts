/** What decisions tell Prometheus. docs/DECIDE.md lists the names; a test holds the two together. */
import type { Registry } from 'prom-client';
import type { AssignedPartition, UnreadPartition } from '../../brokers/broker.ts';
import type { Count, Family } from '../../metrics/metric.ts';
import { keep, type Shown, show } from '../../metrics/table.ts';
import type { Collected } from './collect.ts';
import type { Delivered } from './deliver.ts';
import type { Folded } from './fold.ts';

export type Stage = 'collect' | 'join' | 'webhook';

/** Where the figures that are only read come from. */
export interface WatchedDecide {
  readonly deployment: string;
  readonly partitions: () => readonly (readonly [Stage, AssignedPartition])[];
  /** Partitions that no process has. */
  readonly unread: () => readonly (readonly [Stage, UnreadPartition])[];
  readonly waiting: () => number;
  readonly ready: () => boolean;
}

export interface DecideMetrics {
  collected(deployment: string, collected: Collected): void;
  /** @param now in milliseconds since the epoch, as the times of what was folded */
  folded(deployment: string, folded: Folded, now: number): void;
  delivered(deployment: string, delivered: Delivered): void;
  troubled(deployment: string): void;
  /** Starts to show figures that are read when somebody looks; the returned function ends it. */
  watch(watched: WatchedDecide): () => void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const kept = {
  events: {
    counter: 'millrace_decide_events_total',
    help: 'Events of the parts by outcome: collected, filtered, or the code of the problem for which one became a dead letter.',
    labels: ['deployment', 'outcome'],
  },
  records: {
    counter: 'millrace_decide_records_total',
    help: 'What was read of the inbox by outcome: joined, late, closed, dropped, stale.',
    labels: ['deployment', 'outcome'],
  },
  decisions: {
    counter: 'millrace_decide_decisions_total',
    help: 'Decisions by name and by why they were made.',
    labels: ['deployment', 'decision', 'because'],
  },
  undecided: {
    counter: 'millrace_decide_undecided_total',
    help: 'Keys for which no rule held.',
    labels: ['deployment'],
  },
  failed: {
    counter: 'millrace_decide_failed_total',
    help: 'Keys that could not be decided, by the code of the problem.',
    labels: ['deployment', 'code'],
  },
  calls: {
    counter: 'millrace_decide_webhooks_total',
    help: 'Calls by outcome: delivered, failed.',
    labels: ['deployment', 'outcome'],
  },
  troubles: {
    counter: 'millrace_decide_troubles_total',
    help: 'What went wrong and was tried again.',
    labels: ['deployment'],
  },
  latency: {
    histogram: 'millrace_decide_latency_seconds',
    help: 'From the record that made a key ripe to the commit of its decision.',
    labels: ['deployment'],
    bounds: SECONDS,
  },
} as const;

/** A value for each of these partitions, by the stage that reads it. */
const byPartition = (
  deployment: string,
  partitions: readonly (readonly [Stage, UnreadPartition])[],
  value: (partition: UnreadPartition) => number,
) =>
  partitions.map(([stage, one]) => ({
    labels: { deployment, stage, topic: one.topic, partition: String(one.partition) },
    value: value(one),
  }));

const shown: readonly Shown<WatchedDecide>[] = [
  {
    gauge: 'millrace_decide_waiting_keys',
    help: 'Keys that wait for parts, of the partitions at work here.',
    read: ({ deployment, waiting }) => [{ labels: { deployment }, value: waiting() }],
  },
  {
    gauge: 'millrace_decide_lag',
    help: 'Events that are not taken yet, by stage: collect, join, webhook; also where no process has the partition.',
    // One that has just come here may stand in both lists.
    how: 'max',
    read: ({ deployment, unread, partitions }) =>
      byPartition(deployment, [...unread(), ...partitions()], ({ lag }) => lag),
  },
  {
    gauge: 'millrace_decide_unread',
    help: '1 for each partition that no process has, by stage.',
    read: ({ deployment, unread }) => byPartition(deployment, unread(), () => 1),
  },
  {
    gauge: 'millrace_decide_ready',
    help: '1 when the deployment is in its groups and advances.',
    read: ({ deployment, ready }) => [{ labels: { deployment }, value: Number(ready()) }],
  },
];

/** One set of metrics for all decide deployments of a process. */
export const createDecideMetrics = (registry: Registry): DecideMetrics => {
  const metrics = keep(registry, kept);
  const add = (counts: Family<Count>, amount: number, ...labels: readonly string[]): void => {
    if (amount > 0) counts.child(...labels).value += amount;
  };
  return {
    collected: (deployment, { collected, filtered, dead }) => {
      for (const [outcome, count] of [['collected', collected], ['filtered', filtered], ...dead] as const) {
        add(metrics.events, count, deployment, outcome);
      }
    },
    folded: (deployment, { outcomes, decisions, undecided, dead }, now) => {
      for (const [outcome, count] of outcomes) add(metrics.records, count, deployment, outcome);
      for (const { decision, at } of decisions) {
        add(metrics.decisions, 1, deployment, decision.decision, decision.because);
        metrics.latency.child(deployment).observe(Math.max(0, now - at) / 1000);
      }
      add(metrics.undecided, undecided, deployment);
      for (const [code, count] of dead) add(metrics.failed, count, deployment, code);
    },
    delivered: (deployment, { delivered, failed }) => {
      add(metrics.calls, delivered, deployment, 'delivered');
      add(metrics.calls, failed.length, deployment, 'failed');
    },
    troubled: (deployment) => add(metrics.troubles, 1, deployment),
    watch: show(registry, shown),
  };
};
