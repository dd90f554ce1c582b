/**
 * The reading side of Parquet, in a thread of its own: DuckDB hands over 2,048 rows at a time and wants to be asked for
 * each, which would cost the scoring thread a wait every time. Here they become large pieces, one ahead of the reader.
 */
import type { DuckDBDataChunk } from '@duckdb/node-api';
import { serveThread } from '../threads/serve-thread.ts';
import { codecOf } from './column-types.ts';
import { identifier, literal, openDuck } from './duckdb.ts';
import { type FileFlaw, flawsOf, type SchemaNode } from './flaws.ts';
import { type ColumnSpec, columnsAmong } from './table.ts';
import { createRoom, type RoomColumn, readColumn, roomFor } from './vectors.ts';

export interface ReadPiece {
  readonly rows: number;
  /** Shared, so that threads which score see it without a copy. */
  readonly buffer: SharedArrayBuffer;
  readonly columns: readonly RoomColumn[];
}

/** What a file holds. */
interface Head {
  readonly columns: readonly ColumnSpec[];
  readonly flaws: Readonly<Record<string, FileFlaw>>;
  readonly total: number;
}

/** Values of a piece, at most, where it has more rows than DuckDB gives at a time: so that wide tables take no more memory than others. */
const MOST_VALUES = 2 ** 21;

const duck = await openDuck();
let isStopped = false;
/** A buffer that has come back, to be filled anew. */
let reuse: SharedArrayBuffer | undefined;
/** The piece that will be asked for next, or undefined after the last. */
let ahead: Promise<ReadPiece | undefined> = Promise.resolve(undefined);
let readPiece: () => Promise<ReadPiece | undefined>;

const ask = async (sql: string): Promise<unknown[][]> => (await duck.connection.runAndReadAll(sql)).getRows();

const headOf = async (path: string, from: string): Promise<Head> => {
  const described = await ask(`SELECT column_name, column_type FROM (DESCRIBE FROM ${from})`);
  const all = described.map(([name, type]): ColumnSpec => ({ name: String(name), type: String(type) }));
  const schema = await ask(
    `SELECT type, logical_type, precision::INTEGER, scale::INTEGER, coalesce(num_children, 0)::INTEGER
      FROM parquet_schema(${literal(path)})`,
  );
  const found = flawsOf(
    schema.map(([type, logical, precision, scale, children]) => {
      return { type, logical, precision, scale, children } as SchemaNode;
    }),
  );
  const [counted] = await ask(`SELECT sum(num_rows)::DOUBLE FROM parquet_file_metadata(${literal(path)})`);
  return {
    columns: all.filter((_, index) => found[index]?.what !== 'unread'),
    flaws: Object.fromEntries(all.flatMap(({ name }, index) => (found[index] ? [[name, found[index]]] : []))),
    total: Number(counted?.[0] ?? 0),
  };
};

const startReading = async (columns: readonly ColumnSpec[], from: string, chunkRows: number): Promise<void> => {
  const codecs = columns.map(({ type }) => codecOf(type));
  const selected = columns.map(({ name }, index) => {
    const quoted = identifier(name);
    return `${codecs[index].out?.(quoted) ?? quoted} AS ${quoted}`;
  });
  const most = Math.min(chunkRows, Math.max(1, MOST_VALUES / Math.max(1, columns.length)));
  const result = await duck.connection.stream(`SELECT ${selected.join(', ') || 'NULL'} FROM ${from}`);
  readPiece = async () => {
    const chunks: DuckDBDataChunk[] = [];
    let rows = 0;
    while (rows < most && !isStopped) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      chunks.push(chunk);
      rows += chunk.rowCount;
    }
    if (rows === 0 || isStopped) return undefined;
    const room = createRoom(roomFor(codecs, rows), reuse);
    if (room.buffer === reuse) reuse = undefined;
    const read = codecs.map((codec, index) => readColumn(chunks, rows, index, codec, room));
    return { rows, buffer: room.buffer, columns: read };
  };
};

/** Reads the next piece already, whose failure is told to who asks for it. */
const readAhead = (): void => {
  ahead = readPiece();
  ahead.catch(() => undefined);
};

const calls = {
  /** Reads the columns whose names are among `only`; all of them unless given. */
  async open(path: string, chunkRows: number, only: readonly string[] | undefined): Promise<Head> {
    const from = `read_parquet(${literal(path)}, hive_partitioning = false)`;
    const head = await headOf(path, from);
    await startReading(columnsAmong(head.columns, only), from, chunkRows);
    readAhead();
    return head;
  },
  /** The next piece, unless there is none; hands back a buffer that may be filled anew. */
  async next(free: SharedArrayBuffer | undefined): Promise<ReadPiece | undefined> {
    reuse = free ?? reuse;
    const piece = await ahead;
    if (piece !== undefined) readAhead();
    return piece;
  },
  async close(): Promise<void> {
    isStopped = true;
    await ahead.catch(() => undefined);
    duck.close();
  },
};
export type ParquetReadCalls = typeof calls;

serveThread(calls);
