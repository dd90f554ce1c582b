/** The one thing that is read out of Exif: how a camera was held. */
import type { Bytes } from '../bytes.ts';

const ORIENTATION = 274;
/** Entries of a directory that are looked through. */
const MOST_ENTRIES = 1000;

/** Exif's orientation, 1 to 8, out of a TIFF structure that begins at `start`; 1 where it says nothing, or nothing sensible. */
export const orientationAt = (bytes: Bytes, start: number): number => {
  try {
    const order = bytes.text(start, 2);
    if (order !== 'II' && order !== 'MM') return 1;
    const little = order === 'II';
    const directory = start + bytes.u32(start + 4, little);
    const entries = Math.min(bytes.u16(directory, little), MOST_ENTRIES);
    for (let entry = 0; entry < entries; entry++) {
      const at = directory + 2 + entry * 12;
      if (bytes.u16(at, little) !== ORIENTATION) continue;
      const value = bytes.u16(at + 8, little);
      return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
  } catch {
    // What is wrong with Exif is not wrong with the image.
    return 1;
  }
};
