import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from '@platformatic/kafka';
import { fail } from '../../core/errors.ts';
import type { AssignedPartition, GroupOptions, Membership } from '../broker.ts';
import { createInbox } from '../inbox.ts';
import { backoff, isFenced, type Lane, type OpenedPartition, runLane } from '../lane.ts';
import { createConsumer, type KafkaConnection } from './client.ts';
import { translate } from './errors.ts';
import { createFetcher, type Source } from './fetcher.ts';
import { listCommitted, listEnds } from './offsets.ts';
import { openTransactions } from './transactions.ts';

export interface MembershipParts {
  readonly connection: KafkaConnection;
  readonly admin: Admin;
}

type Assigned = readonly { readonly topic: string; readonly partitions: readonly number[] }[];

/** What retention has removed before it was read, or what lay in a topic that was made anew. */
const gone = (topic: string, partition: number, from: number, to: number) =>
  fail('STREAM_FAILED', `${topic}/${partition}: offset ${from} is not kept any more; reading goes on at ${to}`);

/** In milliseconds. */
const askEvery = 1000;
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

  const session = async (): Promise<void> => {
    const consumer = createConsumer(connection, { groupId: group });
    const fetcher = createFetcher(connection, admin);
    const over = Promise.withResolvers<void>();
    leaving.signal.addEventListener('abort', () => over.resolve());
    /** When the group last said that this member is one of it. */
    let confirmed = 0;
    const onConfirmed = (): void => {
      confirmed = performance.now();
      joined = true;
    };

    /** A partition that is full is not fetched, so where it ends has to be asked. */
    const sources = new Set<Source>();
    const askEnds = async (): Promise<void> => {
      const full = [...sources].filter((source) => source.room() === 0);
      for (const topic of new Set(full.map((source) => source.topic))) {
        const ends = await listEnds(admin, topic);
        for (const source of full) if (source.topic === topic) source.end = ends[source.partition]?.end ?? source.end;
      }
    };
    const asking = setInterval(() => askEnds().catch(() => {}), askEvery);

    /** Where the group goes on; a group that is new to the partition gets its beginning written down at once. */
    const positionOf = async (
      topic: string,
      partition: number,
      write: (position: number) => Promise<void>,
    ): Promise<number> => {
      const committed = await listCommitted(admin, group, topic, { partitions: [partition], stable: true });
      const known = committed.get(partition);
      if (known !== undefined) return known;
      const ends = (await listEnds(admin, topic))[partition];
      const first = (start === 'latest' ? ends?.end : ends?.start) ?? 0;
      if (first > 0) await write(first);
      return first;
    };

    const open = async (topic: string, partition: number, signal: AbortSignal): Promise<OpenedPartition> => {
      const transactions = await openTransactions(connection, { consumer, topic, partition });
      const commit = async (position: number, results: Parameters<AssignedPartition['commit']>[1] = []) => {
        try {
          await transactions.commit(position, results);
        } catch (error) {
          throw translate(error, place);
        }
      };
      try {
        const first = await positionOf(topic, partition, commit);
        let committed = first;
        const inbox = createInbox({ ...waiting, position: first, onRoom: fetcher.wake });
        const source: Source = {
          topic,
          partition,
          next: first,
          end: first,
          room: () => inbox.room,
          push: inbox.push,
          fail: (error) => inbox.fail(translate(error, place)),
          outOfRange: async () => {
            const next = (await listEnds(admin, topic))[partition]?.start ?? 0;
            onTrouble(gone(topic, partition, source.next, next));
            inbox.push([], next);
            return next;
          },
        };
        fetcher.add(source);
        sources.add(source);
        return {
          partition: {
            topic,
            partition,
            signal,
            take: (most, delay = 0) => inbox.take(most, delay, signal),
            commit: async (position, results) => {
              await commit(position, results);
              committed = position;
            },
            get waiting() {
              return inbox.length;
            },
            get lag() {
              return Math.max(0, source.end - committed);
            },
          },
          close: async () => {
            fetcher.remove(source);
            sources.delete(source);
            await transactions.close();
          },
        };
      } catch (error) {
        await transactions.close();
        throw error;
      }
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

    consumer.on('error', (error: Error) => over.reject(error));
    consumer.on('consumer:group:join', ({ assignments }) => assign(assignments ?? []));
    consumer.on('consumer:heartbeat:end', onConfirmed);
    consumer.on('consumer:heartbeat:error', ({ error }: { readonly error: Error }) => {
      joined = false;
      onTrouble(translate(error, place));
    });
    consumer.on('consumer:heartbeat:stalled', () => over.reject(new Error('no heartbeat came through')));
    try {
      consumer.topics.trackAll(...topics);
      consumer.joinGroup({}).catch(over.reject);
      await over.promise;
    } finally {
      joined = false;
      clearInterval(asking);
      const running = [...lanes.values()];
      for (const lane of running) lane.stop();
      await Promise.all(running.map(({ done }) => done));
      await fetcher.close();
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
    leave: () => {
      leaving.abort();
      return running;
    },
  };
};
