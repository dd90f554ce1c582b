/** What decisions tell Prometheus. docs/DECIDE.md lists the names; a test holds the two together. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { AssignedPartition, UnreadPartition } from '../../brokers/broker.ts';
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

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** One set of metrics for all decide deployments of a process. */
export const createDecideMetrics = (registry: Registry): DecideMetrics => {
  const watched = new Set<WatchedDecide>();
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Counter({ name, help, labelNames, registers });
  const events = counter(
    'millrace_decide_events_total',
    'Events of the parts by outcome: collected, filtered, or the code of the problem for which one became a dead letter.',
    ['deployment', 'outcome'],
  );
  const records = counter(
    'millrace_decide_records_total',
    'What was read of the inbox by outcome: joined, late, closed, dropped, stale.',
    ['deployment', 'outcome'],
  );
  const decisions = counter('millrace_decide_decisions_total', 'Decisions by name and by why they were made.', [
    'deployment',
    'decision',
    'because',
  ]);
  const undecided = counter('millrace_decide_undecided_total', 'Keys for which no rule held.', ['deployment']);
  const failed = counter(
    'millrace_decide_failed_total',
    'Keys that could not be decided, by the code of the problem.',
    ['deployment', 'code'],
  );
  const calls = counter('millrace_decide_webhooks_total', 'Calls by outcome: delivered, failed.', [
    'deployment',
    'outcome',
  ]);
  const troubles = counter('millrace_decide_troubles_total', 'What went wrong and was tried again.', ['deployment']);
  const latency = new Histogram({
    name: 'millrace_decide_latency_seconds',
    help: 'From the record that made a key ripe to the commit of its decision.',
    labelNames: ['deployment'],
    buckets: seconds,
    registers,
  });
  new Gauge({
    name: 'millrace_decide_waiting_keys',
    help: 'Keys that wait for parts, of the partitions at work here.',
    labelNames: ['deployment'],
    registers,
    collect() {
      this.reset();
      for (const { deployment, waiting } of watched) this.set({ deployment }, waiting());
    },
  });
  new Gauge({
    name: 'millrace_decide_lag',
    help: 'Events that are not taken yet, by stage: collect, join, webhook; also where no process has the partition.',
    labelNames: ['deployment', 'stage', 'topic', 'partition'],
    registers,
    collect() {
      this.reset();
      for (const { deployment, partitions, unread } of watched) {
        for (const [stage, { topic, partition, lag }] of [...unread(), ...partitions()]) {
          this.set({ deployment, stage, topic, partition: String(partition) }, lag);
        }
      }
    },
  });
  new Gauge({
    name: 'millrace_decide_unread',
    help: '1 for each partition that no process has, by stage.',
    labelNames: ['deployment', 'stage', 'topic', 'partition'],
    registers,
    collect() {
      this.reset();
      for (const { deployment, unread } of watched) {
        for (const [stage, { topic, partition }] of unread()) {
          this.set({ deployment, stage, topic, partition: String(partition) }, 1);
        }
      }
    },
  });
  new Gauge({
    name: 'millrace_decide_ready',
    help: '1 when the deployment is in its groups and advances.',
    labelNames: ['deployment'],
    registers,
    collect() {
      this.reset();
      for (const { deployment, ready } of watched) this.set({ deployment }, Number(ready()));
    },
  });

  return {
    collected: (deployment, { collected, filtered, dead }) => {
      for (const [outcome, count] of [['collected', collected], ['filtered', filtered], ...dead] as const) {
        if (count > 0) events.inc({ deployment, outcome }, count);
      }
    },
    folded: (deployment, folded, now) => {
      for (const [outcome, count] of folded.outcomes) records.inc({ deployment, outcome }, count);
      for (const { decision, at } of folded.decisions) {
        decisions.inc({ deployment, decision: decision.decision, because: decision.because });
        latency.observe({ deployment }, Math.max(0, now - at) / 1000);
      }
      if (folded.undecided > 0) undecided.inc({ deployment }, folded.undecided);
      for (const [code, count] of folded.dead) failed.inc({ deployment, code }, count);
    },
    delivered: (deployment, { delivered, failed: refused }) => {
      if (delivered > 0) calls.inc({ deployment, outcome: 'delivered' }, delivered);
      if (refused.length > 0) calls.inc({ deployment, outcome: 'failed' }, refused.length);
    },
    troubled: (deployment) => troubles.inc({ deployment }),
    watch: (one) => {
      watched.add(one);
      return () => watched.delete(one);
    },
  };
};
