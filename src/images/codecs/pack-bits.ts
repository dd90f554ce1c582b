/** Apple's PackBits, of TIFF (section 9) and of DICOM's RLE: runs and stretches, a count before each. */
import { halfFile } from '../image.ts';

/** Exactly `size` bytes. @throws BAD_IMAGE when there are fewer */
export const unpackBits = (packed: Uint8Array, size: number, format: string): Uint8Array => {
  const out = new Uint8Array(size);
  let to = 0;
  for (let at = 0; at < packed.length && to < size; ) {
    const count = packed[at++];
    if (count === 128) continue;
    if (count < 128) {
      const stretch = packed.subarray(at, Math.min(at + count + 1, at + size - to));
      out.set(stretch, to);
      to += stretch.length;
      at += count + 1;
    } else {
      const run = Math.min(257 - count, size - to);
      out.fill(packed[at++], to, to + run);
      to += run;
    }
  }
  if (to < size) throw halfFile(format);
  return out;
};
