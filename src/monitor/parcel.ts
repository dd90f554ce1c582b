/**
 * Calls in a form that is cheap to hand to another thread: single rows, which are most of them, as bytes of one buffer
 * that goes over without a copy; all others as objects, which are cloned.
 *
 * Invariants: rows lie one after the other, without gaps, from 0 to `used`, which is never past the buffer; `bytes` and `rows` count
 * them and the others.
 */
import { invariant } from '../core/invariant.ts';
import type { Entry } from './answered.ts';

export interface Parcel {
  /** Single rows, each a head and its texts, one after the other up to `used`. */
  readonly buffer: ArrayBuffer;
  readonly used: number;
  readonly others: readonly Entry[];
  /** About how many bytes of memory all this takes. */
  readonly bytes: number;
  /** Rows in it. */
  readonly rows: number;
}

export interface Packer {
  readonly bytes: number;
  readonly rows: number;
  /** Adds a single row, unless the parcel has no room left for it; without an object, as most calls come this way. */
  addRow(
    id: string,
    at: number,
    ms: number,
    model: number,
    input: string,
    answer: string,
    refused: boolean,
    coerced: boolean,
  ): boolean;
  addOther(entry: Entry, bytes: number, rows: number): void;
  /** All that was added since the last time. */
  take(): Parcel;
  /** The buffer of a parcel that was read, to be filled again. */
  giveBack(buffer: ArrayBuffer): void;
}

/** Bytes of a buffer: so few that they are still in the processor's cache when they are read. */
export const CAPACITY_BYTES = 2 ** 17;
/** Buffers that are kept to be filled again. */
const MOST_SPARE = 4;

/** A row's head, little-endian: at and ms (float64), model, bytes of id, input and answer (uint32), refused 1 and coerced 2 (uint32). */
const head = { at: 0, ms: 8, model: 16, id: 20, input: 24, answer: 28, flags: 32, bytes: 36 } as const;
/** Bytes of UTF-8 a UTF-16 unit may take. */
const WIDEST_BYTES = 3;

/** About how many bytes a single row takes. */
export const rowBytes = (input: string, answer: string): number => head.bytes + 24 + input.length + answer.length;

export const createPacker = (): Packer => {
  const spare: ArrayBuffer[] = [];
  const room = () => Buffer.from(spare.pop() ?? new ArrayBuffer(CAPACITY_BYTES));
  let buffer = room();
  let view = new DataView(buffer.buffer);
  let used = 0;
  let others: Entry[] = [];
  const sum = { bytes: 0, rows: 0 };

  const addOther = (entry: Entry, bytes: number, rows: number): void => {
    others.push(entry);
    sum.bytes += bytes;
    sum.rows += rows;
  };
  /** Writes the texts behind the row's head, and how long they are into it; returns where they end. */
  const writeTexts = (start: number, id: string, input: string, answer: string): number => {
    const first = start + head.bytes;
    const written = buffer.write(id + input + answer, first);
    // Where all is ASCII, as it nearly always is, a text has as many bytes as characters.
    const isAscii = written === id.length + input.length + answer.length;
    view.setUint32(start + head.id, isAscii ? id.length : Buffer.byteLength(id), true);
    view.setUint32(start + head.input, isAscii ? input.length : Buffer.byteLength(input), true);
    view.setUint32(start + head.answer, isAscii ? answer.length : Buffer.byteLength(answer), true);
    return first + written;
  };
  return {
    get bytes() {
      return used + sum.bytes;
    },
    get rows() {
      return sum.rows;
    },
    addRow(id, at, ms, model, input, answer, refused, coerced) {
      const most = head.bytes + WIDEST_BYTES * (id.length + input.length + answer.length);
      if (most > CAPACITY_BYTES - used) {
        if (most <= CAPACITY_BYTES) return false;
        const row = { kind: 'row', id, at, ms, model, input, answer, refused, coerced } as const;
        addOther(row, rowBytes(input, answer), 1);
        return true;
      }
      const start = used;
      view.setFloat64(start + head.at, at, true);
      view.setFloat64(start + head.ms, ms, true);
      view.setUint32(start + head.model, model, true);
      view.setUint32(start + head.flags, (refused ? 1 : 0) + (coerced ? 2 : 0), true);
      used = writeTexts(start, id, input, answer);
      sum.rows++;
      return true;
    },
    addOther,
    take() {
      invariant(used <= CAPACITY_BYTES, 'a parcel lies within its buffer');
      // What holds little is copied: parcels that wait never take much more memory than they have bytes.
      const isOwn = used > CAPACITY_BYTES / 2;
      const parcel = {
        buffer: isOwn ? buffer.buffer : buffer.buffer.slice(0, used),
        used,
        others,
        bytes: used + sum.bytes,
        rows: sum.rows,
      };
      if (isOwn) {
        buffer = room();
        view = new DataView(buffer.buffer);
      }
      used = 0;
      others = [];
      sum.bytes = 0;
      sum.rows = 0;
      return parcel;
    },
    giveBack(buffer) {
      if (buffer.byteLength === CAPACITY_BYTES && spare.length < MOST_SPARE) spare.push(buffer);
    },
  };
};

/** The calls of a parcel, in no particular order. */
export const unpack = ({ buffer, used, others }: Parcel): readonly Entry[] => {
  const bytes = Buffer.from(buffer, 0, used);
  const view = new DataView(buffer);
  const entries: Entry[] = [...others];
  let start = 0;
  while (start < used) {
    const number = (place: number): number => view.getUint32(start + place, true);
    const idAt = start + head.bytes;
    const inputAt = idAt + number(head.id);
    const answerAt = inputAt + number(head.input);
    const end = answerAt + number(head.answer);
    const flags = number(head.flags);
    entries.push({
      kind: 'row',
      id: bytes.toString('utf8', idAt, inputAt),
      at: view.getFloat64(start + head.at, true),
      ms: view.getFloat64(start + head.ms, true),
      model: number(head.model),
      input: bytes.toString('utf8', inputAt, answerAt),
      answer: bytes.toString('utf8', answerAt, end),
      refused: (flags & 1) > 0,
      coerced: (flags & 2) > 0,
    });
    start = end;
  }
  invariant(start === used, 'the rows of a parcel end where it ends');
  return entries;
};
