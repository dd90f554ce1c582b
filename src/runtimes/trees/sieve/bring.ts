/** The ways in which the columns of a batch come into the sieve's memory. */
import type { DensePart, OneHotPart } from '../feed.ts';
import { inGuise, NEGATED, type Slots } from '../slots.ts';
import type { SieveMemory } from './memory.ts';
import { ROWS } from './plan.ts';

/** Brings `count` rows of the batch, from `first` on. */
export type Bring = (first: number, count: number) => void;

/** Slots of a part, and the first of its columns. */
export interface PartSlots {
  readonly low: number;
  readonly high: number;
  readonly column: number;
}

/** The value of a row in one of a part's columns. */
export type ValueAt = (row: number, column: number) => number;

export const createBrings = ({ features, guises, count }: Slots, places: SieveMemory, memory: ArrayBuffer) => {
  const ints = new Int32Array(memory);
  const floats = new Float64Array(memory);
  const singles = new Float32Array(memory);
  const bytes = new Uint8Array(memory);
  /** By slot: the mask of its threshold, where it is the only one and lies between 0 and 1. */
  const between = new Int32Array(count);
  for (const { slot, thresholds, masks } of places.slots)
    if (thresholds.length === 1 && thresholds[0] >= 0 && thresholds[0] < 1 && guises[slot] === 0) between[slot] = masks;

  /** Where the kernel finds a slot's values. */
  const tell = (slot: number, from: number, stride: number, single: boolean, sign: number): void => {
    const record = places.records[slot];
    if (record === 0) return;
    floats[(record + 24) >> 3] = sign;
    ints.set([from, stride, Number(single)], (record + 32) >> 2);
  };
  const columnOf = (slot: number): number => places.columns + slot * ROWS * 8;

  return {
    /** Rows as they are, to `place`: the kernel picks columns out of them. */
    raw({ data, width }: DensePart, { low, high, column }: PartSlots, place: number): Bring {
      const into = data instanceof Float32Array ? singles : floats;
      const size = into.BYTES_PER_ELEMENT;
      for (let slot = low; slot < high; slot++) {
        const from = place + (features[slot] - column) * size;
        tell(slot, from, width * size, size === 4, guises[slot] === NEGATED ? -1 : 1);
      }
      return (first, rows) => into.set(data.subarray(first * width, (first + rows) * width), place / size);
    },
    /** One value after the other. */
    each(valueAt: ValueAt, { low, high, column }: PartSlots): Bring {
      for (let slot = low; slot < high; slot++) tell(slot, columnOf(slot), 8, false, 1);
      return (first, rows) => {
        for (let slot = low; slot < high; slot++)
          for (let row = 0, to = columnOf(slot) >> 3; row < rows; row++)
            floats[to++] = inGuise(valueAt(first + row, features[slot] - column), guises[slot]);
      };
    },
    /** The rows above a threshold between 0 and 1 are those that have its code. Undefined for other thresholds. */
    masks({ codes, width }: OneHotPart, { low, high, column }: PartSlots): Bring | undefined {
      const masks = new Int32Array(width);
      for (let slot = low; slot < high; slot++) {
        if (between[slot] === 0) return undefined;
        masks[features[slot] - column] = between[slot];
      }
      return (first, rows) => {
        for (let slot = low; slot < high; slot++) floats.fill(0, between[slot] >> 3, (between[slot] >> 3) + 2);
        for (let row = 0; row < rows; row++) {
          const mask = masks[codes[first + row]];
          if (mask > 0) bytes[mask + (row >> 3)] |= 1 << (row & 7);
        }
      };
    },
  };
};
