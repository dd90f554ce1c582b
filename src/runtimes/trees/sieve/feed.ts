/** From the columns of a batch to what the sieve's kernel reads. */
import { type DensePart, type FeaturePart, slotsBelow } from '../feed.ts';
import { NEGATED, type Slots } from '../slots.ts';
import { type Bring, createBrings, type PartSlots } from './bring.ts';
import { type SieveMemory, SLOT } from './memory.ts';
import { ROWS } from './plan.ts';

export interface SieveFeed {
  /** What is done for each 128 rows of the batch. */
  readonly brings: readonly Bring[];
  /** Records of slots whose values the kernel ranks then, from place to place. */
  readonly ranked: readonly (readonly [from: number, to: number])[];
}

/** More columns than this times those that are tested are not brought as they are. */
const MAX_IDLE = 4;

const bytesOf = ({ data, width }: DensePart): number => Math.ceil((width * ROWS * data.BYTES_PER_ELEMENT) / 16) * 16;

/** A batch's feed, from its parts. */
export const createSieveFeed = (
  slots: Slots,
  places: SieveMemory,
  memory: ArrayBuffer,
): ((parts: readonly FeaturePart[]) => SieveFeed) => {
  const by = createBrings(slots, places, memory);
  const isPlain = (part: DensePart, { low, high }: PartSlots): boolean =>
    part.width <= MAX_IDLE * (high - low) && slots.guises.subarray(low, high).every((guise) => guise <= NEGATED);

  return (parts) => {
    const brings: Bring[] = [];
    const ranked: (readonly [number, number])[] = [];
    let low = 0;
    let column = 0;
    let raw = places.raw;
    for (const part of parts) {
      const place: PartSlots = { low, high: slotsBelow(slots, low, column + part.width), column };
      low = place.high;
      column += part.width;
      const masks = 'codes' in part ? by.masks(part, place) : undefined;
      if (masks) {
        brings.push(masks);
        continue;
      }
      if ('codes' in part) brings.push(by.each((row, code) => Number(part.codes[row] === code), place));
      else if (isPlain(part, place) && raw + bytesOf(part) <= places.bytes) {
        brings.push(by.raw(part, place, raw));
        raw += bytesOf(part);
      } else brings.push(by.each((row, at) => part.data[row * part.width + at], place));
      const records = places.records.subarray(place.low, place.high).filter((record) => record > 0);
      if (records.length > 0) ranked.push([records[0], records[records.length - 1] + SLOT]);
    }
    return { brings, ranked };
  };
};
