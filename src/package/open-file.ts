/** A packed file on this machine: weights that lie in a file of their own stay where they are in it. */
import { type FileHandle, open } from 'node:fs/promises';
import { fail } from '../core/errors.ts';
import { verifiedWeights } from './file-parts.ts';
import { blobPath, openLayout, type Package, weightsIn } from './layout.ts';
import { type TarRange, walkTar } from './tar.ts';

/** What is larger is read only where it is no weights. */
const SMALL_BYTES = 16 * 2 ** 20;
/** Read at a time, far below what one call of the system reads. */
const PART_BYTES = 64 * 2 ** 20;

const readRange = async (handle: FileHandle, { start, end }: TarRange): Promise<Uint8Array> => {
  const bytes = new Uint8Array(end - start);
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, at, Math.min(PART_BYTES, bytes.length - at), start + at);
    if (bytesRead === 0) throw fail('DAMAGED_PACKAGE', 'The package file became shorter while it was read.');
    at += bytesRead;
  }
  return bytes;
};

/** Opens a packed file. @throws MillraceError DAMAGED_PACKAGE, naming the file in it, when anything in it was changed. */
export const openPackageFile = async (path: string, tag?: string): Promise<Package> => {
  const handle = await open(path);
  try {
    const walk = walkTar((await handle.stat()).size, SMALL_BYTES);
    let step = walk.next();
    while (!step.done) step = walk.next(await readRange(handle, step.value));
    const { files, ranges } = step.value;
    const weights = new Set([...files.values()].flatMap((bytes) => weightsIn(bytes)?.digest ?? []).map(blobPath));
    const all = new Map(files);
    for (const [name, range] of ranges)
      if (!files.has(name) && !weights.has(name)) all.set(name, await readRange(handle, range));
    return await openLayout(all, tag, (layer) => {
      const { start, end } = ranges.get(blobPath(layer.digest)) ?? { start: 0, end: 0 };
      return verifiedWeights(layer, [{ path, offset: start, length: end - start }]);
    });
  } finally {
    await handle.close();
  }
};
