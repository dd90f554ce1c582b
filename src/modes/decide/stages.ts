/**
 * The stages of a decide deployment, each the work of a consumer group that replicas share: parts are collected into the inbox,
 * joined and decided from there, and decisions are told to the webhook.
 */
import type { Attendant } from '../../brokers/attended.ts';
import type { AssignedPartition, Broker } from '../../brokers/broker.ts';
import type { Webhook } from '../../webhook/webhook.ts';
import { type Collected, collect } from './collect.ts';
import { type Horizon, watchDeadlines } from './deadlines.ts';
import { type Delivered, deliver } from './deliver.ts';
import type { DecideDeployment } from './deployment.ts';
import { type Folded, fold } from './fold.ts';
import type { Memories, Memory } from './memory.ts';
import type { Stage } from './metrics.ts';
import { catchUp, changesOf } from './remember.ts';

/** What a stage has done. */
export type StageNews =
  | { readonly kind: 'collected'; readonly collected: Collected }
  | { readonly kind: 'decided'; readonly folded: Folded }
  | { readonly kind: 'delivered'; readonly delivered: Delivered };

export interface StageWork {
  readonly stage: Stage;
  readonly topics: readonly string[];
  readonly start: 'earliest' | 'latest';
  /** Works on a partition until it is wanted back. */
  work(partition: AssignedPartition, attendant: Attendant): Promise<void>;
}

export interface StageParts {
  readonly deployment: DecideDeployment;
  readonly broker: Broker;
  readonly memories: Pick<Memories, 'of'>;
  readonly horizon: Horizon;
  readonly tell: (news: StageNews) => void;
}

/** The most events that are taken at once. */
const MOST_EVENTS = 500;

export const collecting = ({ deployment, tell }: StageParts): StageWork => ({
  stage: 'collect',
  topics: [...deployment.topics, deployment.replay],
  start: deployment.start,
  async work(partition, { advanced }) {
    while (!partition.signal.aborted) {
      const { events, position } = await partition.take(MOST_EVENTS);
      if (partition.signal.aborted) return;
      const collected = collect(events, deployment);
      await partition.commit(position, collected.events);
      advanced();
      tell({ kind: 'collected', collected });
    }
  },
});

/** Joins what comes into the inbox with what is remembered of it, and decides. */
const join = async (
  partition: AssignedPartition,
  memory: Memory,
  { deployment, broker, tell, advanced }: Pick<StageParts, 'deployment' | 'broker' | 'tell'> & Attendant,
): Promise<void> => {
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
    tell({ kind: 'decided', folded });
  }
};

export const joining = (parts: StageParts): StageWork => ({
  stage: 'join',
  topics: [parts.deployment.inbox],
  start: 'earliest',
  async work(partition, attendant) {
    const { deployment, broker, memories, horizon } = parts;
    const memory = memories.of(deployment.inbox, partition.partition);
    const ended = new AbortController();
    const signal = AbortSignal.any([partition.signal, ended.signal]);
    const watching = watchDeadlines(broker, memory, deployment, { horizon, signal, onTrouble: attendant.troubled });
    try {
      await join(partition, memory, { ...parts, ...attendant });
    } finally {
      ended.abort();
      await watching;
    }
  },
});

export const telling = ({ deployment, tell }: StageParts, webhook: Webhook): StageWork => ({
  stage: 'webhook',
  topics: [deployment.decisions, deployment.replay],
  start: deployment.start,
  work: (partition, { advanced }) =>
    deliver(partition, webhook, deployment, (delivered) => {
      advanced();
      tell({ kind: 'delivered', delivered });
    }),
});
