/**
 * Calls in a form that is cheap to hand to another thread: single rows, which are most of them, as texts and figures side
 * by side (a third of what as many objects cost), all others as objects.
 */
import type { Entry, RowEntry } from './answered.ts';

/** Figures of a single row: at, ms, model, and whether it was refused (1) and coerced (2). */
const width = 4;

export interface Parcel {
  readonly figures: Float64Array;
  /** Of each single row its id, input and answer. */
  readonly texts: readonly string[];
  readonly others: readonly Exclude<Entry, RowEntry>[];
  /** About how many bytes of memory all this takes. */
  readonly bytes: number;
  /** Rows in it. */
  readonly rows: number;
}

export interface Packer {
  readonly bytes: number;
  readonly rows: number;
  /** Adds a single row; without an object for it, as most calls come this way. */
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
  addOther(entry: Exclude<Entry, RowEntry>, bytes: number, rows: number): void;
  /** All that was added since the last time. */
  take(): Parcel;
}

/** About how many bytes of memory a single row takes. */
export const rowBytes = (input: string, answer: string): number => 100 + input.length + answer.length;

export const createPacker = (): Packer => {
  let figures: number[] = [];
  let texts: string[] = [];
  let others: Exclude<Entry, RowEntry>[] = [];
  const sum = { bytes: 0, rows: 0 };
  return {
    get bytes() {
      return sum.bytes;
    },
    get rows() {
      return sum.rows;
    },
    addRow(id, at, ms, model, input, answer, refused, coerced) {
      figures.push(at, ms, model, (refused ? 1 : 0) + (coerced ? 2 : 0));
      texts.push(id, input, answer);
      sum.bytes += rowBytes(input, answer);
      sum.rows++;
    },
    addOther(entry, bytes, rows) {
      others.push(entry);
      sum.bytes += bytes;
      sum.rows += rows;
    },
    take() {
      const parcel = { figures: Float64Array.from(figures), texts, others, ...sum };
      figures = [];
      texts = [];
      others = [];
      sum.bytes = 0;
      sum.rows = 0;
      return parcel;
    },
  };
};

/** The calls of a parcel, in no particular order. */
export const unpack = ({ figures, texts, others }: Parcel): readonly Entry[] => [
  ...Array.from({ length: figures.length / width }, (_, at): RowEntry => {
    const [time, ms, model, flags] = figures.subarray(at * width, (at + 1) * width);
    const [id, input, answer] = texts.slice(at * 3, at * 3 + 3);
    return { kind: 'row', id, at: time, ms, model, input, answer, refused: (flags & 1) > 0, coerced: (flags & 2) > 0 };
  }),
  ...others,
];
