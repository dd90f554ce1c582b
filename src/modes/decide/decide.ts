import { consumeAttended } from '../../brokers/attended.ts';
import type { AssignedPartition, Broker, Membership } from '../../brokers/broker.ts';
import { type Problem, problemOf } from '../../core/errors.ts';
import { createWebhook, type Webhook } from '../../webhook/webhook.ts';
import { createHorizon } from './deadlines.ts';
import type { DecideDeployment } from './deployment.ts';
import type { Memories } from './memory.ts';
import type { DecideMetrics, Stage } from './metrics.ts';
import { collecting, joining, type StageNews, type StageParts, telling } from './stages.ts';
import { ensureTopics } from './topics.ts';

export interface DecideParts {
  readonly deployment: DecideDeployment;
  readonly broker: Broker;
  readonly memories: Memories;
  readonly metrics: DecideMetrics;
  readonly onEvent?: (event: DecideNews) => void;
}

/** What a person or a log may want to know. */
export type DecideNews = StageNews | { readonly kind: 'trouble'; readonly problem: Problem; readonly error: unknown };

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

const count = (metrics: DecideMetrics, name: string, news: DecideNews): void => {
  if (news.kind === 'collected') metrics.collected(name, news.collected);
  else if (news.kind === 'decided') metrics.folded(name, news.folded, Date.now());
  else if (news.kind === 'delivered') metrics.delivered(name, news.delivered);
  else metrics.troubled(name);
};

/** Joins the group of each stage. */
const consumeStages = (parts: StageParts, webhook: Webhook | undefined, onTrouble: (error: unknown) => void) => {
  const { deployment, broker } = parts;
  const stages = [collecting(parts), joining(parts), ...(webhook ? [telling(parts, webhook)] : [])];
  return stages.map(({ stage, topics, start, work }) => {
    const group = { group: deployment.groups[stage], topics, start, stallMs: deployment.stallMs, onTrouble };
    return { stage, ...consumeAttended(broker, group, work) };
  });
};

/**
 * Puts a deployment to work.
 *
 * @throws BAD_PROJECT for a webhook that cannot be called; STREAM_FAILED for a broker that cannot be
 * reached now. What goes wrong later is told as news and tried again.
 */
export const startDecide = async ({ deployment, broker, memories, metrics, onEvent }: DecideParts): Promise<Decide> => {
  const { name, inbox } = deployment;
  const webhook = deployment.webhook && createWebhook(deployment.webhook);
  const stopping = new AbortController();
  const tell = (news: DecideNews): void => {
    count(metrics, name, news);
    onEvent?.(news);
  };
  await ensureTopics(broker, deployment);
  const horizon = createHorizon(broker, deployment, stopping.signal);
  const members = consumeStages({ deployment, broker, memories, horizon, tell }, webhook, (error) =>
    tell({ kind: 'trouble', problem: problemOf(error), error }),
  );

  const obstacles = (): readonly string[] => members.flatMap((member) => member.obstacles());
  const ofStages = <T>(list: (membership: Membership) => readonly T[]): readonly (readonly [Stage, T])[] =>
    members.flatMap(({ stage, membership }) => list(membership).map((one) => [stage, one] as const));
  const partitions = () => ofStages((membership) => membership.partitions);
  const waiting = (): number =>
    partitions().reduce(
      (sum, [stage, { partition }]) => (stage === 'join' ? sum + memories.of(inbox, partition).waiting() : sum),
      0,
    );
  const unwatch = metrics.watch({
    deployment: name,
    partitions,
    unread: () => ofStages((membership) => membership.unread),
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
