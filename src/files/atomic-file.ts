import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { open, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fail, messageOf } from '../core/errors.ts';

export interface AtomicFile {
  /** Write here. */
  readonly path: string;
  /** Makes the bytes durable, then gives the file its name in one step. Resolves to its size. */
  commit(): Promise<number>;
  discard(): Promise<void>;
}

/** Files that are neither committed nor discarded: a process that is made to exit takes them along. */
const unfinished = new Set<string>();
process.on('exit', () => {
  for (const path of unfinished) rmSync(path, { force: true });
});

/** A short name for this machine: process ids mean nothing on another one that writes to the same folder. */
const machine = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
};

/** What a process of this machine left behind of the same file when it was killed. Nobody waits for it any more. */
const removeOrphans = async (folder: string, prefix: string): Promise<void> => {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(prefix) || !name.endsWith('.part')) continue;
    const [, pid] = /^(\d+)-[0-9a-f]{8}\.part$/.exec(name.slice(prefix.length)) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(folder, name), { force: true }).catch(() => {});
  }
};

/**
 * A file that takes the place of `target` only when it is whole: written beside it under another name, flushed to the
 * disk, renamed. A link is followed. What a killed process left behind of it goes first.
 *
 * @throws MillraceError FILE_NOT_FOUND when the folder is missing or cannot be written.
 */
export const atomicFile = async (target: string): Promise<AtomicFile> => {
  const final = await realpath(target).catch(() => target);
  const folder = dirname(final);
  const prefix = `.${basename(final)}.${machine}-`;
  await removeOrphans(folder, prefix);
  const path = join(folder, `${prefix}${process.pid}-${randomBytes(4).toString('hex')}.part`);
  try {
    await (await open(path, 'wx')).close();
    unfinished.add(path);
  } catch (cause) {
    const isAbsent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    // Without the name under which it is written.
    const why = isAbsent ? `there is no folder ${folder}` : messageOf(cause).replace(`, open '${path}'`, '');
    throw fail('FILE_NOT_FOUND', `Cannot write ${target}: ${why}.`, {
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
      unfinished.delete(path);
      await syncFolder(folder);
      return size;
    },
    async discard() {
      await rm(path, { force: true });
      unfinished.delete(path);
    },
  };
};

/** Makes a rename durable; Windows has no such call and needs none. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return;
  const handle = await open(folder);
  await handle.sync().finally(() => handle.close());
};

/** Writes a file whole or not at all. @throws MillraceError FILE_NOT_FOUND when the folder is missing or cannot be written. */
export const atomicWrite = async (
  target: string,
  data: string | Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> => {
  const file = await atomicFile(target);
  try {
    await writeFile(file.path, data);
    await file.commit();
  } catch (error) {
    await file.discard();
    throw error;
  }
};
