/**
 * The reading side of Parquet, in a thread of its own: DuckDB hands over 2,048 rows at a time and wants to be asked for
 * each, which would cost the scoring thread a wait every time. Here they become large pieces, one ahead of the reader.
 */

import { type MessagePort, workerData } from 'node:worker_threads';
import type { DuckDBDataChunk } from '@duckdb/node-api';
import { codecOf } from './column-types.ts';
import { identifier, literal, openDuck } from './duckdb.ts';
import { type Flaw, flawsOf, type SchemaNode } from './flaws.ts';
import type { ColumnSpec } from './table.ts';
import { createRoom, type RoomColumn, readColumn, roomFor } from './vectors.ts';

export interface ReadPiece {
  readonly rows: number;
  /** Shared, so that threads which score see it without a copy. */
  readonly buffer: SharedArrayBuffer;
  readonly columns: readonly RoomColumn[];
}
/** `more` asks for a piece, and hands back a buffer that may be filled anew. */
export type ToReadThread = { readonly more: true; readonly reuse?: SharedArrayBuffer } | { readonly stop: true };
/** First the table, then pieces as they are asked for, then the end; or a failure. */
export type FromReadThread =
  | { readonly columns: readonly ColumnSpec[]; readonly flaws: Readonly<Record<string, Flaw>>; readonly total: number }
  | { readonly piece: ReadPiece }
  | { readonly end: true }
  | { readonly failed: string };

export interface ReadThreadData {
  readonly path: string;
  readonly chunkRows: number;
  readonly port: MessagePort;
}

const { path, chunkRows, port } = workerData as ReadThreadData;
const say = (message: FromReadThread): void => port.postMessage(message);

let asked = 0;
let stopped = false;
let reuse: SharedArrayBuffer | undefined;
let wake = (): void => {};
port.on('message', (message: ToReadThread) => {
  if ('stop' in message) stopped = true;
  else {
    asked++;
    reuse = message.reuse ?? reuse;
  }
  wake();
});

/** True when a piece is wanted, false when none ever will be again. */
const isWanted = async (): Promise<boolean> => {
  while (asked === 0 && !stopped) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  asked--;
  return !stopped;
};

const duck = await openDuck();
try {
  const from = `read_parquet(${literal(path)}, hive_partitioning = false)`;
  const described = await duck.connection.runAndReadAll(`SELECT column_name, column_type FROM (DESCRIBE FROM ${from})`);
  const all = described.getRows().map(([name, type]): ColumnSpec => ({ name: String(name), type: String(type) }));
  const schema = await duck.connection.runAndReadAll(
    `SELECT type, logical_type, precision::INTEGER, scale::INTEGER, coalesce(num_children, 0)::INTEGER
      FROM parquet_schema(${literal(path)})`,
  );
  const found = flawsOf(
    schema.getRows().map(([type, logical, precision, scale, children]) => {
      return { type, logical, precision, scale, children } as SchemaNode;
    }),
  );
  const flaws = Object.fromEntries(all.flatMap(({ name }, index) => (found[index] ? [[name, found[index]]] : [])));
  const columns = all.filter((_, index) => found[index]?.what !== 'unread');
  const counted = await duck.connection.runAndReadAll(
    `SELECT sum(num_rows)::DOUBLE FROM parquet_file_metadata(${literal(path)})`,
  );
  say({ columns, flaws, total: Number(counted.getRows()[0]?.[0] ?? 0) });

  const codecs = columns.map(({ type }) => codecOf(type));
  const selected = columns.map(({ name }, index) => {
    const quoted = identifier(name);
    return `${codecs[index].out?.(quoted) ?? quoted} AS ${quoted}`;
  });
  const result = await duck.connection.stream(`SELECT ${selected.join(', ') || 'NULL'} FROM ${from}`);
  while (!stopped) {
    const chunks: DuckDBDataChunk[] = [];
    let rows = 0;
    while (rows < chunkRows && !stopped) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      chunks.push(chunk);
      rows += chunk.rowCount;
    }
    const room = createRoom(roomFor(codecs, rows), reuse);
    if (room.buffer === reuse) reuse = undefined;
    const read = codecs.map((codec, index) => readColumn(chunks, rows, index, codec, room));
    if (!(await isWanted())) break;
    if (rows === 0) {
      say({ end: true });
      break;
    }
    say({ piece: { rows, buffer: room.buffer, columns: read } });
  }
} catch (error) {
  say({ failed: error instanceof Error ? error.message : String(error) });
} finally {
  duck.close();
  port.close();
}
