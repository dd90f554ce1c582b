/** For formats that need a file under their feet: streams go through a temporary one. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type AtomicFile, atomicFile } from './atomic-file.ts';
import { type ByteSource, cannotWrite, isSpecial, sizeOf, type Target } from './place.ts';

/** A folder for files that must not outlive the work. */
export const temporaryFolder = async (): Promise<{ readonly path: string; remove(): Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), 'millrace-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
};

/** A file to read: the source itself, or a copy of what comes out of it. */
export const spoolSource = async (source: ByteSource): Promise<{ readonly path: string; remove(): Promise<void> }> => {
  if (typeof source === 'string' && (await sizeOf(source)) !== undefined)
    return { path: source, remove: async () => {} };
  const folder = await temporaryFolder();
  const path = join(folder.path, 'input');
  try {
    await pipeline(typeof source === 'string' ? createReadStream(source) : source, createWriteStream(path));
  } catch (error) {
    await folder.remove();
    throw error;
  }
  return { path, remove: folder.remove };
};

/** A file to write: the target's own, or one whose bytes go to the target in the end. */
export const spoolTarget = async (target: Target): Promise<AtomicFile> => {
  if (typeof target === 'string' && !(await isSpecial(target))) return atomicFile(target);
  const folder = await temporaryFolder();
  const path = join(folder.path, 'output');
  return {
    path,
    async commit() {
      const { size } = await stat(path);
      const stream = typeof target === 'string' ? createWriteStream(target) : target;
      await pipeline(createReadStream(path), stream, { end: typeof target === 'string' }).catch((error: unknown) => {
        throw cannotWrite(target, error);
      });
      await folder.remove();
      return size;
    },
    discard: folder.remove,
  };
};
