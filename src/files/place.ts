/** Where tables come from and go to: paths and streams, and files that appear whole or not at all. */
import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fail, messageOf } from '../core/errors.ts';

export type Source = string | Readable;
export type Target = string | Writable;

/** What a place is called in messages. */
export const sourceName = (source: Source): string => (typeof source === 'string' ? source : 'standard input');
export const targetName = (target: Target): string => (typeof target === 'string' ? target : 'standard output');

const BLOCK = 256 * 1024;

/** The bytes of a source in blocks, and its size where that is known. Throws FILE_NOT_FOUND. */
export const openSource = async (
  source: Source,
): Promise<{ readonly size?: number; readonly bytes: AsyncIterable<Uint8Array> }> => {
  if (typeof source !== 'string') return { bytes: source };
  const size = await sizeOf(source);
  const bytes = createReadStream(source, { highWaterMark: BLOCK });
  return { bytes, ...(size === undefined ? {} : { size }) };
};

/** The size of a file that can be read; undefined for pipes and devices. Throws FILE_NOT_FOUND. */
export const sizeOf = async (path: string): Promise<number | undefined> => {
  try {
    const file = await open(path);
    const stats = await file.stat();
    await file.close();
    if (stats.isDirectory()) throw new Error('it is a folder');
    return stats.isFile() ? stats.size : undefined;
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw fail('FILE_NOT_FOUND', `Cannot read ${path}: ${missing ? 'there is no such file' : messageOf(cause)}.`, {
      expected: 'a file that can be read',
      got: path,
      cause,
    });
  }
};

/** A folder for files that must not outlive the work. */
export const temporaryFolder = async (): Promise<{ readonly path: string; remove(): Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), 'millrace-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
};

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

/** True for what cannot be replaced by a rename: devices, pipes, sockets. */
const isSpecial = async (path: string): Promise<boolean> => {
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
};

/** Where bytes go. `write` resolves when more may come. */
export interface ByteSink {
  write(text: string): Promise<void>;
  /** Resolves to the number of bytes written. */
  close(): Promise<number>;
  abort(): Promise<void>;
}

const cannotWrite = (target: Target, cause: unknown) =>
  fail('STORE_FAILED', `Cannot write ${targetName(target)}: ${messageOf(cause)}.`, { cause });

/** `ends`: the stream is closed at the end; one that was given stays open. */
const streamSink = (target: Target, stream: Writable, ends: boolean): ByteSink => {
  let failure: unknown;
  let size = 0;
  let wake = (): void => {};
  const onError = (error: unknown): void => {
    failure ??= error;
    wake();
  };
  stream.on('error', onError);
  const settle = (): void => {
    if (failure !== undefined) throw cannotWrite(target, failure);
  };
  /** Waits for a callback of the stream, or for its failure. */
  const until = async (start: (done: (error?: Error | null) => void) => void): Promise<void> => {
    await new Promise<void>((resolve) => {
      wake = resolve;
      start((error) => {
        failure ??= error ?? undefined;
        resolve();
      });
    });
    settle();
  };
  return {
    async write(text) {
      settle();
      size += Buffer.byteLength(text);
      if (!stream.write(text)) await until((done) => stream.once('drain', done));
    },
    async close() {
      settle();
      await until((done) => (ends ? stream.end(done) : stream.write('', done)));
      stream.removeListener('error', onError);
      return size;
    },
    async abort() {
      if (ends) stream.destroy();
    },
  };
};

const BUFFER = 1024 * 1024;

const fileSink = async (target: string): Promise<ByteSink> => {
  const atomic = await atomicFile(target);
  const file = await open(atomic.path, 'r+');
  let parts: string[] = [];
  let length = 0;
  let isOpen = true;
  const flush = async (): Promise<void> => {
    const text = parts.join('');
    parts = [];
    length = 0;
    if (text === '') return;
    await file.appendFile(text).catch((error: unknown) => {
      throw cannotWrite(target, error);
    });
  };
  const shut = async (): Promise<void> => {
    if (isOpen) await file.close();
    isOpen = false;
  };
  return {
    async write(text) {
      parts.push(text);
      length += text.length;
      if (length >= BUFFER) await flush();
    },
    async close() {
      await flush();
      await shut();
      return atomic.commit();
    },
    async abort() {
      await shut();
      await atomic.discard();
    },
  };
};

/** A sink for text: a file that appears whole, or a stream that is written as it comes (and left open). */
export const openSink = async (target: Target): Promise<ByteSink> => {
  if (typeof target !== 'string') return streamSink(target, target, false);
  return (await isSpecial(target)) ? streamSink(target, createWriteStream(target), true) : fileSink(target);
};

/** For formats that need a file under their feet: a stream is first written to a temporary one. */
export const spoolSource = async (source: Source): Promise<{ readonly path: string; remove(): Promise<void> }> => {
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
