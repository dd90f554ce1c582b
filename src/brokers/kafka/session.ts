/** A member of a consumer group, from its joining until its consumer fails for good or it is to leave. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from '@platformatic/kafka';
import type { AssignedPartition, GroupOptions } from '../broker.ts';
import { createConsumer, type KafkaConnection, type KafkaConsumer } from './client.ts';
import { translate } from './errors.ts';
import { createFetcher } from './fetcher.ts';
import { askEndsOfFull } from './full-partitions.ts';
import { createLanes, type Lanes } from './lanes.ts';
import { openPartition } from './partition.ts';
import type { Subscription } from './subscription.ts';
import { areSame, type KnownTopics } from './topics.ts';

export interface GroupSessionOptions extends Required<Omit<GroupOptions, 'start'>> {
  readonly connection: KafkaConnection;
  readonly admin: Admin;
  readonly subscription: Subscription;
  readonly work: (partition: AssignedPartition) => Promise<void>;
  /** Aborted when the member is to leave. */
  readonly signal: AbortSignal;
}

export interface GroupSession {
  /** False until the group has let this member in, and while its broker cannot be reached. */
  readonly joined: boolean;
  readonly partitions: readonly AssignedPartition[];
  /** Resolves when all is over because the member leaves; rejects when its consumer has failed. */
  readonly done: Promise<void>;
}

/** How long leaving a group may take; a member that could not say so is given up after its session. */
const LEAVE_MS = 2000;

/** Follows what there is to read, for a consumer that shares it with its group. */
const followTopics = (
  { connection, topics, subscription, onTrouble }: GroupSessionOptions,
  { consumer, lanes, fail }: { consumer: KafkaConsumer; lanes: Lanes; fail: (error: unknown) => void },
) => {
  /** What is read, as last looked. */
  let known: KnownTopics = new Map();
  let busy = false;
  let ended = false;

  /** Joins again when it has changed: so the leader of the group hears of it, and shares it out anew. */
  const look = async (): Promise<void> => {
    const found = await subscription.find(consumer);
    // A consumer that is being closed would join for ever.
    if (ended || areSame(found, known)) return;
    lanes.stop((topic) => known.get(topic)?.id !== found.get(topic)?.id);
    for (const topic of topics) {
      if (!found.has(topic)) consumer.topics.untrack(topic);
      else if (!consumer.topics.has(topic)) consumer.topics.track(topic);
    }
    known = found;
    if (found.size > 0) await consumer.joinGroup({}).catch(fail);
  };
  /** Never rejects. */
  const follow = async (): Promise<void> => {
    if (busy || ended) return;
    busy = true;
    try {
      await look();
      if (!ended) await subscription.findUnread(known);
    } catch (error) {
      if (known.size === 0) fail(error);
      else if (!ended) onTrouble(translate(error, connection.place));
    } finally {
      busy = false;
    }
  };
  const following = setInterval(follow, connection.refreshMs);
  follow();
  return {
    /** Looks at once. */
    look: follow,
    close: (): void => {
      ended = true;
      clearInterval(following);
    },
  };
};

/** Closed alone, a consumer that is just joining goes on with its heartbeats, on connections that are gone. */
const leave = async (consumer: KafkaConsumer): Promise<void> => {
  await Promise.race([consumer.leaveGroup(true), sleep(LEAVE_MS, undefined, { ref: false })]).catch(() => {});
  await consumer.close(true).catch(() => {});
};

export const startSession = (options: GroupSessionOptions): GroupSession => {
  const { connection, admin, group, subscription, work, signal, onTrouble } = options;
  const consumer = createConsumer(connection, { groupId: group });
  const fetcher = createFetcher(connection, admin);
  const full = askEndsOfFull(admin);
  const { promise: over, resolve, reject } = Promise.withResolvers<void>();
  let joined = false;
  const parts = { ...options, startOf: subscription.startOf, consumer, fetcher, full };
  const lanes = createLanes({
    given: () => consumer.assignments ?? [],
    open: (topic, partition, stopped) =>
      openPartition(topic, partition, { parts, signal: stopped }).catch((error) => {
        throw translate(error, connection.place);
      }),
    work,
    onTrouble,
  });
  const confirm = (): void => {
    lanes.confirm();
    joined = true;
  };
  const topics = followTopics(options, { consumer, lanes, fail: reject });

  consumer.on('error', reject);
  consumer.on('consumer:group:join', () => {
    confirm();
    lanes.share();
  });
  consumer.on('consumer:heartbeat:end', confirm);
  consumer.on('consumer:heartbeat:error', ({ error }: { readonly error: Error }) => {
    joined = false;
    onTrouble(translate(error, connection.place));
    // A topic that is gone is in the way of every heartbeat.
    topics.look();
  });
  consumer.on('consumer:heartbeat:stalled', () => reject(new Error('no heartbeat came through')));
  signal.addEventListener('abort', () => resolve(), { once: true });

  const end = async (): Promise<void> => {
    topics.close();
    joined = false;
    full.close();
    await lanes.close();
    await fetcher.close();
    await leave(consumer);
  };
  return {
    get joined() {
      return joined;
    },
    get partitions() {
      return lanes.partitions;
    },
    done: over.finally(end),
  };
};
