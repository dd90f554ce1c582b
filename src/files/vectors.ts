/** Reading DuckDB's vectors into columns: https://duckdb.org/docs/stable/clients/c/vector has their layout. */
import type { DuckDBDataChunk } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import type { ColumnCodec } from './column-types.ts';
import type { Stored } from './table.ts';

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

/** Column `index` of several chunks in a row, copied into one. */
export const readColumn = (
  chunks: readonly DuckDBDataChunk[],
  rows: number,
  index: number,
  codec: ColumnCodec,
): Stored => {
  const { bits } = codec;
  const data = bits ? new bits(rows) : new Array<string | null>(rows).fill(null);
  let valid: Uint8Array | undefined;
  let at = 0;
  for (const chunk of chunks) {
    const count = chunk.rowCount;
    const vector = duckdb.data_chunk_get_vector(chunk.chunk, index);
    // One bit a row, 1 where there is a value; nothing at all when no row of the vector was ever missing.
    const mask: Uint8Array | null = duckdb.vector_get_validity(vector, Math.ceil(count / 64) * 8);
    const isValid = (row: number): boolean => mask === null || ((mask[row >> 3] >> (row & 7)) & 1) === 1;
    if (Array.isArray(data)) readStrings(vector, count, isValid, data, at);
    else if (bits) {
      const bytes = duckdb.vector_get_data(vector, count * bits.BYTES_PER_ELEMENT);
      (data as Float64Array).set(new bits(bytes.buffer, bytes.byteOffset, count) as Float64Array, at);
      if (mask !== null) {
        for (let row = 0; row < count; row++) {
          if (isValid(row)) continue;
          valid ??= new Uint8Array(rows).fill(1);
          valid[at + row] = 0;
        }
      }
    }
    at += count;
  }
  return valid ? { data, valid } : { data };
};
