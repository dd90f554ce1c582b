import { fail } from '../core/errors.ts';
import type { PackedColumn, ParquetPiece } from './parquet-write-thread.ts';
import { borrowThread, giveBack } from './parquet-write-threads.ts';
import type { Target } from './place.ts';
import { spoolTarget } from './spool.ts';
import type { ColumnSpec, Rows, Stored, TableWriter } from './table.ts';
import { store } from './values.ts';

/** Pieces on their way to the thread before `write` waits. */
const IN_FLIGHT = 2;
/** Values in a row group: DuckDB’s 122,880 rows for tables of up to 68 columns, fewer for wider ones. */
const ROW_GROUP_VALUES = 2 ** 23;
const rowGroupOf = (columns: number): number =>
  Math.max(2048, Math.min(122_880, Math.floor(ROW_GROUP_VALUES / Math.max(1, columns) / 2048) * 2048));

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** Copies fixed-width columns into one buffer, so that a piece moves between threads without copies of its own. */
const pack = (rows: number, stored: readonly Stored[], reuse: ArrayBuffer | undefined): ParquetPiece => {
  let size = 0;
  const mask = Math.ceil(rows / 64) * 8;
  const columns = stored.map(({ data, valid }): PackedColumn => {
    if (!('buffer' in data)) return { data };
    const at = size;
    size += aligned(rows * data.BYTES_PER_ELEMENT);
    if (valid === undefined) return { data: at };
    size += mask;
    return { data: at, valid: size - mask };
  });
  const buffer = reuse !== undefined && reuse.byteLength >= size ? reuse : new ArrayBuffer(size);
  columns.forEach((column, index) => {
    const { data, valid } = stored[index];
    if (typeof column.data !== 'number' || !('buffer' in data)) return;
    const bytes = new Uint8Array(buffer, column.data, rows * data.BYTES_PER_ELEMENT);
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, bytes.length));
    if (column.valid === undefined || valid === undefined) return;
    const bits = new Uint8Array(buffer, column.valid, mask).fill(255);
    for (let row = 0; row < rows; row++) if (valid[row] === 0) bits[row >> 3] &= ~(1 << (row & 7));
  });
  return { rows, buffer, columns };
};

/** A Parquet file written in row order, in flat memory, by a thread beside this one. */
export const writeParquet = async (target: Target, columns: readonly ColumnSpec[]): Promise<TableWriter> => {
  if (columns.length === 0) {
    throw fail('BAD_FILE', 'A Parquet file needs at least one column.', { expected: 'columns', got: 'none' });
  }
  const moving = columns.filter(({ constant }) => constant === undefined);
  const file = await spoolTarget(target);
  let inFlight = 0;
  let failure: Error | undefined;
  let done = false;
  let finished = false;
  const free: ArrayBuffer[] = [];
  let wake = (): void => {};
  const fails = (error: Error): void => {
    failure ??= error;
    wake();
  };
  const thread = borrowThread();
  const toWrite = {
    path: file.path,
    // Only what a thread can be sent: a caller's columns may carry more.
    columns: columns.map(({ name, type, constant }) => ({ name, type, constant })),
    rowGroup: rowGroupOf(columns.length),
  };
  thread.ask('open', [toWrite]).then(() => {
    done = true;
    wake();
  }, fails);
  const post = (piece: ParquetPiece): void => {
    inFlight++;
    thread.ask('piece', [piece], [piece.buffer]).then((buffer) => {
      inFlight--;
      free.push(buffer);
      wake();
    }, fails);
  };
  const finish = (how: 'end' | 'cancel'): void => {
    finished = true;
    thread.say(how, []);
    giveBack(thread);
  };

  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) {
      if (failure !== undefined) throw failure;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (failure !== undefined) throw failure;
  };

  return {
    async write({ rows, columns: values, stored }: Rows) {
      if (rows === 0) return;
      await until(() => inFlight < IN_FLIGHT);
      const packed = pack(
        rows,
        moving.map(({ name, type }) => stored?.[name] ?? store(name, type, values[name], rows)),
        free.pop(),
      );
      post(packed);
    },
    async close() {
      finish('end');
      await until(() => done);
      return file.commit();
    },
    async abort() {
      if (!finished) finish('cancel');
      // DuckDB must have let go of the file.
      await until(() => done).catch(() => {});
      await file.discard();
    },
  };
};
