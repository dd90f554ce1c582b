import type { AssignedPartition, Broker, Membership, UnreadPartition } from '../../brokers/broker.ts';
import { createProgress } from '../../brokers/progress.ts';
import type { Problem } from '../../core/errors.ts';
import { problemOf } from '../../core/errors.ts';
import type { Scorer } from '../../core/types.ts';
import type { Leave } from '../../monitor/scored-rows.ts';
import { follow } from '../../serving/follow.ts';
import { createLive, type News } from '../../serving/live.ts';
import { STABLE } from '../../serving/route.ts';
import type { ModelSource } from '../../serving/source.ts';
import { warm } from '../../serving/warm.ts';
import type { StreamDeployment } from './deployment.ts';
import type { StreamMetrics } from './metrics.ts';
import { type Outcome, predict } from './predict.ts';
import type { Made, PredictionSink } from './prediction-sink.ts';
import { createSlots } from './slots.ts';

export interface StreamParts {
  readonly deployment: StreamDeployment;
  readonly broker: Broker;
  readonly source: ModelSource;
  readonly metrics: StreamMetrics;
  readonly sink?: PredictionSink | undefined;
  /** What keeps records of what is predicted. */
  readonly leave?: Leave | undefined;
  readonly onEvent?: (event: StreamNews) => void;
  /** How often an environment is looked at, in milliseconds. */
  readonly followEvery?: number;
}

/** What a person or a log may want to know. */
export type StreamNews =
  | { readonly kind: 'advanced'; readonly topic: string; readonly partition: number; readonly outcome: Outcome }
  | { readonly kind: 'trouble'; readonly problem: Problem; readonly error: unknown }
  | { readonly kind: 'replaced'; readonly from: string; readonly to: string };

/** A stream deployment at work. */
export interface Stream {
  readonly deployment: StreamDeployment;
  readonly model: { readonly model: string; readonly version: string; readonly digest: string };
  readonly partitions: readonly AssignedPartition[];
  /** What keeps it from being ready, in words; empty when nothing does. */
  obstacles(): readonly string[];
  /** Finishes what is under way and leaves the group. May be called twice. */
  stop(): Promise<void>;
}

const DEAD_LETTERS_KEPT_MS = 30 * 24 * 3600 * 1000;
const FOLLOW_EVERY_MS = 2000;
/** Milliseconds in which what is under way may end when a stream stops; what has not by then is done again later. */
const STOP_MS = 5000;

/** Makes the topics that are missing. Dead letters may be larger than what they are made of, by their headers. */
export const ensureTopics = async (broker: Broker, deployment: StreamDeployment): Promise<void> => {
  const { from, to, deadLetters, replay, partitions, largest } = deployment;
  const usual = partitions === undefined ? {} : { partitions };
  for (const topic of to === undefined ? from : [...from, to]) await broker.ensureTopic(topic, usual);
  const large = { partitions: 1, largest: Math.max(2 * largest, 2 * 1024 * 1024) };
  await broker.ensureTopic(deadLetters, { ...large, retention: DEAD_LETTERS_KEPT_MS });
  await broker.ensureTopic(replay, large);
};

/**
 * Puts a deployment to work. What goes wrong later is told as news and tried again.
 *
 * @throws MillraceError for a model that cannot be opened, or a broker that cannot be reached now.
 */
export const startStream = async (parts: StreamParts): Promise<Stream> => {
  const { deployment, broker, source, metrics, sink, leave, onEvent, followEvery = FOLLOW_EVERY_MS } = parts;
  const { name, group, start, size, delay, concurrency } = deployment;
  const tell = (news: StreamNews): void => onEvent?.(news);
  let membership: Membership | undefined;
  const partitions = (): readonly AssignedPartition[] => membership?.partitions ?? [];
  const unread = (): readonly UnreadPartition[] => membership?.unread ?? [];
  const progress = createProgress({ stall: deployment.stall, membership: () => membership });
  const onTrouble = (error: unknown): void => {
    metrics.troubled(name);
    progress.troubled(performance.now());
    tell({ kind: 'trouble', problem: problemOf(error), error });
  };

  /** What is at work, or was last. */
  let model: Stream['model'];
  const live = createLive<Scorer>({
    ref: deployment.model,
    source,
    load: async (found, { signal }) => warm(await source.load(found, signal), found),
    onOpened({ manifest, digest }) {
      model = { model: manifest.name, version: manifest.version, digest };
    },
  });
  const hear = (news: News<Scorer>): void => {
    if (news.kind === 'replaced') {
      metrics.replaced(name);
      tell({ kind: 'replaced', from: news.from.manifest.version, to: news.to.manifest.version });
    } else onTrouble(news.error);
  };
  await live.open();
  const stopFollowing = follow(() => [{ live, hear }], followEvery);
  const close = async (): Promise<void> => {
    const followed = stopFollowing();
    await live.close();
    await followed;
  };
  await ensureTopics(broker, deployment).catch(async (error) => {
    await close();
    throw error;
  });
  const slots = createSlots(concurrency);

  const commit = async (partition: AssignedPartition, made: Scored): Promise<void> => {
    const { outcome, position, oldest, scoringMs } = made;
    // The sink comes first: should the commit fail, the same rows are written again, and change nothing.
    if (sink && outcome.predictions.length > 0) await sink.write(outcome.predictions, made);
    await partition.commit(position, outcome.events);
    if (leave) leaveRecords(leave, deployment, made);
    const { predictions, filtered, skipped, passed, dead } = outcome;
    progress.advanced(partition, performance.now());
    metrics.advanced(name, {
      partition,
      variant: STABLE,
      outcomes: [
        ['predicted', predictions.length],
        ['filtered', filtered],
        ['skipped', skipped],
        ['passed', passed],
        ...dead,
      ],
      events: made.events,
      scoringMs,
      latencyMs: Math.max(0, Date.now() - oldest),
    });
    tell({ kind: 'advanced', topic: partition.topic, partition: partition.partition, outcome });
  };

  const work = async (partition: AssignedPartition): Promise<void> => {
    const { signal } = partition;
    let committing: Promise<void> = Promise.resolve();
    while (!signal.aborted) {
      // Where a full batch waits already, it is scored while the last one is committed; else more may come meanwhile.
      if (partition.waiting < size) await committing;
      const { events, position } = await partition.take(size, delay);
      if (signal.aborted) break;
      const made = await slots.run(() =>
        live.use(async (scorer): Promise<Scored> => {
          const began = performance.now();
          const time = new Date().toISOString();
          const outcome = await predict(events, { deployment, scorer, variant: STABLE, time });
          const scoringMs = performance.now() - began;
          const oldest = events[0]?.at ?? Date.now();
          return { outcome, position, scoringMs, time, maker: scorer, events: events.length, oldest };
        }),
      );
      await committing;
      committing = commit(partition, made);
      // Its failure is seen where it is awaited.
      committing.catch(() => {});
    }
    await committing;
  };

  membership = broker.consume(
    {
      group,
      topics: [...deployment.from, deployment.replay],
      start,
      waiting: { events: Math.max(2 * size, 100), bytes: 8 * 1024 * 1024 },
      onTrouble,
    },
    work,
  );
  const obstacles = (): readonly string[] => progress.obstacles(performance.now());
  const unwatch = metrics.watch({
    deployment: name,
    partitions,
    unread,
    ready: () => obstacles().length === 0,
    model: () => ({ ...model, variant: STABLE }),
  });
  const stop = async (): Promise<void> => {
    const timer = setTimeout(() => void close(), STOP_MS);
    await membership?.leave();
    clearTimeout(timer);
    unwatch();
    await close();
    await sink?.close();
  };
  let stopped: Promise<void> | undefined;
  return {
    deployment,
    get model() {
      return model;
    },
    get partitions() {
      return partitions();
    },
    obstacles,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
};

/** A micro-batch, scored. */
interface Scored extends Made {
  readonly outcome: Outcome;
  readonly position: number;
  readonly events: number;
  /** The time of the oldest event, in milliseconds since the epoch. */
  readonly oldest: number;
  readonly scoringMs: number;
}

/** Once the events are done, so that each has one record, under the name of its deployment and its own. */
const leaveRecords = (
  leave: Leave,
  { name, model: ref }: StreamDeployment,
  { outcome, maker, scoringMs }: Scored,
): void => {
  const { ids, rows, answers } = outcome.scored;
  const { manifest, digest } = maker;
  const model = { ref, deployment: name, name: manifest.name, version: manifest.version, digest, manifest };
  leave({ model, ms: scoringMs, idOf: (row) => `${name}/${ids[row]}`, content: { rows, answers } });
};
