/**
 * The writing side of Parquet, in a thread of its own. DuckDB's COPY pulls rows out of a table function, which waits here
 * for the next piece: so one COPY writes a whole file, in order and in flat memory, while the other thread scores. Files
 * are written one after another; one that fails does not keep the next from being written.
 */

import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type DuckDBDataChunk, DuckDBTableFunction } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import { type ColumnCodec, codecOf } from './column-types.ts';
import { identifier, literal, openDuck } from './duckdb.ts';
import type { ColumnSpec } from './table.ts';

/** Fixed-width columns lie in one buffer, `data` and `valid` (one bit a row, as DuckDB wants it) being places in it. */
export interface PackedColumn {
  readonly data: number | readonly (string | null)[];
  readonly valid?: number;
}
export interface Piece {
  readonly rows: number;
  readonly buffer: ArrayBuffer;
  readonly columns: readonly PackedColumn[];
}
export interface FileToWrite {
  readonly path: string;
  readonly columns: readonly ColumnSpec[];
  readonly rowGroup: number;
}
/** A file, its pieces, and one `end` or `cancel`; `leave` ends the thread. */
export type ToThread =
  | { readonly open: FileToWrite }
  | { readonly piece: Piece }
  | { readonly end: true }
  | { readonly cancel: true }
  | { readonly leave: true };
/** `free` hands a buffer back to be filled again; `done` or `failed` is the last that is said of a file. */
export type FromThread = { readonly free: ArrayBuffer } | { readonly done: true } | { readonly failed: string };

export interface ThreadData {
  readonly port: MessagePort;
  /** Counts messages, to sleep on. */
  readonly posted: Int32Array;
  /** 1 when this thread has left DuckDB. */
  readonly left: Int32Array;
}

/** Distinct values in a row group past which a column has no dictionary; looking further costs a third of the writing. */
const DICTIONARY = 4096;
/** Rows in a vector, at most. */
const VECTOR = 2048;

const { port, posted, left } = workerData as ThreadData;
const say = (message: FromThread, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

/** The next message; sleeps until there is one. */
const receive = (): ToThread => {
  for (;;) {
    const seen = Atomics.load(posted, 0);
    const received = receiveMessageOnPort(port);
    if (received) return received.message as ToThread;
    Atomics.wait(posted, 0, seen);
  }
};

const fill = (
  chunk: DuckDBDataChunk,
  { buffer, columns }: Piece,
  codecs: readonly ColumnCodec[],
  offset: number,
  count: number,
): void => {
  columns.forEach(({ data, valid }, index) => {
    const vector = duckdb.data_chunk_get_vector(chunk.chunk, index);
    const width = codecs[index].bits?.BYTES_PER_ELEMENT;
    if (typeof data === 'number' && width !== undefined) {
      duckdb.copy_data_to_vector(vector, 0, buffer, data + offset * width, count * width);
      if (valid === undefined) return;
      duckdb.vector_ensure_validity_writable(vector);
      duckdb.copy_data_to_vector_validity(vector, 0, buffer, valid + offset / 8, Math.ceil(count / 64) * 8);
    } else if (typeof data !== 'number') {
      let mask: Uint8Array | undefined;
      for (let row = 0; row < count; row++) {
        const text = data[offset + row];
        if (text !== null) duckdb.vector_assign_string_element(vector, row, text);
        else {
          mask ??= new Uint8Array(VECTOR / 8).fill(255);
          mask[row >> 3] &= ~(1 << (row & 7));
        }
      }
      if (mask === undefined) return;
      duckdb.vector_ensure_validity_writable(vector);
      duckdb.copy_data_to_vector_validity(vector, 0, mask.buffer as ArrayBuffer, 0, mask.length);
    }
  });
};

/** The messages of one file. What it does not take is left for `drain`. */
const openInbox = () => {
  let isOver = false;
  let isLeaving = false;
  const next = (): ToThread => {
    const message = receive();
    isLeaving ||= 'leave' in message;
    isOver ||= !('piece' in message);
    return message;
  };
  return {
    next,
    /** Resolves to false when the thread was told to go. */
    drain(): boolean {
      while (!isOver) next();
      return !isLeaving;
    },
  };
};
type Inbox = ReturnType<typeof openInbox>;

/** The pieces of one file, as rows of a table. */
const piecesOf = (name: string, codecs: readonly ColumnCodec[], inbox: Inbox): DuckDBTableFunction => {
  let piece: Piece | undefined;
  let offset = 0;
  return DuckDBTableFunction.create({
    name,
    bindFunction: (info) => {
      codecs.forEach(({ vector }, index) => {
        info.addResultColumn(`c${index}`, vector);
      });
    },
    initFunction: () => {},
    mainFunction: (info, chunk) => {
      while (piece === undefined || offset >= piece.rows) {
        if (piece) say({ free: piece.buffer }, [piece.buffer]);
        piece = undefined;
        offset = 0;
        const message = inbox.next();
        if ('piece' in message) piece = message.piece;
        else if ('end' in message) {
          chunk.rowCount = 0;
          return;
        } else {
          info.setError('cancelled');
          return;
        }
      }
      const count = Math.min(VECTOR, piece.rows - offset);
      chunk.rowCount = count;
      fill(chunk, piece, codecs, offset, count);
      offset += count;
    },
  });
};

const duck = await openDuck();
let files = 0;
const write = async ({ path, columns, rowGroup }: FileToWrite, inbox: Inbox): Promise<void> => {
  const moving = columns.filter(({ constant }) => constant === undefined);
  const codecs = moving.map(({ type }) => codecOf(type));
  const select = columns.map((column) => {
    const index = moving.indexOf(column);
    const source = `c${index}`;
    const value = index === -1 ? literal(column.constant ?? '') : (codecs[index].into?.(source) ?? source);
    return `${value} AS ${identifier(column.name)}`;
  });
  const name = `rows_${files++}`;
  duck.connection.registerTableFunction(piecesOf(name, codecs, inbox));
  await duck.connection.run(
    `COPY (SELECT ${select.join(', ')} FROM ${name}()) TO ${literal(path)} (FORMAT parquet, USE_TMP_FILE false, COMPRESSION snappy, ROW_GROUP_SIZE ${rowGroup}, DICTIONARY_SIZE_LIMIT ${DICTIONARY})`,
  );
};

try {
  for (let message = receive(); 'open' in message; message = receive()) {
    const inbox = openInbox();
    let last: FromThread = { done: true };
    try {
      await write(message.open, inbox);
    } catch (error) {
      last = { failed: error instanceof Error ? error.message : String(error) };
    }
    say(last);
    if (!inbox.drain()) break;
  }
} finally {
  duck.close();
  Atomics.store(left, 0, 1);
  Atomics.notify(left, 0);
  port.close();
}
