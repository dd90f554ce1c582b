/** From the columns of a batch to the blocks of rows that the kernel reads. */
import { inGuise, NEGATED, type Slots } from './slots.ts';

/** Numbers side by side, `width` a row, row-major. */
export interface DensePart {
  readonly width: number;
  readonly data: Float32Array | Float64Array;
}
/** One 1 among `width` zeros a row, at the place that its code says; none where the code is -1. */
export interface OneHotPart {
  readonly width: number;
  readonly codes: Int32Array;
}
export type FeaturePart = DensePart | OneHotPart;

/** The place of a row in blocks of eight whose slots take `block` floats. */
const placeOf = (row: number, block: number): number => (row >> 3) * block + (row & 7);

/** True when the values of these slots are tested as they are. */
const isPlain = ({ guises }: Slots, low: number, high: number): boolean => {
  for (let slot = low; slot < high; slot++) if (guises[slot] !== 0) return false;
  return true;
};

/** A column of rows into a slot, block by block. */
const copyColumn = (
  data: Float32Array | Float64Array,
  first: number,
  width: number,
  rows: number,
  floats: Float64Array,
  start: number,
  block: number,
): void => {
  let at = first;
  for (let row = 0, to = start; row < rows; row += 8, to += block) {
    const end = to + Math.min(8, rows - row);
    for (let place = to; place < end; place++, at += width) floats[place] = data[at];
  }
};

/** Slots from `low` on that lie below a column; they are in ascending order. */
export const slotsBelow = ({ features, count }: Slots, low: number, column: number): number => {
  let at = low;
  while (at < count && features[at] < column) at++;
  return at;
};

/**
 * Writes rows `from` to `from + rows` into blocks that begin at `into`. The parts stand side by side, and are as wide as the
 * slots ask for.
 */
export const feedRows = (
  parts: readonly FeaturePart[],
  slots: Slots,
  from: number,
  rows: number,
  floats: Float64Array,
  into: number,
): void => {
  const block = (slots.count + 1) * 8;
  const { features, guises } = slots;
  let low = 0;
  let first = 0;
  for (const part of parts) {
    const high = slotsBelow(slots, low, first + part.width);
    if ('codes' in part && isPlain(slots, low, high)) {
      const { codes } = part;
      for (let row = 0, to = into; row < rows; row += 8, to += block) floats.fill(0, to + low * 8, to + high * 8);
      for (let row = 0; row < rows; row++) {
        const feature = first + codes[from + row];
        if (feature < first || feature >= slots.width) continue;
        const slot = slots.indexOf(feature, 0);
        if (features[slot] === feature) floats[into + placeOf(row, block) + slot * 8] = 1;
      }
      low = high;
      first += part.width;
      continue;
    }
    for (let slot = low; slot < high; slot++) {
      const column = features[slot] - first;
      const guise = guises[slot];
      const start = into + slot * 8;
      if ('codes' in part) {
        const { codes } = part;
        const [zero, one] = guise === 0 ? [0, 1] : [inGuise(0, guise), inGuise(1, guise)];
        for (let row = 0; row < rows; row++)
          floats[start + placeOf(row, block)] = codes[from + row] === column ? one : zero;
        continue;
      }
      const { data, width } = part;
      let at = from * width + column;
      if (guise === 0) copyColumn(data, at, width, rows, floats, start, block);
      else if (guise === NEGATED)
        for (let row = 0; row < rows; row++, at += width) floats[start + placeOf(row, block)] = -data[at];
      else
        for (let row = 0; row < rows; row++, at += width)
          floats[start + placeOf(row, block)] = inGuise(data[at], guise);
    }
    low = high;
    first += part.width;
  }
};
