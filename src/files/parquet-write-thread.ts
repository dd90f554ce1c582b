/**
 * The writing side of Parquet, in a thread of its own. DuckDB's COPY pulls rows out of a table function, which waits here
 * for the next piece: so one COPY writes a whole file, in order and in flat memory, while the other thread scores. Files
 * are written one after another; one that fails does not keep the next from being written.
 */
import { type DuckDBDataChunk, DuckDBTableFunction } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import { awaitCall, type Heard, tellLeft } from '../threads/bell.ts';
import type { ColumnCodec } from './column-codec.ts';
import { codecOf } from './column-types.ts';
import { identifier, literal, openDuck } from './duckdb.ts';
import type { ColumnSpec } from './table.ts';

/** Fixed-width columns lie in one buffer, `data` and `valid` (one bit a row, as DuckDB wants it) being places in it. */
export interface PackedColumn {
  readonly data: number | readonly (string | null)[];
  readonly valid?: number;
}
export interface ParquetPiece {
  readonly rows: number;
  readonly buffer: ArrayBuffer;
  readonly columns: readonly PackedColumn[];
}
export interface FileToWrite {
  readonly path: string;
  readonly columns: readonly ColumnSpec[];
  readonly rowGroup: number;
}
/** A file, its pieces, and one `end` or `cancel`, in this order; `close` ends the thread. */
export type ParquetWriteCalls = {
  /** Answered when the file is written, or cancelled. */
  readonly open: (file: FileToWrite) => void;
  /** Answered with the piece's buffer, to be filled again. */
  readonly piece: (piece: ParquetPiece) => ArrayBuffer;
  readonly end: () => void;
  readonly cancel: () => void;
  readonly close: () => void;
};
type Message = Heard<ParquetWriteCalls>;

/**
 * Distinct values in a row group past which a column has no dictionary; looking further costs a third of the writing. Of a group of few
 * rows a part only: where nearly all values differ a dictionary makes the file larger, and reading it slower.
 */
const dictionaryOf = (rowGroup: number): number => Math.min(4096, rowGroup / 4);
/** Rows in a vector, at most. */
const VECTOR = 2048;

const fill = (
  chunk: DuckDBDataChunk,
  { buffer, columns }: ParquetPiece,
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

/** What is said of one file. What it does not take is left for `drain`. */
const openInbox = () => {
  let isOver = false;
  let isLeaving = false;
  const next = (): Message => {
    const message = awaitCall<ParquetWriteCalls>();
    isLeaving ||= message.name === 'close';
    isOver ||= message.name !== 'piece';
    return message;
  };
  return {
    next,
    /** Returns false when the thread was told to go. */
    drain(): boolean {
      while (!isOver) giveBack(next());
      return !isLeaving;
    },
  };
};
type Inbox = ReturnType<typeof openInbox>;

const giveBack = (message: Message): void => {
  if (message.name === 'piece') message.answer(message.values[0].buffer, [message.values[0].buffer]);
};

/** The pieces of one file, as rows of a table. */
const piecesOf = (name: string, codecs: readonly ColumnCodec[], inbox: Inbox): DuckDBTableFunction => {
  let taken: Extract<Message, { name: 'piece' }> | undefined;
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
      while (taken === undefined || offset >= taken.values[0].rows) {
        if (taken) giveBack(taken);
        taken = undefined;
        offset = 0;
        const message = inbox.next();
        if (message.name === 'piece') taken = message;
        else if (message.name === 'end') {
          chunk.rowCount = 0;
          return;
        } else {
          info.setError('cancelled');
          return;
        }
      }
      const [piece] = taken.values;
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
    `COPY (SELECT ${select.join(', ')} FROM ${name}()) TO ${literal(path)} (FORMAT parquet, USE_TMP_FILE false, COMPRESSION snappy, ROW_GROUP_SIZE ${rowGroup}, DICTIONARY_SIZE_LIMIT ${dictionaryOf(rowGroup)})`,
  );
};

try {
  for (;;) {
    const file = awaitCall<ParquetWriteCalls>();
    if (file.name !== 'open') break;
    const inbox = openInbox();
    try {
      await write(file.values[0], inbox);
      file.answer();
    } catch (error) {
      file.refuse(error);
    }
    if (!inbox.drain()) break;
  }
} finally {
  duck.close();
  tellLeft();
}
