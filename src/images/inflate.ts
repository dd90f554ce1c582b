/** Zlib data of a size that is known before: a bomb is left when it has gone one byte too far. */
import { Unzlib } from 'fflate';
import { halfFile } from './image.ts';

/** Bytes of compressed data that are taken at a time, so that what comes of them is bounded, too. */
const PIECE_BYTES = 16 * 1024;

/**
 * Inflates `pieces`, which follow one another, to exactly `size` bytes; more than that is left out, as Pillow does.
 *
 * @throws BAD_IMAGE when they do not give as many
 */
export const inflate = (pieces: readonly Uint8Array[], size: number, format: string): Uint8Array => {
  const out = new Uint8Array(size);
  let at = 0;
  const stream = new Unzlib((chunk) => {
    if (at < size) out.set(chunk.length > size - at ? chunk.subarray(0, size - at) : chunk, at);
    at += chunk.length;
  });
  try {
    for (const piece of pieces) {
      for (let start = 0; start < piece.length && at < size; start += PIECE_BYTES)
        stream.push(piece.subarray(start, start + PIECE_BYTES));
    }
    if (at < size) stream.push(new Uint8Array(0), true);
  } catch {
    throw halfFile(format);
  }
  if (at < size) throw halfFile(format);
  return out;
};
