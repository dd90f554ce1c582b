import { fail } from '../../core/errors.ts';
import type { NewEvent, TopicInfo, TopicOptions } from '../broker.ts';
import { createPartitioner } from '../partitioner.ts';
import type { LogFile } from './database.ts';
import { type EventRow, writeHeaders } from './rows.ts';

export interface LaneRow {
  readonly id: number;
  readonly topic: string;
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

/** All of it is to be called inside `write`, save what only reads. */
export interface Topics {
  ensure(topic: string, options: TopicOptions): void;
  /** Adds partitions until there are so many. @throws UNKNOWN_TOPIC */
  grow(topic: string, partitions: number): void;
  list(): readonly TopicInfo[];
  /** None for a topic that does not exist. */
  find(topic: string): readonly LaneRow[];
  /** @throws UNKNOWN_TOPIC */
  lanesOf(topic: string): readonly LaneRow[];
  lane(id: number): LaneRow;
  append(events: readonly NewEvent[]): void;
  /** Rows from `offset` on, until there are `most` of them or they have `bytes` bytes. */
  read(lane: number, offset: number, most: number, bytes: number): readonly EventRow[];
  /** Removes what is older than its topic keeps; returns how many events, at most a few thousand. */
  expire(now: number): number;
}

const WEEK_MS = 7 * 24 * 3600 * 1000;
const DEFAULT_PARTITIONS = 3;
const MOST_EXPIRED_ROWS = 5000;

export const createTopics = ({ database }: LogFile, clock: () => number): Topics => {
  const partitionOf = createPartitioner();
  const insertTopic = database.prepare(
    'insert into topics (name, partitions, retention) values (?, ?, ?) on conflict do nothing',
  );
  const insertLane = database.prepare('insert into lanes (topic, partition) values (?, ?)');
  const setPartitions = database.prepare('update topics set partitions = ? where name = ?');
  const insertEvent = database.prepare(
    'insert into events (lane, offset, at, key, value, headers) values (?, ?, ?, ?, ?, ?)',
  );
  const setEnd = database.prepare('update lanes set end = ? where id = ?');
  const setStart = database.prepare('update lanes set start = ? where id = ?');
  const selectTopics = database.prepare('select name as topic, partitions from topics order by name');
  const selectLanes = database.prepare('select * from lanes where topic = ? order by partition');
  const selectLane = database.prepare('select * from lanes where id = ?');
  const selectEvents = database.prepare(
    'select offset, at, key, value, headers from events where lane = ? and offset >= ? order by offset limit ?',
  );
  const selectKept = database.prepare('select l.*, t.retention from lanes l join topics t on t.name = l.topic');
  const selectAges = database.prepare('select offset, at from events where lane = ? order by offset limit ?');
  const deleteEvents = database.prepare('delete from events where lane = ? and offset < ?');

  const find = (topic: string): readonly LaneRow[] => selectLanes.all(topic) as unknown as LaneRow[];
  const lanesOf = (topic: string): readonly LaneRow[] => {
    const lanes = find(topic);
    if (lanes.length === 0) {
      throw fail('UNKNOWN_TOPIC', `There is no topic '${topic}'`, {
        expected:
          list()
            .map((one) => one.topic)
            .join(', ') || 'a topic that exists, and there is none yet',
        got: topic,
      });
    }
    return lanes;
  };
  const list = () => (selectTopics.all() as unknown as readonly TopicInfo[]).map((row) => ({ ...row }));

  return {
    find,
    lanesOf,
    list,
    lane: (id) => selectLane.get(id) as unknown as LaneRow,
    ensure: (topic, { partitions = DEFAULT_PARTITIONS, retentionMs = WEEK_MS }) => {
      if (insertTopic.run(topic, partitions, retentionMs).changes === 0) return;
      for (let partition = 0; partition < partitions; partition++) insertLane.run(topic, partition);
    },
    grow: (topic, partitions) => {
      const { length } = lanesOf(topic);
      for (let partition = length; partition < partitions; partition++) insertLane.run(topic, partition);
      setPartitions.run(Math.max(length, partitions), topic);
    },
    append: (events) => {
      const now = clock();
      const lanes = new Map<string, readonly LaneRow[]>();
      const ends = new Map<LaneRow, number>();
      for (const { topic, key = null, value, headers, at = now } of events) {
        let found = lanes.get(topic);
        if (!found) {
          found = lanesOf(topic);
          lanes.set(topic, found);
        }
        const lane = found[partitionOf(key, found.length)];
        const offset = ends.get(lane) ?? lane.end;
        insertEvent.run(lane.id, offset, Math.round(at), key, value, writeHeaders(headers));
        ends.set(lane, offset + 1);
      }
      for (const [lane, end] of ends) setEnd.run(end, lane.id);
    },
    read: (lane, offset, most, bytes) => {
      const rows: EventRow[] = [];
      let size = 0;
      for (const row of selectEvents.iterate(lane, offset, most) as Iterable<unknown> as Iterable<EventRow>) {
        rows.push(row);
        size += (row.key?.length ?? 0) + (row.value?.length ?? 0);
        if (size >= bytes) break;
      }
      return rows;
    },
    expire: (now) => {
      let left = MOST_EXPIRED_ROWS;
      for (const { id, retention } of selectKept.all() as unknown as (LaneRow & { retention: number })[]) {
        const ages = selectAges.all(id, left) as unknown as { offset: number; at: number }[];
        const kept = ages.findIndex(({ at }) => at >= now - retention);
        const expired = kept === -1 ? ages.length : kept;
        if (expired === 0) continue;
        const start = (ages[expired - 1]?.offset ?? 0) + 1;
        deleteEvents.run(id, start);
        setStart.run(start, id);
        left -= expired;
        if (left <= 0) break;
      }
      return MOST_EXPIRED_ROWS - left;
    },
  };
};
