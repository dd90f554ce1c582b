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
export type Part = DensePart | OneHotPart;

/** The place of a row in blocks of eight whose slots take `block` floats. */
const placeOf = (row: number, block: number): number => (row >> 3) * block + (row & 7);

/** Slots from `low` on that lie below a column; they are in ascending order. */
const slotsBelow = ({ features, count }: Slots, low: number, column: number): number => {
  let at = low;
  while (at < count && features[at] < column) at++;
  return at;
};

/**
 * Writes rows `from` to `from + rows` into blocks that begin at `into`. The parts stand side by side, and are as wide as the
 * slots ask for.
 */
export const feedRows = (
  parts: readonly Part[],
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
      if (guise === 0) for (let row = 0; row < rows; row++, at += width) floats[start + placeOf(row, block)] = data[at];
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
