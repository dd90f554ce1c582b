import { type AttendedMembership, consumeAttended } from '../../brokers/attended.ts';
import type { AssignedPartition, Broker } from '../../brokers/broker.ts';
import { type Problem, problemOf } from '../../core/errors.ts';
import type { Scorer } from '../../core/types.ts';
import { type Reference, readReference } from '../../monitor/profile/reference.ts';
import type { Leave } from '../../monitor/scored-rows.ts';
import { type Followed, follow } from '../../serving/follow.ts';
import { createLive, type Live, type News } from '../../serving/live.ts';
import type { RolloutActs } from '../../serving/rollouts/acts.ts';
import { CANDIDATE, STABLE } from '../../serving/route.ts';
import type { ModelSource } from '../../serving/source.ts';
import { warm } from '../../serving/warm.ts';
import type { StreamDeployment } from './deployment.ts';
import type { Advance, StreamMetrics } from './metrics.ts';
import type { Outcome } from './predict.ts';
import type { PredictionSink } from './prediction-sink.ts';
import { followStreamRollout, type StreamRollout } from './rollout.ts';
import { createStreamShadow, type StreamShadow } from './shadow.ts';
import { ensureTopics, ensureUsual } from './topics.ts';
import { createWork, type MicroBatch } from './work.ts';

export interface StreamParts {
  readonly deployment: StreamDeployment;
  readonly broker: Broker;
  readonly source: ModelSource;
  readonly metrics: StreamMetrics;
  readonly sink?: PredictionSink | undefined;
  /** What keeps records of what is predicted. */
  readonly leave?: Leave | undefined;
  /** Opened with the first look at rollouts; none is followed unless given. */
  readonly rollouts?: (() => Promise<RolloutActs | undefined>) | undefined;
  readonly onEvent?: (event: StreamNews) => void;
  /** How often an environment is looked at; every 2 s unless given. */
  readonly followEveryMs?: number;
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

/** A shadow at work. */
interface Beside {
  readonly live: Live<Scorer>;
  readonly shadow: StreamShadow;
  followed(): readonly Followed<Scorer>[];
}

const FOLLOW_MS = 2000;
/** How often rollouts are looked at, at most. */
const ROLLOUT_MS = 1000;
/** How long a shadow that could not be opened is left alone. */
const REOPEN_MS = 30_000;
/** In which what is under way may end when a stream stops; what has not by then is done again later. */
const STOP_MS = 5000;

/** What each version did in a micro-batch; all but predictions is the stable one's. */
const advancesOf = (
  partition: AssignedPartition,
  { outcome, shadowed, turn, events, scoringMs, oldest }: MicroBatch,
): readonly Advance[] => {
  const { predictions, filtered, skipped, passed, dead } = outcome;
  const its = predictions.filter(({ digest }) => digest === turn?.candidate?.digest).length;
  const usual = { partition, scoringMs, latencyMs: Math.max(0, Date.now() - oldest) };
  const stable: Advance = {
    ...usual,
    variant: STABLE,
    outcomes: [
      ['predicted', predictions.length - its],
      ['filtered', filtered],
      ['skipped', skipped],
      ['passed', passed],
      ...dead,
    ],
    shadowed: shadowed?.outcomes ?? [],
    events: events - its,
  };
  if (its === 0) return [stable];
  return [stable, { ...usual, variant: CANDIDATE, outcomes: [['predicted', its]], shadowed: [], events: its }];
};

/** The model of a stream, to be opened. */
const createModel = (ref: string, source: ModelSource) => {
  let model: Stream['model'];
  const references = new WeakMap<object, Reference | undefined>();
  const live = createLive<Scorer>({
    ref,
    source,
    load: async (found, { signal }) => {
      const scorer = await warm(await source.load(found, signal), found);
      references.set(scorer, readReference(found.files.get('profile.json')));
      return scorer;
    },
    onOpened({ manifest, digest }) {
      model = { model: manifest.name, version: manifest.version, digest };
    },
  });
  /** What is at work, or was last. */
  return { live, model: () => model, referenceOf: (maker: object) => references.get(maker) };
};

/** What predicts beside it, where there is such. One that cannot be opened is told, and tried again now and then. */
const openBeside = async (
  deployment: StreamDeployment,
  source: ModelSource,
  trouble: (error: unknown) => void,
): Promise<Beside | undefined> => {
  if (deployment.shadow === undefined) return undefined;
  const { model, to } = deployment.shadow;
  const { live } = createModel(model, source);
  let tried = performance.now();
  const open = async (): Promise<void> => {
    tried = performance.now();
    await live.open().catch(trouble);
  };
  await open();
  return {
    live,
    shadow: createStreamShadow({ deployment, to, live, onTrouble: trouble }),
    followed() {
      const isClosed = live.current === undefined && live.opening === undefined;
      if (isClosed && performance.now() - tried > REOPEN_MS) void open();
      return [{ live, hear: (news) => news.kind !== 'replaced' && trouble(news.error) }];
    },
  };
};

interface Ending {
  readonly stopFollowing: () => Promise<void>;
  readonly sink: PredictionSink | undefined;
  readonly rollout: StreamRollout | undefined;
}

/** Ends them in the order in which nothing is lost. */
const stop = async (
  { membership }: AttendedMembership,
  lives: readonly Live<Scorer>[],
  { stopFollowing, sink, rollout }: Ending,
): Promise<void> => {
  const close = async (): Promise<void> => {
    const followed = stopFollowing();
    await Promise.all(lives.map((live) => live.close()));
    await followed;
  };
  const timer = setTimeout(() => void close(), STOP_MS);
  await membership.leave();
  clearTimeout(timer);
  await rollout?.close();
  await close();
  await sink?.close();
};

const followed = (
  { deployment, broker, source, rollouts, followEveryMs = ROLLOUT_MS }: StreamParts,
  live: Live<Scorer>,
  onTrouble: (error: unknown) => void,
): StreamRollout | undefined =>
  followStreamRollout({
    deployment,
    source,
    open: rollouts,
    current: () => live.current,
    ensureTopic: (topic) => ensureUsual(broker, deployment, topic),
    onTrouble,
    everyMs: Math.min(followEveryMs, ROLLOUT_MS),
  });

/**
 * Puts a deployment to work. What goes wrong later is told as news and tried again.
 *
 * @throws STREAM_FAILED for a broker that cannot be reached now; what opening and warming the model throws.
 */
export const startStream = async (parts: StreamParts): Promise<Stream> => {
  const { deployment, broker, source, metrics, sink, leave, onEvent, followEveryMs = FOLLOW_MS } = parts;
  const { name, group, start, size, stallMs } = deployment;
  const tell = (news: StreamNews): void => onEvent?.(news);
  const { live, model, referenceOf } = createModel(deployment.model, source);
  await live.open();
  await ensureTopics(broker, deployment).catch(async (error) => {
    await live.close();
    throw error;
  });
  const trouble = (error: unknown): void => {
    metrics.troubled(name);
    tell({ kind: 'trouble', problem: problemOf(error), error });
  };
  const beside = await openBeside(deployment, source, trouble);

  const rollout = followed(parts, live, trouble);
  const work = createWork({ deployment, live, sink, leave, shadow: beside?.shadow, rollout, referenceOf });
  const member = consumeAttended(
    broker,
    {
      group,
      topics: [...deployment.from, deployment.replay],
      start,
      waiting: { events: Math.max(2 * size, 100), bytes: 8 * 1024 * 1024 },
      stallMs,
      onTrouble: trouble,
    },
    (partition, { advanced }) =>
      work(partition, (scored) => {
        advanced();
        for (const advance of advancesOf(partition, scored)) metrics.advanced(name, advance);
        tell({ kind: 'advanced', topic: partition.topic, partition: partition.partition, outcome: scored.outcome });
      }),
  );
  const { membership, obstacles } = member;
  const hear = (news: News<Scorer>): void => {
    if (news.kind === 'replaced') {
      metrics.replaced(name);
      tell({ kind: 'replaced', from: news.from.manifest.version, to: news.to.manifest.version });
    } else member.troubled(news.error);
  };
  const stopFollowing = follow(() => [{ live, hear }, ...(beside?.followed() ?? [])], followEveryMs);
  const unwatch = metrics.watch({
    deployment: name,
    partitions: () => membership.partitions,
    unread: () => membership.unread,
    ready: () => obstacles().length === 0,
    model: () => ({ ...model(), variant: STABLE }),
  });
  let stopped: Promise<void> | undefined;
  return {
    deployment,
    get model() {
      return model();
    },
    get partitions() {
      return membership.partitions;
    },
    obstacles,
    stop: () => {
      stopped ??= stop(member, [live, ...(beside ? [beside.live] : [])], { stopFollowing, sink, rollout }).finally(
        unwatch,
      );
      return stopped;
    },
  };
};
