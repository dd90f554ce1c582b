/** Where tables come from and go to: paths and streams. */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { type Code, fail, messageOf } from '../core/errors.ts';
import { compressionOf, decompressed } from './compression.ts';

export type ByteSource = string | Readable;
export type Target = string | Writable;

/** What a place is called in messages. */
export const sourceName = (source: ByteSource): string => (typeof source === 'string' ? source : 'standard input');
export const targetName = (target: Target): string => (typeof target === 'string' ? target : 'standard output');

/** @throws MillraceError `code` for an address such as `s3://bucket/key`: paths are all that is read and written. */
export const refuseRemote = (place: string, code: Code): void => {
  const [, scheme] = /^([a-z][a-z\d+.-]+):\/\//i.exec(place) ?? [];
  if (scheme === undefined) return;
  throw fail(code, `${scheme}:// is not read or written yet: ${place}.`, {
    expected: 'a path on this machine; fetch the files first, or mount the store',
    got: `${scheme}://…`,
  });
};

const BLOCK = 256 * 1024;

/** The bytes of a source in blocks, decompressed, and its size where that is known. @throws MillraceError FILE_NOT_FOUND. */
export const openSource = async (
  source: ByteSource,
): Promise<{ readonly size?: number; readonly bytes: AsyncIterable<Uint8Array> }> => {
  if (typeof source !== 'string') return { bytes: source };
  const size = await sizeOf(source);
  const compression = compressionOf(source);
  if (compression !== undefined) return { bytes: decompressed(source, compression) };
  const bytes = createReadStream(source, { highWaterMark: BLOCK });
  return { bytes, ...(size === undefined ? {} : { size }) };
};

/** The size of a file that can be read; undefined for pipes and devices. @throws MillraceError FILE_NOT_FOUND. */
export const sizeOf = async (path: string): Promise<number | undefined> => {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) throw new Error('it is a folder');
    // A pipe must be opened once only: its writer would see the first reader leave.
    if (!stats.isFile()) return undefined;
    await (await open(path)).close();
    return stats.size;
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw fail('FILE_NOT_FOUND', `Cannot read ${path}: ${missing ? 'there is no such file' : messageOf(cause)}.`, {
      expected: 'a file that can be read',
      got: path,
      cause,
    });
  }
};

/** True for what cannot be replaced by a rename: devices, pipes, sockets. */
export const isSpecial = async (path: string): Promise<boolean> => {
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
};

/** The error of an output that breaks off. */
export const cannotWrite = (target: Target, cause: unknown) =>
  fail('STORE_FAILED', `Cannot write ${targetName(target)}: ${messageOf(cause)}.`, { cause });
