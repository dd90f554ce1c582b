import type { DatabaseSync } from 'node:sqlite';
import { openDatabase, whenFree } from '../../store/sqlite.ts';

/** A lane is one partition of one topic. `claims` holds who works on it for a group, and how far that group is. */
const schema = [
  `create table if not exists topics (
    name text primary key,
    partitions integer not null,
    retention integer not null
  )`,
  `create table if not exists lanes (
    id integer primary key,
    topic text not null references topics (name),
    partition integer not null,
    start integer not null default 0,
    end integer not null default 0,
    unique (topic, partition)
  )`,
  `create table if not exists events (
    lane integer not null,
    offset integer not null,
    at integer not null,
    key blob,
    value blob,
    headers blob,
    primary key (lane, offset)
  ) without rowid`,
  `create table if not exists members (
    grp text not null,
    member text not null,
    host text not null,
    pid integer not null,
    lease integer not null,
    topics text not null,
    primary key (grp, member)
  )`,
  `create table if not exists claims (
    grp text not null,
    lane integer not null references lanes (id),
    member text,
    epoch integer not null default 0,
    committed integer not null,
    primary key (grp, lane)
  )`,
];

/** The file of a log, with what all its parts need. */
export interface LogFile {
  readonly database: DatabaseSync;
  readonly place: string;
  /** One transaction, from the first read to the last write; `work` must not wait for anything. */
  write<T>(work: () => T): Promise<T>;
  /** Changes whenever any other process has committed something. */
  version(): number;
  close(): void;
}

export const openLogFile = async (path: string): Promise<LogFile> => {
  const place = `sqlite:${path}`;
  const database = await openDatabase(path, place);
  const attempt = <T>(work: () => T): { readonly result: T } | { readonly error: unknown } => {
    database.exec('begin immediate');
    try {
      const result = work();
      database.exec('commit');
      return { result };
    } catch (error) {
      if (database.isTransaction) database.exec('rollback');
      return { error };
    }
  };
  const write = async <T>(work: () => T): Promise<T> => {
    const outcome = await whenFree(place, () => attempt(work));
    if ('error' in outcome) throw outcome.error;
    return outcome.result;
  };
  try {
    await write(() => {
      for (const statement of schema) database.exec(statement);
    });
  } catch (error) {
    database.close();
    throw error;
  }
  const version = database.prepare('pragma data_version');
  return {
    database,
    place,
    write,
    version: () => Number(version.get()?.data_version),
    close: () => database.close(),
  };
};
