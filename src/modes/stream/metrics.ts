/** What streams tell Prometheus. docs/STREAM.md lists the names; a test holds the two together. */
import type { Registry } from 'prom-client';
import type { AssignedPartition, UnreadPartition } from '../../brokers/broker.ts';
import { keep, type Shown, show } from '../../metrics/table.ts';

export interface Advance {
  readonly partition: Pick<AssignedPartition, 'topic' | 'partition'>;
  /** What the version that answered was to the events. */
  readonly variant: string;
  /** Events by outcome: predicted, filtered, skipped or passed (tombstones), or the code of a dead letter's problem. */
  readonly outcomes: Iterable<readonly [outcome: string, events: number]>;
  /** What a shadow made of them, beside it. */
  readonly shadowed: Iterable<readonly [outcome: string, events: number]>;
  readonly events: number;
  readonly scoringMs: number;
  /** From the time of the oldest event to its commit. */
  readonly latencyMs: number;
}

/** Where the figures that are only read come from. */
export interface WatchedStream {
  readonly deployment: string;
  readonly partitions: () => readonly AssignedPartition[];
  /** Partitions that no process has. */
  readonly unread: () => readonly UnreadPartition[];
  readonly ready: () => boolean;
  readonly model: () => Readonly<Record<'model' | 'version' | 'digest' | 'variant', string>>;
}

export interface StreamMetrics {
  /** One commit. */
  advanced(deployment: string, advance: Advance): void;
  troubled(deployment: string): void;
  replaced(deployment: string): void;
  /** Starts to show figures that are read when somebody looks; the returned function ends it. */
  watch(watched: WatchedStream): () => void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const SIZES = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

const kept = {
  events: {
    counter: 'millrace_stream_events_total',
    help: 'Events by outcome: predicted, filtered, skipped and passed (tombstones), or the code of the problem of a dead letter.',
    labels: ['deployment', 'variant', 'topic', 'partition', 'outcome'],
  },
  shadowed: {
    counter: 'millrace_stream_shadow_events_total',
    help: 'Events that a shadow predicted too: same, changed, refused or answered by the shadow alone, neither, or failed.',
    labels: ['deployment', 'outcome'],
  },
  troubles: {
    counter: 'millrace_stream_troubles_total',
    help: 'What went wrong and was tried again.',
    labels: ['deployment'],
  },
  takeovers: {
    counter: 'millrace_stream_takeovers_total',
    help: 'New versions that took over.',
    labels: ['deployment'],
  },
  batches: {
    histogram: 'millrace_stream_batch_events',
    help: 'Events of a micro-batch.',
    labels: ['deployment', 'variant'],
    bounds: SIZES,
  },
  scoring: {
    histogram: 'millrace_stream_scoring_seconds',
    help: 'Reading, scoring and writing one micro-batch.',
    labels: ['deployment', 'variant'],
    bounds: SECONDS,
  },
  latency: {
    histogram: 'millrace_stream_latency_seconds',
    help: 'From the time of the oldest event of a micro-batch to the commit of its prediction.',
    labels: ['deployment', 'variant'],
    bounds: SECONDS,
  },
} as const;

/** A value for each of these partitions. */
const byPartition = <P extends Pick<AssignedPartition, 'topic' | 'partition'>>(
  deployment: string,
  partitions: readonly P[],
  value: (partition: P) => number,
) =>
  partitions.map((one) => ({
    labels: { deployment, topic: one.topic, partition: String(one.partition) },
    value: value(one),
  }));

const shown: readonly Shown<WatchedStream>[] = [
  {
    gauge: 'millrace_stream_lag',
    help: 'Events that are not predicted yet, also where no process has the partition.',
    // One that has just come here may stand in both lists.
    how: 'max',
    read: ({ deployment, unread, partitions }) =>
      byPartition<UnreadPartition>(deployment, [...unread(), ...partitions()], ({ lag }) => lag),
  },
  {
    gauge: 'millrace_stream_waiting',
    help: 'Events that wait in this process.',
    read: ({ deployment, partitions }) => byPartition(deployment, partitions(), ({ waiting }) => waiting),
  },
  {
    gauge: 'millrace_stream_unread',
    help: '1 for each partition that no process has.',
    read: ({ deployment, unread }) => byPartition(deployment, unread(), () => 1),
  },
  {
    gauge: 'millrace_stream_ready',
    help: '1 when the deployment is in its group and advances.',
    read: ({ deployment, ready }) => [{ labels: { deployment }, value: Number(ready()) }],
  },
  {
    gauge: 'millrace_stream_model_info',
    help: 'The version at work.',
    read: ({ deployment, model }) => [{ labels: { deployment, ...model() }, value: 1 }],
  },
];

/** One set of metrics for all streams of a process. */
export const createStreamMetrics = (registry: Registry): StreamMetrics => {
  const { events, shadowed, troubles, takeovers, batches, scoring, latency } = keep(registry, kept);
  return {
    advanced: (deployment, { partition: { topic, partition }, variant, outcomes, shadowed: beside, ...batch }) => {
      for (const [outcome, count] of beside) shadowed.child(deployment, outcome).value += count;
      for (const [outcome, count] of outcomes) {
        if (count > 0) events.child(deployment, variant, topic, String(partition), outcome).value += count;
      }
      if (batch.events === 0) return;
      batches.child(deployment, variant).observe(batch.events);
      scoring.child(deployment, variant).observe(batch.scoringMs / 1000);
      latency.child(deployment, variant).observe(batch.latencyMs / 1000);
    },
    troubled: (deployment) => {
      troubles.child(deployment).value++;
    },
    replaced: (deployment) => {
      takeovers.child(deployment).value++;
    },
    watch: show(registry, shown),
  };
};
