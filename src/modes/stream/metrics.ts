/** What streams tell Prometheus. docs/STREAM.md lists the names; a test holds the two together. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { AssignedPartition, UnreadPartition } from '../../brokers/broker.ts';

export interface Advance {
  readonly partition: Pick<AssignedPartition, 'topic' | 'partition'>;
  /** Events by outcome: predicted, filtered, skipped or passed (tombstones), or the code of a dead letter's problem. */
  readonly outcomes: Iterable<readonly [outcome: string, events: number]>;
  readonly events: number;
  /** Seconds. */
  readonly scoring: number;
  /** Seconds from the time of the oldest event to its commit. */
  readonly latency: number;
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

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const sizes = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

/** One set of metrics for all streams of a process. */
export const createStreamMetrics = (registry: Registry): StreamMetrics => {
  const watched = new Set<WatchedStream>();
  const registers = [registry];
  const place = ['deployment', 'topic', 'partition'] as const;
  const events = new Counter({
    name: 'millrace_stream_events_total',
    help: 'Events by outcome: predicted, filtered, skipped and passed (tombstones), or the code of the problem of a dead letter.',
    labelNames: [...place, 'outcome'],
    registers,
  });
  const troubles = new Counter({
    name: 'millrace_stream_troubles_total',
    help: 'What went wrong and was tried again.',
    labelNames: ['deployment'],
    registers,
  });
  const takeovers = new Counter({
    name: 'millrace_stream_takeovers_total',
    help: 'New versions that took over.',
    labelNames: ['deployment'],
    registers,
  });
  const batches = new Histogram({
    name: 'millrace_stream_batch_events',
    help: 'Events of a micro-batch.',
    labelNames: ['deployment'],
    buckets: sizes,
    registers,
  });
  const scoring = new Histogram({
    name: 'millrace_stream_scoring_seconds',
    help: 'Reading, scoring and writing one micro-batch.',
    labelNames: ['deployment'],
    buckets: seconds,
    registers,
  });
  const latency = new Histogram({
    name: 'millrace_stream_latency_seconds',
    help: 'From the time of the oldest event of a micro-batch to the commit of its prediction.',
    labelNames: ['deployment'],
    buckets: seconds,
    registers,
  });
  interface Figure extends Pick<AssignedPartition, 'topic' | 'partition'> {
    readonly value: number;
  }
  const read = (name: string, help: string, figures: (one: WatchedStream) => readonly Figure[]): void => {
    new Gauge({
      name,
      help,
      labelNames: place,
      registers,
      collect() {
        this.reset();
        for (const one of watched) {
          for (const { topic, partition, value } of figures(one)) {
            this.set({ deployment: one.deployment, topic, partition: String(partition) }, value);
          }
        }
      },
    });
  };
  const placed = <T extends Omit<Figure, 'value'>>(list: readonly T[], value: (one: T) => number): readonly Figure[] =>
    list.map((one) => ({ topic: one.topic, partition: one.partition, value: value(one) }));
  read('millrace_stream_lag', 'Events that are not predicted yet, also where no process has the partition.', (one) => [
    ...placed(one.unread(), ({ lag }) => lag),
    ...placed(one.partitions(), ({ lag }) => lag),
  ]);
  read('millrace_stream_waiting', 'Events that wait in this process.', ({ partitions }) =>
    placed(partitions(), ({ waiting }) => waiting),
  );
  read('millrace_stream_unread', '1 for each partition that no process has.', ({ unread }) =>
    placed(unread(), () => 1),
  );
  new Gauge({
    name: 'millrace_stream_ready',
    help: '1 when the deployment is in its group and advances.',
    labelNames: ['deployment'],
    registers,
    collect() {
      this.reset();
      for (const { deployment, ready } of watched) this.set({ deployment }, Number(ready()));
    },
  });
  new Gauge({
    name: 'millrace_stream_model_info',
    help: 'The version at work.',
    labelNames: ['deployment', 'model', 'version', 'digest', 'variant'],
    registers,
    collect() {
      this.reset();
      for (const { deployment, model } of watched) this.set({ deployment, ...model() }, 1);
    },
  });

  return {
    advanced: (deployment, advance) => {
      const { topic, partition } = advance.partition;
      for (const [outcome, count] of advance.outcomes) {
        if (count > 0) events.inc({ deployment, topic, partition: String(partition), outcome }, count);
      }
      if (advance.events === 0) return;
      batches.observe({ deployment }, advance.events);
      scoring.observe({ deployment }, advance.scoring);
      latency.observe({ deployment }, advance.latency);
    },
    troubled: (deployment) => troubles.inc({ deployment }),
    replaced: (deployment) => takeovers.inc({ deployment }),
    watch: (one) => {
      watched.add(one);
      return () => watched.delete(one);
    },
  };
};
