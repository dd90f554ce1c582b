/** Tuples of COPY's binary format into columns as `files` stores them. */

import { codecOf } from '../../files/column-types.ts';
import { type Bits, type ColumnSpec, record, type Stored, type TableChunk } from '../../files/table.ts';
import { decoderOf } from '../../files/values.ts';
import type { ReadQueryOptions } from '../database.ts';
import { DAYS_MAX, DAYS_MIN, EPOCH_DAY_COUNT, EPOCH_MICROS, MICROS_MAX, MICROS_MIN } from './types.ts';

const SIGNATURE = 11;
const HEADER = SIGNATURE + 8;

/** Writes one value, found at `at` and `size` bytes long, as value `row` of the column. */
type Take = (bytes: Buffer, at: number, size: number, row: number) => void;

interface Building {
  readonly data: Bits | (string | null)[];
  valid: Uint8Array | undefined;
  readonly take: Take;
}

/** µs since 1970; the infinities stay out of every calendar. */
const micros = (value: bigint): bigint => {
  if (value === MICROS_MAX) return value;
  return value === MICROS_MIN ? -MICROS_MAX : value + EPOCH_MICROS;
};
const days = (value: number): number => {
  if (value === DAYS_MAX) return value;
  return value === DAYS_MIN ? -DAYS_MAX : value + EPOCH_DAY_COUNT;
};

const building = ({ type }: ColumnSpec, rows: number): Building => {
  const { bits } = codecOf(type);
  const data: Bits | (string | null)[] = bits ? new bits(rows) : new Array<string | null>(rows).fill(null);
  const numbers = data as Record<number, number>;
  const bigints = data as Record<number, bigint>;
  const take = ((): Take => {
    switch (type) {
      case 'BOOLEAN':
        return (bytes, at, _, row) => {
          numbers[row] = bytes[at];
        };
      case 'SMALLINT':
        return (bytes, at, _, row) => {
          numbers[row] = bytes.readInt16BE(at);
        };
      case 'INTEGER':
        return (bytes, at, _, row) => {
          numbers[row] = bytes.readInt32BE(at);
        };
      case 'DATE':
        return (bytes, at, _, row) => {
          numbers[row] = days(bytes.readInt32BE(at));
        };
      case 'BIGINT':
        return (bytes, at, _, row) => {
          bigints[row] = bytes.readBigInt64BE(at);
        };
      case 'TIMESTAMP':
      case 'TIMESTAMP WITH TIME ZONE':
        return (bytes, at, _, row) => {
          bigints[row] = micros(bytes.readBigInt64BE(at));
        };
      case 'FLOAT':
        return (bytes, at, _, row) => {
          numbers[row] = bytes.readFloatBE(at);
        };
      case 'DOUBLE':
        return (bytes, at, _, row) => {
          numbers[row] = bytes.readDoubleBE(at);
        };
      default:
        return (bytes, at, size, row) => {
          (data as (string | null)[])[row] = bytes.toString('utf8', at, at + size);
        };
    }
  })();
  return { data, valid: undefined, take };
};

const cut = ({ data, valid }: Building, rows: number): Stored => {
  const short = ArrayBuffer.isView(data) ? data.subarray(0, rows) : data.slice(0, rows);
  return valid ? { data: short, valid: valid.subarray(0, rows) } : { data: short };
};

/** Reads the bytes of a COPY … TO STDOUT (FORMAT binary), however they are cut, into chunks of `chunkRows` rows. */
export async function* readCopy(
  source: AsyncIterable<Buffer>,
  columns: readonly ColumnSpec[],
  { chunkRows, wanted }: ReadQueryOptions,
): AsyncGenerator<TableChunk> {
  const decode = decoderOf(columns, wanted);
  const types = record<string>();
  for (const { name, type } of columns) types[name] = type;
  const start = (): Building[] => columns.map((column) => building(column, chunkRows));
  let parts = start();
  let rows = 0;
  let before = 0;

  const flush = (): TableChunk => {
    const stored = record<Stored>();
    columns.forEach(({ name }, index) => {
      stored[name] = cut(parts[index], rows);
    });
    const first = before;
    const chunk: TableChunk = {
      rows,
      columns: decode(stored, rows),
      stored,
      types,
      rejects: [],
      place: (index) => ({ row: first + index + 1 }),
    };
    before += rows;
    rows = 0;
    parts = start();
    return chunk;
  };

  let bytes: Buffer = Buffer.alloc(0);
  let at = 0;
  let headed = false;
  let yielded = false;

  /** Takes the tuple at `at`; false when it is not all there yet. */
  const tuple = (): boolean => {
    let end = at + 2;
    if (end > bytes.length) return false;
    const count = bytes.readInt16BE(at);
    if (count === -1) {
      at = end;
      return true;
    }
    for (let index = 0; index < count; index++) {
      if (end + 4 > bytes.length) return false;
      const size = bytes.readInt32BE(end);
      end += size > 0 ? size + 4 : 4;
    }
    if (end > bytes.length) return false;
    let place = at + 2;
    for (let index = 0; index < count; index++) {
      const size = bytes.readInt32BE(place);
      place += 4;
      const part = parts[index];
      if (size >= 0) {
        part.take(bytes, place, size, rows);
        place += size;
      } else if (ArrayBuffer.isView(part.data)) {
        part.valid ??= new Uint8Array(chunkRows).fill(1);
        part.valid[rows] = 0;
      }
    }
    rows++;
    at = end;
    return true;
  };

  for await (const block of source) {
    bytes = at === bytes.length ? block : Buffer.concat([bytes.subarray(at), block]);
    at = 0;
    if (!headed) {
      if (bytes.length < HEADER) continue;
      at = HEADER + bytes.readInt32BE(SIGNATURE + 4);
      headed = true;
    }
    while (at < bytes.length && tuple()) {
      if (rows < chunkRows) continue;
      yielded = true;
      yield flush();
    }
  }
  if (rows > 0 || !yielded) yield flush();
}
