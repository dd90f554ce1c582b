import { extname } from 'node:path';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { fail } from '../core/errors.ts';
import { type ColumnCodec, codecOf } from './column-types.ts';
import type { ReadSettings } from './format.ts';
import type { FromReadThread, ReadPiece, ReadThreadData, ToReadThread } from './parquet-read-thread.ts';
import { type Source, sourceName } from './place.ts';
import { spoolSource } from './spool.ts';
import { type ColumnSpec, record, type Stored, type TableChunk } from './table.ts';
import { decoderOf } from './values.ts';

const threadFile = new URL(`./parquet-read-thread${extname(import.meta.url)}`, import.meta.url);

interface ParquetColumn extends ColumnSpec {
  readonly codec: ColumnCodec;
}

/** The columns of a piece, as they lie in its buffer. */
const storedOf = (columns: readonly ParquetColumn[], { rows, buffer, columns: packed }: ReadPiece) => {
  const stored = record<Stored>();
  columns.forEach(({ name, codec: { bits } }, index) => {
    const { data, valid } = packed[index];
    if (typeof data !== 'number' || bits === undefined) stored[name] = { data: typeof data === 'number' ? [] : data };
    else {
      stored[name] = {
        data: new bits(buffer, data, rows),
        ...(valid !== undefined && { valid: new Uint8Array(buffer, valid, rows) }),
      };
    }
  });
  return stored;
};

/** The thread's messages, one after another. */
const startThread = (data: Omit<ReadThreadData, 'port'>) => {
  const { port1: port, port2 } = new MessageChannel();
  const worker = new Worker(threadFile, { workerData: { ...data, port: port2 }, transferList: [port2] });
  const messages: FromReadThread[] = [];
  let failure: Error | undefined;
  let wake = (): void => {};
  port.on('message', (message: FromReadThread) => {
    messages.push(message);
    wake();
  });
  worker.on('error', (error) => {
    failure ??= error instanceof Error ? error : new Error(String(error));
    wake();
  });
  const exited = new Promise<void>((resolve) => {
    worker.on('exit', () => {
      // What the thread said last may still be on its way when its end is told.
      for (let last = receiveMessageOnPort(port); last; last = receiveMessageOnPort(port)) messages.push(last.message);
      failure ??= new Error('The thread that reads Parquet ended.');
      resolve();
      wake();
    });
  });
  // Only a reader that waits keeps the process alive, not one that was forgotten.
  worker.unref();
  port.unref();
  return {
    say: (message: ToReadThread) => port.postMessage(message),
    async next(): Promise<FromReadThread> {
      port.ref();
      try {
        for (;;) {
          const message = messages.shift();
          if (message) return message;
          if (failure) throw failure;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        port.unref();
      }
    },
    async stop(): Promise<void> {
      port.postMessage({ stop: true } satisfies ToReadThread);
      worker.ref();
      await exited;
      port.close();
    },
  };
};

/** Reads a Parquet file in chunks of about `chunkRows` rows; a stream is first written to a temporary file. */
export async function* readParquet(source: Source, { chunkRows, wanted }: ReadSettings): AsyncGenerator<TableChunk> {
  const name = sourceName(source);
  const { path, remove } = await spoolSource(source);
  const thread = startThread({ path, chunkRows });
  const next = async (): Promise<Exclude<FromReadThread, { readonly failed: string }>> => {
    const message = await thread.next();
    if (!('failed' in message)) return message;
    const got = message.failed.split('\n', 1)[0];
    throw fail('BAD_FILE', `${name} cannot be read as Parquet: ${got}`, { expected: 'a Parquet file', got });
  };
  try {
    const head = await next();
    if (!('columns' in head)) throw new Error('The thread that reads Parquet said something else first.');
    const columns = head.columns.map((column) => ({ ...column, codec: codecOf(column.type) }));
    const decode = decoderOf(columns, wanted);
    const types = record<string>();
    for (const column of columns) types[column.name] = column.type;
    let read = 0;
    let free: SharedArrayBuffer | undefined;
    const chunkOf = (piece: ReadPiece): TableChunk => {
      const stored = storedOf(columns, piece);
      const before = read;
      read += piece.rows;
      return {
        rows: piece.rows,
        columns: decode(stored, piece.rows),
        types,
        flaws: head.flaws,
        stored,
        rejects: [],
        place: (index) => ({ row: before + index + 1 }),
        share: head.total > 0 ? read / head.total : 1,
        release: () => {
          free = piece.buffer;
        },
      };
    };
    for (;;) {
      thread.say({ more: true, ...(free && { reuse: free }) });
      free = undefined;
      const message = await next();
      if ('piece' in message) yield chunkOf(message.piece);
      else break;
    }
    if (read === 0) {
      const empty = columns.map(({ codec }) => ({ data: codec.bits ? 0 : [] }));
      yield chunkOf({ rows: 0, buffer: new SharedArrayBuffer(0), columns: empty });
    }
  } finally {
    await thread.stop();
    await remove();
  }
}
