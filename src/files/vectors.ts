/** Reading DuckDB's vectors into columns: https://duckdb.org/docs/stable/clients/c/vector has their layout. */
import type { DuckDBDataChunk } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import type { ColumnCodec } from './column-codec.ts';

/** A string is 16 bytes: its length, then the text itself up to 12 bytes, else 4 bytes of it and a pointer. */
const STRING_BYTES = 16;
const INLINE_BYTES = 12;

type Vector = ReturnType<typeof duckdb.data_chunk_get_vector>;

const readStrings = (
  vector: Vector,
  rows: number,
  valid: (row: number) => boolean,
  into: (string | null)[],
  at: number,
): void => {
  const bytes = duckdb.vector_get_data(vector, rows * STRING_BYTES);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let row = 0; row < rows; row++) {
    if (!valid(row)) continue;
    const start = row * STRING_BYTES;
    const length = buffer.readUInt32LE(start);
    if (length <= INLINE_BYTES) into[at + row] = buffer.toString('utf8', start + 4, start + 4 + length);
    else {
      const far = duckdb.get_data_from_pointer(bytes.buffer as ArrayBuffer, bytes.byteOffset + start + 8, length);
      into[at + row] = Buffer.from(far.buffer, far.byteOffset, length).toString('utf8');
    }
  }
};

/** A place in one buffer for each column of fixed width, and for what says where it has values. */
export interface Room {
  readonly buffer: SharedArrayBuffer;
  /** Bytes from here on are free. */
  take(bytes: number): number;
}

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** How many bytes these columns may need. */
export const roomFor = (codecs: readonly ColumnCodec[], rows: number): number =>
  codecs.reduce((bytes, { bits }) => bytes + (bits ? aligned(rows * bits.BYTES_PER_ELEMENT) + aligned(rows) : 0), 0);

/** Room in a buffer, which is `reuse` where that is large enough. */
export const createRoom = (bytes: number, reuse: SharedArrayBuffer | undefined): Room => {
  let free = 0;
  return {
    buffer: reuse !== undefined && reuse.byteLength >= bytes ? reuse : new SharedArrayBuffer(bytes),
    take(size) {
      const at = free;
      free += aligned(size);
      return at;
    },
  };
};

/** A column in a room: where its bits lie (or its text itself), and where one byte a row says whether it has a value. */
export interface RoomColumn {
  readonly data: number | readonly (string | null)[];
  readonly valid?: number;
}

/** Column `index` of several chunks, copied one behind the other. */
export const readColumn = (
  chunks: readonly DuckDBDataChunk[],
  rows: number,
  index: number,
  { bits }: ColumnCodec,
  room: Room,
): RoomColumn => {
  const texts = bits ? [] : new Array<string | null>(rows).fill(null);
  const data = bits ? room.take(rows * bits.BYTES_PER_ELEMENT) : 0;
  const into = new Uint8Array(room.buffer);
  let valid: number | undefined;
  let at = 0;
  for (const chunk of chunks) {
    const count = chunk.rowCount;
    const vector = duckdb.data_chunk_get_vector(chunk.chunk, index);
    // One bit a row, 1 where there is a value; nothing at all when no row of the vector was ever missing.
    const mask: Uint8Array | null = duckdb.vector_get_validity(vector, Math.ceil(count / 64) * 8);
    const isValid = (row: number): boolean => mask === null || ((mask[row >> 3] >> (row & 7)) & 1) === 1;
    if (bits) {
      const width = bits.BYTES_PER_ELEMENT;
      into.set(duckdb.vector_get_data(vector, count * width), data + at * width);
      for (let row = 0; mask !== null && row < count; row++) {
        if (isValid(row)) continue;
        if (valid === undefined) {
          valid = room.take(rows);
          into.fill(1, valid, valid + rows);
        }
        into[valid + at + row] = 0;
      }
    } else readStrings(vector, count, isValid, texts, at);
    at += count;
  }
  return { data: bits ? data : texts, ...(valid !== undefined && { valid }) };
};
