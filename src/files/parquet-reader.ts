import { fail } from '../core/errors.ts';
import { beside } from '../threads/ended.ts';
import { startThread } from '../threads/start-thread.ts';
import type { ColumnCodec } from './column-codec.ts';
import { codecOf } from './column-types.ts';
import type { ReadSettings } from './format.ts';
import type { ParquetReadCalls, ReadPiece } from './parquet-read-thread.ts';
import { type ByteSource, sourceName } from './place.ts';
import { spoolSource } from './spool.ts';
import { type ColumnSpec, columnsAmong, record, type Stored, type TableChunk } from './table.ts';
import { decoderOf } from './values.ts';

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

/** Reads a Parquet file in chunks of about `chunkRows` rows; a stream is first written to a temporary file. */
export async function* readParquet(
  source: ByteSource,
  { chunkRows, wanted, only }: ReadSettings,
): AsyncGenerator<TableChunk> {
  const name = sourceName(source);
  const { path, remove } = await spoolSource(source);
  const thread = startThread<ParquetReadCalls>(beside('./parquet-read-thread', import.meta.url), {
    lost: ({ error }) => error ?? new Error('The thread that reads Parquet ended.'),
    told({ message }) {
      const [got] = message.split('\n', 1);
      return fail('BAD_FILE', `${name} cannot be read as Parquet: ${got}`, { expected: 'a Parquet file', got });
    },
  });
  try {
    const head = await thread.ask('open', [path, chunkRows, only]);
    const columns = columnsAmong(head.columns, only).map((column) => ({ ...column, codec: codecOf(column.type) }));
    const decode = decoderOf(columns, wanted);
    const types = record<string>();
    for (const { name: column, type } of head.columns) types[column] = type;
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
      const asked = thread.ask('next', [free]);
      free = undefined;
      const piece = await asked;
      if (piece === undefined) break;
      yield chunkOf(piece);
    }
    if (read === 0) {
      const empty = columns.map(({ codec }) => ({ data: codec.bits ? 0 : [] }));
      yield chunkOf({ rows: 0, buffer: new SharedArrayBuffer(0), columns: empty });
    }
  } finally {
    await thread.close();
    await remove();
  }
}
