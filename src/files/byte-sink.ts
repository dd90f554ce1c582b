import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { atomicFile } from './atomic-file.ts';
import { cannotWrite, isSpecial, type Target } from './place.ts';

/** Where bytes go. `write` resolves when more may come. */
export interface ByteSink {
  write(text: string): Promise<void>;
  /** Resolves to the number of bytes written. */
  close(): Promise<number>;
  abort(): Promise<void>;
}

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
