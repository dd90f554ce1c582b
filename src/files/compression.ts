/** Compressed text files, by their names: read as they come, so that memory stays flat however much is in them. */
import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { pipeline, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createZstdDecompress } from 'node:zlib';
import { fail, messageOf } from '../core/errors.ts';

/** Bytes that come out at a time. */
const CHUNK_BYTES = 256 * 1024;

const decoders: Readonly<Record<string, () => Transform>> = {
  '.gz': () => createGunzip({ chunkSize: CHUNK_BYTES }),
  '.zst': () => createZstdDecompress({ chunkSize: CHUNK_BYTES }),
  '.br': () => createBrotliDecompress({ chunkSize: CHUNK_BYTES }),
};

/** `.gz` of `rides.csv.gz`; undefined where the name tells of no compression. */
export const compressionOf = (path: string): string | undefined => {
  const extension = extname(path).toLowerCase();
  return Object.hasOwn(decoders, extension) ? extension : undefined;
};

/** The bytes within a compressed file. @throws MillraceError BAD_FILE for one that is another, damaged or cut off. */
export async function* decompressed(path: string, extension: string): AsyncGenerator<Uint8Array> {
  const decoder = decoders[extension]();
  // A failure of either end destroys the decoder, and whoever reads it hears of it.
  pipeline(createReadStream(path, { highWaterMark: CHUNK_BYTES }), decoder, () => {});
  try {
    for await (const bytes of decoder) yield bytes;
  } catch (cause) {
    const got = messageOf(cause);
    throw fail('BAD_FILE', `${path} cannot be decompressed: ${got}.`, {
      expected: `a whole ${extension} file`,
      got,
      cause,
    });
  } finally {
    decoder.destroy();
  }
}
