import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from '@platformatic/kafka';
import {
  type AssignedPartition,
  type GroupOptions,
  type Membership,
  notThere,
  type UnreadPartition,
} from '../broker.ts';
import { backoff, isFenced, type Lane, type OpenedPartition, runLane } from '../lane.ts';
import { createConsumer, type KafkaConnection } from './client.ts';
import { translate } from './errors.ts';
import { createFetcher, type FetchSource } from './fetcher.ts';
import { listEnds } from './offsets.ts';
import { openPartition, type PartitionParts } from './partition.ts';
import { areSame, findTopics, type KnownTopics } from './topics.ts';
import { listNew, listUnread } from './unread.ts';

export interface MembershipParts {
  readonly connection: KafkaConnection;
  readonly admin: Admin;
}

type Assigned = readonly { readonly topic: string; readonly partitions: readonly number[] }[];

/** In milliseconds. */
const ASK_MS = 1000;
/** How long leaving a group may take, in milliseconds; a member that could not say so is given up after its session. */
const LEAVE_MS = 2000;
const defaultWaiting = { events: 1000, bytes: 4 * 1024 * 1024 };

/**
 * A member of a consumer group. It lives in sessions: one lasts until its consumer fails for good, and then another
 * begins, so that no state outlives what it was about.
 */
export const joinGroup = (
  { connection, admin }: MembershipParts,
  { group, topics, start, waiting = defaultWaiting, onTrouble = () => {} }: GroupOptions,
  work: (partition: AssignedPartition) => Promise<void>,
): Membership => {
  const { place } = connection;
  const leaving = new AbortController();
  const lanes = new Map<string, Lane>();
  let joined = false;
  let missing: readonly string[] = [];
  let unread: readonly UnreadPartition[] = [];
  /** Topics in which this group had no position yet when this member came, as they were then. */
  let newTo: KnownTopics | undefined;

  const session = async (): Promise<void> => {
    const consumer = createConsumer(connection, { groupId: group });
    const fetcher = createFetcher(connection, admin);
    /** What is read, as last looked. */
    let known: KnownTopics = new Map();
    const over = Promise.withResolvers<void>();
    leaving.signal.addEventListener('abort', () => over.resolve());
    /** When the group last said that this member is one of it. */
    let confirmed = 0;
    const onConfirmed = (): void => {
      confirmed = performance.now();
      joined = true;
    };

    /** A partition that is full is not fetched, so where it ends has to be asked. */
    const sources = new Set<FetchSource>();
    const askEnds = async (): Promise<void> => {
      const full = [...sources].filter((source) => source.room() === 0);
      for (const topic of new Set(full.map((source) => source.topic))) {
        const ends = await listEnds(admin, topic);
        for (const source of full) if (source.topic === topic) source.end = ends[source.partition]?.end ?? source.end;
      }
    };
    const asking = setInterval(() => askEnds().catch(() => {}), ASK_MS);

    const parts: PartitionParts = {
      connection,
      admin,
      consumer,
      fetcher,
      group,
      waiting,
      startOf: (topic, partition, topicId) => {
        const found = newTo?.get(topic);
        return found?.id === topicId && partition < found.partitions ? start : 'earliest';
      },
      onTrouble,
    };
    const open = async (topic: string, partition: number, signal: AbortSignal): Promise<OpenedPartition> => {
      const { source, ...opened } = await openPartition(topic, partition, { parts, signal });
      sources.add(source);
      return {
        ...opened,
        close: async () => {
          sources.delete(source);
          await opened.close();
        },
      };
    };

    const begin = (name: string, topic: string, partition: number): void => {
      let fencedAt = 0;
      const lane = runLane({
        open: async (signal) => {
          // Who was fenced must not fence the new owner in turn: first the group has to say that nothing has changed.
          while (confirmed <= fencedAt && !signal.aborted) await sleep(50, undefined, { signal }).catch(() => {});
          try {
            return await open(topic, partition, signal);
          } catch (error) {
            throw noted(translate(error, place));
          }
        },
        work: async (assigned) => {
          try {
            await work(assigned);
          } catch (error) {
            throw noted(error);
          }
        },
        onTrouble,
      });
      const noted = <T>(error: T): T => {
        if (isFenced(error)) fencedAt = performance.now();
        return error;
      };
      lanes.set(name, lane);
      lane.done.finally(() => {
        if (lanes.get(name) === lane) lanes.delete(name);
      });
    };

    const assign = (assigned: Assigned): void => {
      onConfirmed();
      const mine = new Map<string, readonly [string, number]>();
      for (const { topic, partitions } of assigned) {
        for (const partition of partitions) mine.set(`${topic}/${partition}`, [topic, partition]);
      }
      for (const [name, lane] of lanes) if (!mine.has(name)) lane.stop();
      for (const [name, [topic, partition]] of mine) {
        const running = lanes.get(name);
        if (!running) begin(name, topic, partition);
        else if (running.stopped) running.done.then(() => assign(consumer.assignments ?? []));
      }
    };

    /**
     * Looks what there is to read, and joins again when that has changed: so the leader of the group hears of it, and
     * shares it out anew.
     */
    const look = async (): Promise<void> => {
      const found = await findTopics(consumer, topics);
      // A consumer that is being closed would join for ever.
      if (ended) return;
      const absent = topics.filter((topic) => !found.has(topic));
      for (const topic of absent) if (!missing.includes(topic)) onTrouble(notThere(topic));
      missing = absent;
      newTo ??= start === 'latest' ? await listNew(admin, group, found) : new Map();
      if (ended || areSame(found, known)) return;
      for (const [name, lane] of lanes) {
        const topic = name.slice(0, name.lastIndexOf('/'));
        if (known.get(topic)?.id !== found.get(topic)?.id) lane.stop();
      }
      for (const topic of topics) {
        if (!found.has(topic)) consumer.topics.untrack(topic);
        else if (!consumer.topics.has(topic)) consumer.topics.track(topic);
      }
      known = found;
      if (found.size > 0) await consumer.joinGroup({}).catch(over.reject);
    };
    let busy = false;
    let ended = false;
    /** Never rejects. */
    const follow = async (): Promise<void> => {
      if (busy || ended) return;
      busy = true;
      try {
        await look();
        if (ended) return;
        unread = known.size === 0 ? [] : await listUnread(admin, group, known);
      } catch (error) {
        if (known.size === 0) over.reject(error);
        else if (!ended) onTrouble(translate(error, place));
      } finally {
        busy = false;
      }
    };

    consumer.on('error', (error: Error) => over.reject(error));
    consumer.on('consumer:group:join', ({ assignments }) => assign(assignments ?? []));
    consumer.on('consumer:heartbeat:end', onConfirmed);
    consumer.on('consumer:heartbeat:error', ({ error }: { readonly error: Error }) => {
      joined = false;
      onTrouble(translate(error, place));
      // A topic that is gone is in the way of every heartbeat.
      follow();
    });
    consumer.on('consumer:heartbeat:stalled', () => over.reject(new Error('no heartbeat came through')));
    const following = setInterval(follow, connection.refresh);
    try {
      follow();
      await over.promise;
    } finally {
      ended = true;
      joined = false;
      clearInterval(following);
      clearInterval(asking);
      const running = [...lanes.values()];
      for (const lane of running) lane.stop();
      await Promise.all(running.map(({ done }) => done));
      await fetcher.close();
      // Closed alone, a consumer that is just joining goes on with its heartbeats, on connections that are gone.
      await Promise.race([consumer.leaveGroup(true), sleep(LEAVE_MS, undefined, { ref: false })]).catch(() => {});
      await consumer.close(true).catch(() => {});
    }
  };

  const run = async (): Promise<void> => {
    for (let turn = 0; !leaving.signal.aborted; turn++) {
      const began = performance.now();
      try {
        await session();
      } catch (error) {
        onTrouble(translate(error, place));
      }
      if (performance.now() - began > 30_000) turn = 0;
      await sleep(backoff(turn), undefined, { signal: leaving.signal }).catch(() => {});
    }
  };
  const running = run();

  return {
    get joined() {
      return joined;
    },
    get partitions() {
      return [...lanes.values()].flatMap(({ partition }) => partition ?? []);
    },
    get missing() {
      return missing;
    },
    get unread() {
      return unread;
    },
    leave: () => {
      leaving.abort();
      return running;
    },
  };
};
