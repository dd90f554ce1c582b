import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fail, messageOf } from '../core/errors.ts';

export interface AtomicFile {
  /** Write here. */
  readonly path: string;
  /** Makes the bytes durable, then gives the file its name in one step. Resolves to its size. */
  commit(): Promise<number>;
  discard(): Promise<void>;
}

/**
 * A file that takes the place of `target` only when it is whole: written beside it under another name, flushed to the
 * disk, renamed. A link is followed. Throws FILE_NOT_FOUND when the folder is missing or cannot be written.
 */
export const atomicFile = async (target: string): Promise<AtomicFile> => {
  const final = await realpath(target).catch(() => target);
  const folder = dirname(final);
  const path = join(folder, `.${basename(final)}.${process.pid}-${randomBytes(4).toString('hex')}.part`);
  try {
    await (await open(path, 'wx')).close();
  } catch (cause) {
    throw fail('FILE_NOT_FOUND', `Cannot write ${target}: ${messageOf(cause)}.`, {
      expected: 'a folder that exists and can be written',
      got: folder,
      cause,
    });
  }
  return {
    path,
    async commit() {
      const file = await open(path, 'r+');
      const { size } = await file.stat();
      await file.sync();
      await file.close();
      await rename(path, final);
      await syncFolder(folder);
      return size;
    },
    discard: () => rm(path, { force: true }),
  };
};

/** Makes a rename durable; Windows has no such call and needs none. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return;
  const handle = await open(folder);
  await handle.sync().finally(() => handle.close());
};
