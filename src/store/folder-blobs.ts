import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fail, MillraceError, messageOf } from '../core/errors.ts';
import { type Blobs, checkBytes, checkDigest, checkDigests, digestOf, digestOfPieces, missing } from './blobs.ts';

/** Read at a time. */
const PIECE_BYTES = 1024 * 1024;
/** Temporary files older than this (ms) belong to a process that has died. */
const ABANDONED_MS = 60 * 60 * 1000;

const isAbsent = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** What is only read cannot be prepared, and need not be. */
const isForbidden = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['EROFS', 'EACCES', 'EPERM'].includes(String(error.code));

const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

/** The file appears under its name when it is whole and on disk. */
const write = async (temporary: string, path: string, fill: (file: FileHandle) => Promise<unknown>): Promise<void> => {
  const draft = join(temporary, randomUUID());
  try {
    const file = await open(draft, 'wx');
    try {
      await fill(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
};

/** undefined where there is no file. */
const digestIn = (path: string): Promise<string | undefined> =>
  digestOfPieces(createReadStream(path, { highWaterMark: PIECE_BYTES })).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });

/**
 * Blobs as files: `<root>/sha256/<hex>`, the layout of an OCI image's `blobs`. A file appears under its name only when
 * it is whole and on disk, so a process may die at any moment, and several may write at once.
 */
export const folderBlobs = async (root: string): Promise<Blobs> => {
  const folder = join(root, 'sha256');
  const temporary = join(root, 'temporary');
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof MillraceError) throw cause;
      if (isForbidden(cause)) {
        throw fail('READ_ONLY', `${what} ${root}: ${messageOf(cause)}`, {
          expected: 'a home that may be written to; one that may not can predict, serve, inspect and list',
          cause,
        });
      }
      throw fail('STORE_FAILED', `${what} ${root}: ${messageOf(cause)}`, { cause });
    }
  };
  const pathOf = (digest: string): string => join(folder, checkDigest(digest).slice('sha256:'.length));
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    try {
      return await readFile(path);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  };

  await attempt('Cannot prepare the blob folder', async () => {
    await mkdir(folder, { recursive: true });
    await mkdir(temporary, { recursive: true });
    for (const name of await readdir(temporary)) {
      const path = join(temporary, name);
      const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))).mtimeMs;
      if (age > ABANDONED_MS) await rm(path, { force: true });
    }
  }).catch((error: unknown) => {
    if (!isForbidden((error as Error).cause)) throw error;
  });

  return {
    putLarge: async ({ digest, read: pieces }) => {
      const path = pathOf(digest);
      await attempt('Cannot write to the blob folder', async () => {
        if ((await digestIn(path)) === digest) return;
        await write(temporary, path, async (file) => {
          const got = await digestOfPieces(pieces(), (piece) => file.writeFile(piece));
          checkDigests(digest, got, 'what was handed in');
        });
      });
    },
    file: async (digest) => {
      const path = pathOf(digest);
      const got = await attempt('Cannot read the blob folder', () => digestIn(path));
      if (got === undefined) throw missing(digest, root);
      checkDigests(digest, got, root);
      return { path: resolve(path), size: (await stat(path)).size };
    },
    put: async (digest, bytes) => {
      checkBytes(digest, bytes, 'what was handed in');
      const path = pathOf(digest);
      await attempt('Cannot write to the blob folder', async () => {
        const there = await read(path);
        if (there === undefined || digestOf(there) !== digest)
          await write(temporary, path, (file) => file.writeFile(bytes));
      });
    },
    get: async (digest) => {
      const path = pathOf(digest);
      const bytes = await attempt('Cannot read the blob folder', () => read(path));
      if (bytes === undefined) throw missing(digest, root);
      return checkBytes(digest, bytes, root);
    },
    has: async (digest) => {
      const path = pathOf(digest);
      return attempt('Cannot read the blob folder', () =>
        stat(path).then(
          () => true,
          (error) => {
            if (isAbsent(error)) return false;
            throw error;
          },
        ),
      );
    },
    list: async () => {
      const names = await attempt('Cannot read the blob folder', () => readdir(folder));
      return names.map((name) => `sha256:${name}`).sort();
    },
  };
};
