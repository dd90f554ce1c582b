/**
 * One SQLite database in a thread of its own: node:sqlite answers when it is done and not before, so a long sort or a large
 * insert would hold up everything else in the process. One call at a time.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { serveThread } from '../../threads/serve-thread.ts';
import { moved } from '../../threads/wire.ts';
import { createStrayTexts } from './texts.ts';

/** A column of a chunk: numbers (NaN for null) where it holds nothing else, else the values as they are. */
export type PackedValues = Float64Array | readonly unknown[];

export interface FetchedRows {
  readonly rows: number;
  readonly columns: readonly PackedValues[];
  readonly done: boolean;
}

let path = '';
/** How long a statement waits for other processes. */
let patienceMs = 0;
let database: DatabaseSync | undefined;

/** The file is made when something is written to it, and only then. */
const open = (create: boolean): DatabaseSync => {
  if (database) return database;
  if (create) mkdirSync(dirname(path), { recursive: true });
  else if (!existsSync(path)) throw Object.assign(new Error('there is no such file'), { code: 'ENOENT' });
  const opened = new DatabaseSync(path, { timeout: patienceMs, readOnly: false });
  opened.exec('pragma foreign_keys = on');
  database = opened;
  return opened;
};

/** Readers go on while Millrace writes, and see whole transactions; `synchronous = full` so that a commit is durable. */
let isWritable = false;
const openToWrite = (): DatabaseSync => {
  const opened = open(true);
  if (isWritable) return opened;
  if (path !== ':memory:') opened.exec('pragma journal_mode = wal');
  opened.exec('pragma synchronous = full');
  isWritable = true;
  return opened;
};

interface Cursor {
  readonly sql: string;
  statement: StatementSync;
  rows: Iterator<unknown>;
  delivered: number;
  wide: boolean;
  readonly strays: ReturnType<typeof createStrayTexts>;
}
let cursor: Cursor | undefined;

/** Rows as arrays; integers past 2^53 make the statement start anew with bigints (`wide`), behind the rows already given,
 *  in the same read transaction and so in the same order. */
const openCursor = (sql: string, skip: number, wide: boolean, before?: Cursor): Cursor => {
  const statement = open(false).prepare(sql);
  statement.setReturnArrays(true);
  statement.setReadBigInts(wide);
  const rows = statement.iterate() as Iterator<unknown>;
  for (let row = 0; row < skip; row++) rows.next();
  return { sql, statement, rows, delivered: skip, wide, strays: before?.strays ?? createStrayTexts(open(false), sql) };
};

const isOutOfRange = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_OUT_OF_RANGE';

const narrow = (value: unknown): unknown =>
  typeof value === 'bigint' && value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;

const pack = (rows: readonly (readonly unknown[])[], index: number, wide: boolean): PackedValues => {
  const numbers = new Float64Array(rows.length);
  for (let row = 0; row < rows.length; row++) {
    const value = wide ? narrow(rows[row][index]) : rows[row][index];
    if (typeof value === 'number') numbers[row] = value;
    else if (value === null) numbers[row] = Number.NaN;
    else return rows.map((one) => (wide ? narrow(one[index]) : one[index]));
  }
  return numbers;
};

const fetchRows = (count: number): FetchedRows => {
  if (!cursor) throw new Error('no cursor');
  const rows: unknown[][] = [];
  let done = false;
  while (rows.length < count) {
    try {
      const next = cursor.rows.next();
      if (next.done) {
        done = true;
        break;
      }
      rows.push(next.value as unknown[]);
    } catch (error) {
      if (cursor.wide || !isOutOfRange(error)) throw error;
      cursor = openCursor(cursor.sql, cursor.delivered + rows.length, true, cursor);
    }
  }
  cursor.strays.putInto(rows, cursor.delivered);
  cursor.delivered += rows.length;
  const { wide } = cursor;
  const width = cursor.statement.columns().length;
  const columns = Array.from({ length: width }, (_, index) => pack(rows, index, wide));
  const buffers = columns.flatMap((column) => (column instanceof Float64Array ? [column.buffer as ArrayBuffer] : []));
  return moved({ rows: rows.length, columns, done }, buffers);
};

/** Rows waiting for the end of their transaction, so that the lock on the file is held for moments. */
interface Waiting {
  readonly insert: string;
  readonly chunks: { readonly rows: number; readonly columns: readonly ArrayLike<unknown>[] }[];
}
const waiting = new Map<number, Waiting>();
let loads = 0;

const insertAll = ({ insert, chunks }: Waiting): void => {
  const statement = openToWrite().prepare(insert);
  for (const { rows, columns } of chunks) {
    const values = new Array<SQLInputValue>(columns.length);
    for (let row = 0; row < rows; row++) {
      for (let index = 0; index < columns.length; index++) {
        const value = columns[index][row];
        values[index] =
          value === undefined || (typeof value === 'number' && Number.isNaN(value)) ? null : (value as SQLInputValue);
      }
      statement.run(...values);
    }
  }
};

const handlers = {
  use: (file: string, waitMs: number): void => {
    path = file;
    patienceMs = waitMs;
  },
  columns: (sql: string) =>
    open(false)
      .prepare(sql)
      .columns()
      .map(({ name, type }) => ({ name, type })),
  all: (sql: string, values: readonly unknown[]) => {
    const statement = open(false).prepare(sql);
    statement.setReadBigInts(true);
    return statement
      .all(...(values as readonly SQLInputValue[]))
      .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, narrow(value)])));
  },
  run: (sql: string, values: readonly unknown[]) =>
    Number(
      openToWrite()
        .prepare(sql)
        .run(...(values as readonly SQLInputValue[])).changes,
    ),
  begin: () => openToWrite().exec('begin immediate'),
  end: (how: 'commit' | 'rollback') => {
    const opened = open(true);
    // A failed statement (a full disk) may already have ended the transaction.
    if (how === 'commit' || opened.isTransaction) opened.exec(how);
  },
  openCursor: (sql: string) => {
    open(false).exec('begin');
    cursor = openCursor(sql, 0, false);
  },
  fetch: fetchRows,
  closeCursor: () => {
    cursor?.rows.return?.();
    cursor?.strays.close();
    cursor = undefined;
    if (database?.isTransaction) database.exec('rollback');
  },
  beginLoad: (insert: string): number => {
    waiting.set(++loads, { insert, chunks: [] });
    return loads;
  },
  hold: (load: number, rows: number, columns: readonly ArrayLike<unknown>[]) => {
    waiting.get(load)?.chunks.push({ rows, columns });
  },
  insertHeld: (load: number) => {
    const held = waiting.get(load);
    if (held) insertAll(held);
  },
  drop: (load: number) => {
    waiting.delete(load);
  },
  close: () => {
    database?.close();
    database = undefined;
  },
};

export type SqliteCalls = typeof handlers;

serveThread(handlers);
