/** Decodes images in threads, so that no event loop stands still meanwhile. In a page `reader.web.ts` does it. */
import { availableParallelism } from 'node:os';
import { fail, problemOf } from '../core/errors.ts';
import type { ReadImage } from '../core/images.ts';
import { beside, within } from '../threads/ended.ts';
import { startThread, type Thread } from '../threads/start-thread.ts';
import type { ImageCalls } from './image-thread.ts';

const MOST_THREADS = 8;
/** MiB of JavaScript's memory that a thread may take. */
const THREAD_MIB = 512;
/** Milliseconds that one image may take. */
const DECODE_MS = 30_000;

const slow = fail('BAD_IMAGE', 'Expected an image that is decoded in 30 seconds, got one that is not.', {
  expected: 'an image that is decoded in 30 seconds',
  got: 'one that is not',
});
const LATE = 'it took too long';

interface Waiting {
  readonly decode: (thread: Thread<ImageCalls>) => Promise<void>;
}

const idle: Thread<ImageCalls>[] = [];
const queue: Waiting[] = [];
let working = 0;

const start = (): Thread<ImageCalls> =>
  startThread<ImageCalls>(beside('./image-thread', import.meta.url), {
    lost: ({ how }) => (how === LATE ? slow : fail('BAD_IMAGE', 'The image ended the thread that decoded it.')),
    limits: { maxOldGenerationSizeMb: THREAD_MIB },
  });

const pump = (): void => {
  while (working < Math.min(availableParallelism(), MOST_THREADS)) {
    const next = queue.shift();
    if (next === undefined) return;
    working++;
    const thread = idle.pop() ?? start();
    void next.decode(thread).then(() => {
      working--;
      if (!thread.isGone) idle.push(thread);
      pump();
    });
  }
};

/** The threads are the process's own: they are started by the first image, and keep nothing alive. */
export const readImageValue: ReadImage = (value, settings) => {
  const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<ReadImage>>>();
  queue.push({
    decode: async (thread) => {
      try {
        resolve(await within(DECODE_MS, thread.ask('decode', [value, settings]), () => void thread.kill(LATE)));
      } catch (error) {
        resolve(problemOf(error));
      }
    },
  });
  pump();
  return promise;
};
