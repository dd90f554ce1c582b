/**
 * Calls in a form that is cheap to hand to another thread: single rows, which are most of them, as bytes of buffers that
 * go over without a copy; all others as objects, which are cloned.
 *
 * Invariants: rows lie one after the other, without gaps, from 0 to `used`, which is never past the buffer; `bytes` and `rows` count
 * them and the others.
 */
import { invariant } from '../core/invariant.ts';
import type { Entry } from './answered.ts';

/** Single rows, each a head and its texts, one after the other up to `used`. */
export interface ParcelPiece {
  readonly buffer: ArrayBuffer;
  readonly used: number;
}

export interface Parcel {
  readonly pieces: readonly ParcelPiece[];
  readonly others: readonly Entry[];
  /** About how many bytes of memory all this takes. */
  readonly bytes: number;
  /** Rows in it. */
  readonly rows: number;
}

export interface Packer {
  readonly bytes: number;
  readonly rows: number;
  /** Adds a single row; without an object, as most calls come this way. */
  addRow(
    id: string,
    at: number,
    ms: number,
    model: number,
    input: string,
    answer: string,
    refused: boolean,
    coerced: boolean,
  ): void;
  addOther(entry: Entry, bytes: number, rows: number): void;
  /** All that was added since the last time. */
  take(): Parcel;
  /** What is left of a parcel that was read: its buffers are filled again. */
  giveBack(pieces: readonly ParcelPiece[]): void;
}

/** Bytes of a buffer: so few that they are still in the processor's cache when they are read. */
export const CAPACITY_BYTES = 2 ** 17;
/** Buffers that are kept to be filled again. */
const MOST_SPARE = 16;

/** A row's head, little-endian: at and ms (float64), model, bytes of id, input and answer, and flags (uint32). */
const head = { at: 0, ms: 8, model: 16, id: 20, input: 24, answer: 28, flags: 32, bytes: 36 } as const;
/** Flags; all texts of a row that is ASCII have as many characters as bytes. */
const [REFUSED, COERCED, ASCII] = [1, 2, 4];
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
  let full: ParcelPiece[] = [];
  let others: Entry[] = [];
  const sum = { bytes: 0, rows: 0 };

  const addOther = (entry: Entry, bytes: number, rows: number): void => {
    others.push(entry);
    sum.bytes += bytes;
    sum.rows += rows;
  };
  /** Puts what the buffer has to what is full, and begins another. */
  const next = (): void => {
    invariant(used <= CAPACITY_BYTES, 'a parcel lies within its buffer');
    full.push({ buffer: buffer.buffer, used });
    sum.bytes += used;
    buffer = room();
    view = new DataView(buffer.buffer);
    used = 0;
  };
  /** Writes the texts behind the row's head, how long they are into it, and whether all are ASCII; returns where they end. */
  const writeTexts = (start: number, id: string, input: string, answer: string, flags: number): number => {
    const first = start + head.bytes;
    const written = buffer.write(id + input + answer, first);
    // Where all is ASCII, as it nearly always is, a text has as many bytes as characters.
    const isAscii = written === id.length + input.length + answer.length;
    view.setUint32(start + head.id, isAscii ? id.length : Buffer.byteLength(id), true);
    view.setUint32(start + head.input, isAscii ? input.length : Buffer.byteLength(input), true);
    view.setUint32(start + head.answer, isAscii ? answer.length : Buffer.byteLength(answer), true);
    view.setUint32(start + head.flags, flags + (isAscii ? ASCII : 0), true);
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
      if (most > CAPACITY_BYTES) {
        const row = { kind: 'row', id, at, ms, model, input, answer, refused, coerced } as const;
        return addOther(row, rowBytes(input, answer), 1);
      }
      if (most > CAPACITY_BYTES - used) next();
      const start = used;
      view.setFloat64(start + head.at, at, true);
      view.setFloat64(start + head.ms, ms, true);
      view.setUint32(start + head.model, model, true);
      used = writeTexts(start, id, input, answer, (refused ? REFUSED : 0) + (coerced ? COERCED : 0));
      sum.rows++;
    },
    addOther,
    take() {
      // What holds little is copied: parcels that wait never take much more memory than they have bytes.
      if (used > CAPACITY_BYTES / 2) next();
      else if (used > 0) {
        full.push({ buffer: buffer.buffer.slice(0, used), used });
        sum.bytes += used;
      }
      const parcel = { pieces: full, others, bytes: sum.bytes, rows: sum.rows };
      used = 0;
      full = [];
      others = [];
      sum.bytes = 0;
      sum.rows = 0;
      return parcel;
    },
    giveBack(pieces) {
      for (const { buffer } of pieces) {
        if (buffer.byteLength === CAPACITY_BYTES && spare.length < MOST_SPARE) spare.push(buffer);
      }
    },
  };
};

/** Adds the rows of a piece to the entries. */
const unpackPiece = ({ buffer, used }: ParcelPiece, entries: Entry[]): void => {
  const bytes = Buffer.from(buffer, 0, used);
  const view = new DataView(buffer);
  // Parts of one text cost next to nothing; to read each out of the bytes costs more than all the rest.
  const characters = bytes.toString('latin1');
  let start = 0;
  while (start < used) {
    const number = (place: number): number => view.getUint32(start + place, true);
    const idAt = start + head.bytes;
    const inputAt = idAt + number(head.id);
    const answerAt = inputAt + number(head.input);
    const end = answerAt + number(head.answer);
    const flags = number(head.flags);
    const text = (from: number, to: number): string =>
      (flags & ASCII) > 0 ? characters.slice(from, to) : bytes.toString('utf8', from, to);
    entries.push({
      kind: 'row',
      id: text(idAt, inputAt),
      at: view.getFloat64(start + head.at, true),
      ms: view.getFloat64(start + head.ms, true),
      model: number(head.model),
      input: text(inputAt, answerAt),
      answer: text(answerAt, end),
      refused: (flags & REFUSED) > 0,
      coerced: (flags & COERCED) > 0,
    });
    start = end;
  }
  invariant(start === used, 'the rows of a parcel end where it ends');
};

/** The calls of a parcel, in no particular order. */
export const unpack = ({ pieces, others }: Parcel): readonly Entry[] => {
  const entries: Entry[] = [...others];
  for (const piece of pieces) unpackPiece(piece, entries);
  return entries;
};
