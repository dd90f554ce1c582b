/** What is known of the keys that a deployment has seen: a file that can be made anew from the inbox at any time. */
import { createHash } from 'node:crypto';
import type { StreamEvent } from '../../brokers/broker.ts';
import { fail, MillraceError } from '../../core/errors.ts';
import { openDatabase, whenFree } from '../../store/sqlite.ts';
import { exactJson } from '../../text/exact-json.ts';
import { parseJson } from '../../text/json.ts';
import type { Held, WaitingKey } from './join.ts';

const schema = [
  `create table if not exists partitions (
    inbox text not null,
    partition integer not null,
    next integer not null,
    last integer not null,
    mark text not null,
    primary key (inbox, partition)
  )`,
  `create table if not exists keys (
    inbox text not null,
    partition integer not null,
    key text not null,
    waiting text,
    deadline integer,
    expires integer,
    primary key (inbox, partition, key)
  ) without rowid`,
  'create index if not exists deadlines on keys (inbox, partition, deadline) where deadline is not null',
  'create index if not exists expiries on keys (inbox, partition, expires) where expires is not null',
];

/** Up to where the memory of a partition goes. */
export interface Remembered {
  /** The offset that comes next. */
  readonly next: number;
  /** The last record, and by what it is known again: a log that was made anew has another one there. */
  readonly last: number;
  readonly mark: string;
}

export interface DueKey {
  /** Its name, as in `Changes`. */
  readonly key: string;
  readonly opened: string;
}

export interface Changes {
  /** Where the memory was before; should it be elsewhere by now, somebody else has taken over. */
  readonly before: Remembered | undefined;
  readonly after: Remembered;
  /** By their names: `keyName`. */
  readonly keys: ReadonlyMap<string, Held | undefined>;
  /** What expired before this time, in milliseconds since the epoch, may go. */
  readonly expired: number;
}

/** The memory of one partition of an inbox. */
export interface Memory {
  remembered(): Remembered | undefined;
  /** By the name of the key. */
  load(key: string): Held | undefined;
  /** All or nothing. @throws FENCED, STORE_FAILED */
  change(changes: Changes): Promise<void>;
  /** Those whose deadline is over at `now`, the earliest first. */
  due(now: number, most: number): readonly DueKey[];
  nextDeadline(): number | undefined;
  /** How many keys wait. */
  waiting(): number;
  forgetAll(): Promise<void>;
}

export interface Memories {
  of(inbox: string, partition: number): Memory;
  close(): void;
}

/** By what a record is known again. */
export const markOf = ({ at, key, value }: StreamEvent): string =>
  createHash('sha256')
    .update(`${at} `)
    .update(key ?? '')
    .update(value ?? '')
    .digest('hex');

/** How many expired keys one change removes at most; more come than go only while there are none. */
const MOST_FORGOTTEN = 1000;

/** @throws STORE_FAILED */
export const openMemories = async (path: string): Promise<Memories> => {
  const place = `sqlite:${path}`;
  const database = await openDatabase(path, place);
  /** One transaction; what `work` throws of its own is handed on as it is. */
  const write = async (work: () => void): Promise<void> => {
    const thrown = await whenFree(place, (): MillraceError | undefined => {
      database.exec('begin immediate');
      try {
        work();
        database.exec('commit');
        return undefined;
      } catch (error) {
        if (database.isTransaction) database.exec('rollback');
        if (error instanceof MillraceError) return error;
        throw error;
      }
    });
    if (thrown) throw thrown;
  };
  try {
    await write(() => {
      for (const statement of schema) database.exec(statement);
    });
  } catch (error) {
    database.close();
    throw error;
  }
  const here = 'inbox = ? and partition = ?';
  const selectPartition = database.prepare(`select next, last, mark from partitions where ${here}`);
  const setPartition = database.prepare('insert or replace into partitions values (?, ?, ?, ?, ?)');
  const selectKey = database.prepare(`select waiting, deadline, expires from keys where ${here} and key = ?`);
  const setKey = database.prepare('insert or replace into keys values (?, ?, ?, ?, ?, ?)');
  const removeKey = database.prepare(`delete from keys where ${here} and key = ?`);
  const removeExpired = database.prepare(
    `delete from keys where ${here} and key in (select key from keys where ${here} and expires < ? limit ${MOST_FORGOTTEN})`,
  );
  const selectDue = database.prepare(
    `select key, waiting from keys where ${here} and deadline <= ? order by deadline limit ?`,
  );
  const selectNext = database.prepare(`select min(deadline) as next from keys where ${here} and deadline is not null`);
  const countWaiting = database.prepare(`select count(*) as n from keys where ${here} and deadline is not null`);
  const removeKeys = database.prepare(`delete from keys where ${here}`);
  const removePartition = database.prepare(`delete from partitions where ${here}`);

  const of = (inbox: string, partition: number): Memory => {
    const remembered = (): Remembered | undefined => {
      const row = selectPartition.get(inbox, partition);
      return row && { next: Number(row.next), last: Number(row.last), mark: String(row.mark) };
    };
    return {
      remembered,
      load: (key) => {
        const row = selectKey.get(inbox, partition, key);
        if (row === undefined) return undefined;
        return {
          waiting: row.waiting === null ? undefined : (parseJson(String(row.waiting)) as WaitingKey),
          deadline: row.deadline === null ? undefined : Number(row.deadline),
          expires: row.expires === null ? undefined : Number(row.expires),
        };
      },
      change: ({ before, after, keys, expired }) =>
        write(() => {
          if (remembered()?.next !== before?.next) {
            throw fail('FENCED', `${inbox}/${partition} has gone to another process`);
          }
          for (const [key, held] of keys) {
            if (held === undefined) removeKey.run(inbox, partition, key);
            else {
              const { waiting, deadline, expires } = held;
              const text = waiting === undefined ? null : exactJson(waiting);
              setKey.run(inbox, partition, key, text, deadline ?? null, expires ?? null);
            }
          }
          removeExpired.run(inbox, partition, inbox, partition, expired);
          setPartition.run(inbox, partition, after.next, after.last, after.mark);
        }),
      due: (now, most) =>
        selectDue.all(inbox, partition, now, most).map(({ key, waiting }) => ({
          key: String(key),
          opened: (parseJson(String(waiting)) as WaitingKey).opened,
        })),
      nextDeadline: () => {
        const { next } = selectNext.get(inbox, partition) ?? {};
        return next === null || next === undefined ? undefined : Number(next);
      },
      waiting: () => Number(countWaiting.get(inbox, partition)?.n),
      forgetAll: () =>
        write(() => {
          removeKeys.run(inbox, partition);
          removePartition.run(inbox, partition);
        }),
    };
  };
  return { of, close: () => database.close() };
};
