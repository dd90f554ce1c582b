import type { AssignedPartition, Broker, Membership } from '../../brokers/broker.ts';
import { createProgress, type GroupProgress } from '../../brokers/progress.ts';
import { type Problem, problemOf } from '../../core/errors.ts';
import { createWebhook } from '../../webhook/webhook.ts';
import { type Collected, collect } from './collect.ts';
import { createHorizon, watchDeadlines } from './deadlines.ts';
import { type Delivered, deliver } from './deliver.ts';
import type { DecideDeployment } from './deployment.ts';
import { type Folded, fold } from './fold.ts';
import type { Memories, Memory } from './memory.ts';
import type { DecideMetrics, Stage } from './metrics.ts';
import { catchUp, changesOf } from './remember.ts';

export interface DecideParts {
  readonly deployment: DecideDeployment;
  readonly broker: Broker;
  readonly memories: Memories;
  readonly metrics: DecideMetrics;
  readonly onEvent?: (event: DecideNews) => void;
}

/** What a person or a log may want to know. */
export type DecideNews =
  | { readonly kind: 'collected'; readonly collected: Collected }
  | { readonly kind: 'decided'; readonly folded: Folded }
  | { readonly kind: 'delivered'; readonly delivered: Delivered }
  | { readonly kind: 'trouble'; readonly problem: Problem; readonly error: unknown };

/** A decide deployment at work. */
export interface Decide {
  readonly deployment: DecideDeployment;
  readonly partitions: readonly AssignedPartition[];
  /** How many keys wait in the partitions at work here. */
  readonly waiting: number;
  /** What keeps it from being ready, in words; empty when nothing does. */
  obstacles(): readonly string[];
  /** Finishes what is under way and leaves the groups. May be called twice. */
  stop(): Promise<void>;
}

/** One stage in its group. */
interface Member {
  readonly stage: Stage;
  readonly membership: Membership;
  readonly progress: GroupProgress;
}

interface Tell {
  advanced(): void;
  onTrouble(error: unknown): void;
}

/** The most events that are taken at once. */
const MOST_EVENTS = 500;
const DAY_MS = 24 * 3600 * 1000;
/** How long the inbox is kept at most, from which a lost memory is made anew. */
const longestInbox = 7 * DAY_MS;
const DEAD_LETTERS_KEPT_MS = 30 * DAY_MS;

/** Makes the topics that are missing. What holds an event of another topic and more must be allowed to be larger. */
export const ensureTopics = async (broker: Broker, deployment: DecideDeployment): Promise<void> => {
  const { topics, inbox, decisions, deadLetters, replay, partitions, largest, within, keep } = deployment;
  const usual = partitions === undefined ? {} : { partitions };
  const large = Math.max(2 * largest, 2 * 1024 * 1024);
  for (const topic of [...topics, decisions]) await broker.ensureTopic(topic, usual);
  const retention = Math.max(DAY_MS, within + Math.min(keep, longestInbox));
  await broker.ensureTopic(inbox, { ...usual, largest: large, retention });
  await broker.ensureTopic(deadLetters, { partitions: 1, largest: large, retention: DEAD_LETTERS_KEPT_MS });
  await broker.ensureTopic(replay, { partitions: 1, largest: large });
};

/**
 * Puts a deployment to work, in three stages, each of them a consumer group that replicas share: parts are collected
 * into the inbox, joined and decided from there, and decisions are told to the webhook.
 *
 * @throws MillraceError BAD_PROJECT for a webhook that cannot be called; STREAM_FAILED for a broker that cannot be
 * reached now. What goes wrong later is told as news and tried again.
 */
export const startDecide = async ({ deployment, broker, memories, metrics, onEvent }: DecideParts): Promise<Decide> => {
  const { name, topics, inbox, decisions, replay, groups, start, stall } = deployment;
  const webhook = deployment.webhook && createWebhook(deployment.webhook);
  const stopping = new AbortController();
  const tell = (news: DecideNews): void => onEvent?.(news);

  await ensureTopics(broker, deployment);
  const horizon = createHorizon(broker, deployment, stopping.signal);

  const consume = (
    stage: Stage,
    from: readonly string[],
    begin: 'earliest' | 'latest',
    work: (partition: AssignedPartition, tell: Tell) => Promise<void>,
  ): Member => {
    const progress = createProgress({
      stall,
      membership: () => membership,
    });
    const onTrouble = (error: unknown): void => {
      metrics.troubled(name);
      progress.troubled(performance.now());
      tell({ kind: 'trouble', problem: problemOf(error), error });
    };
    const membership = broker.consume({ group: groups[stage], topics: from, start: begin, onTrouble }, (partition) =>
      work(partition, { advanced: () => progress.advanced(partition, performance.now()), onTrouble }),
    );
    return { stage, membership, progress };
  };

  const collecting = consume('collect', [...topics, replay], start, async (partition, { advanced }) => {
    while (!partition.signal.aborted) {
      const { events, position } = await partition.take(MOST_EVENTS);
      if (partition.signal.aborted) return;
      const collected = collect(events, deployment);
      await partition.commit(position, collected.events);
      advanced();
      metrics.collected(name, collected);
      tell({ kind: 'collected', collected });
    }
  });

  const join = async (partition: AssignedPartition, memory: Memory, advanced: () => void): Promise<void> => {
    let known = await catchUp(broker, memory, deployment, partition.partition);
    while (!partition.signal.aborted) {
      const taken = await partition.take(MOST_EVENTS);
      if (partition.signal.aborted) return;
      const events = taken.events.filter(({ offset }) => offset >= (known?.next ?? 0));
      if (events.length === 0) continue;
      const folded = fold(events, deployment, memory.load);
      await partition.commit(taken.position, folded.events);
      // Should the process end here, whoever comes next learns the same from the inbox, and tells nobody.
      const changes = changesOf(folded, known, events);
      await memory.change(changes);
      known = changes.after;
      advanced();
      metrics.folded(name, folded, Date.now());
      tell({ kind: 'decided', folded });
    }
  };
  const joining = consume('join', [inbox], 'earliest', async (partition, { advanced, onTrouble }) => {
    const memory = memories.of(inbox, partition.partition);
    const ended = new AbortController();
    const watching = watchDeadlines(broker, memory, deployment, {
      horizon,
      signal: AbortSignal.any([partition.signal, ended.signal]),
      onTrouble,
    });
    try {
      await join(partition, memory, advanced);
    } finally {
      ended.abort();
      await watching;
    }
  });

  const members: Member[] = [collecting, joining];
  if (webhook) {
    members.push(
      consume('webhook', [decisions, replay], start, (partition, { advanced }) =>
        deliver(partition, webhook, deployment, (delivered) => {
          advanced();
          metrics.delivered(name, delivered);
          tell({ kind: 'delivered', delivered });
        }),
      ),
    );
  }

  const obstacles = (): readonly string[] => members.flatMap(({ progress }) => progress.obstacles(performance.now()));
  const partitions = () =>
    members.flatMap(({ stage, membership }) => membership.partitions.map((one) => [stage, one] as const));
  const unread = () =>
    members.flatMap(({ stage, membership }) => membership.unread.map((one) => [stage, one] as const));
  const waiting = (): number =>
    joining.membership.partitions.reduce((sum, one) => sum + memories.of(inbox, one.partition).waiting(), 0);
  const unwatch = metrics.watch({
    deployment: name,
    partitions,
    unread,
    waiting,
    ready: () => obstacles().length === 0,
  });

  const stop = async (): Promise<void> => {
    unwatch();
    await Promise.all(members.map(({ membership }) => membership.leave()));
    stopping.abort();
  };
  let stopped: Promise<void> | undefined;
  return {
    deployment,
    get partitions() {
      return partitions().map(([, partition]) => partition);
    },
    get waiting() {
      return waiting();
    },
    obstacles,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
};
