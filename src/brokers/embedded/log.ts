import { join, resolve } from 'node:path';
import { parseDuration } from '../../core/duration.ts';
import {
  type Broker,
  type BrokerOptions,
  type EventBatch,
  firstOffset,
  type Position,
  type ReadTopicOptions,
} from '../broker.ts';
import { openLogFile } from './database.ts';
import { listUnread } from './group.ts';
import { joinGroup } from './membership.ts';
import { toEvent } from './rows.ts';
import { createTopics } from './topics.ts';
import { createWaiters } from './waiters.ts';

const DEFAULT_LEASE = '10s';
const MOST_EVENTS = 500;
const MOST_BYTES = 1024 * 1024;
/** How often old events are looked for, in milliseconds. */
const EXPIRE_MS = 10_000;

/** `embedded`, `embedded:<path>`, and after a `?` the setting `lease`, such as `10s`. */
const parse = (address: string, { home, folder }: BrokerOptions) => {
  const [, path = '', query] = /^embedded:?([^?]*)\??(.*)$/.exec(address) ?? [];
  const leaseMs = parseDuration(new URLSearchParams(query).get('lease') ?? DEFAULT_LEASE, 'stream');
  return { path: path === '' ? join(home, 'streams.db') : resolve(folder, path), leaseMs };
};

/**
 * A log in a SQLite file, for the processes of one machine. What was acknowledged survives the end of a process at any
 * moment; the last transactions before a power cut may be lost, each as a whole.
 *
 * @throws STORE_FAILED
 */
export const openEmbedded = async (address: string, options: BrokerOptions): Promise<Broker> => {
  const { path, leaseMs } = parse(address, options);
  const file = await openLogFile(path);
  const clock = Date.now;
  const topics = createTopics(file, clock);
  const waiters = createWaiters(path, file.version);
  const memberships = new Set<{ leave(): Promise<void> }>();
  const selectCommitted = file.database.prepare('select committed from claims where grp = ? and lane = ?');

  const expire = setInterval(() => {
    file.write(() => topics.expire(clock())).catch(() => {});
  }, EXPIRE_MS);
  expire.unref();

  async function* read(
    topic: string,
    { from, untilEnd = false, signal }: ReadTopicOptions,
  ): AsyncGenerator<EventBatch> {
    const never = signal ?? new AbortController().signal;
    const found = topics.lanesOf(topic);
    const lanes = found.flatMap((lane) => {
      const next = firstOffset(from, lane);
      return next === undefined ? [] : { ...lane, next };
    });
    let partitions = found.length;
    while (!never.aborted) {
      const since = waiters.state();
      if (!untilEnd) {
        const all = topics.lanesOf(topic);
        lanes.push(...all.slice(partitions).map((lane) => ({ ...lane, next: lane.start })));
        partitions = all.length;
      }
      let any = false;
      for (const lane of lanes) {
        const most = untilEnd ? Math.min(MOST_EVENTS, lane.end - lane.next) : MOST_EVENTS;
        const rows = most > 0 ? topics.read(lane.id, lane.next, most, MOST_BYTES) : [];
        const last = rows.at(-1);
        if (!last) {
          if (untilEnd) lane.next = lane.end;
          continue;
        }
        any = true;
        lane.next = last.offset + 1;
        yield { events: rows.map((row) => toEvent(topic, lane.partition, row)), position: lane.next };
      }
      if (untilEnd && lanes.every(({ next, end }) => next >= end)) return;
      if (!any) await waiters.change(since, never);
    }
  }

  return {
    place: file.place,
    ensureTopic: (topic, settings = {}) => file.write(() => topics.ensure(topic, settings)),
    growTopic: (topic, partitions) => file.write(() => topics.grow(topic, partitions)),
    topics: async () => topics.list(),
    produce: async (events) => {
      if (events.length === 0) return;
      await file.write(() => topics.append(events));
      waiters.wake();
    },
    consume: (group, work) => {
      const membership = joinGroup({ file, topics, waiters, clock, leaseMs }, group, work);
      memberships.add(membership);
      return membership;
    },
    read,
    positions: async (group, names) =>
      names.flatMap((name) =>
        topics.lanesOf(name).map(({ id, topic, partition, start, end }): Position => {
          const row = selectCommitted.get(group, id);
          return { topic, partition, start, end, committed: row === undefined ? null : Number(row.committed) };
        }),
      ),
    unread: async (group, names) =>
      listUnread(
        file,
        names.flatMap((name) => topics.lanesOf(name)),
        { group, now: clock() },
      ),
    close: async () => {
      clearInterval(expire);
      await Promise.all([...memberships].map((membership) => membership.leave()));
      waiters.close();
      file.close();
    },
  };
};
