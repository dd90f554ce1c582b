/**
 * Reading bodies so that one caller's never holds up the others: a small one is read at once, a large one in a thread,
 * of which there are few. A thread that takes too long, or more memory than it may, is ended, and another takes its place.
 */
import { Worker } from 'node:worker_threads';
import { fail, MillraceError } from '../../../core/errors.ts';
import type { Limits } from '../limits.ts';
import { createUnpacker } from './parcels.ts';
import { type ReadKind, type Reads, reads } from './reads.ts';
import type { FromThread, ToThread } from './thread.ts';

export interface Reader {
  /** What is read out of a body. @throws what the function of that name in `reads.ts` throws; TOO_LARGE, UNAVAILABLE */
  read<Kind extends ReadKind>(
    kind: Kind,
    body: Parameters<Reads[Kind]>[0],
    caller?: { readonly destroyed: boolean },
  ): Awaited<ReturnType<Reads[Kind]>> | Promise<Awaited<ReturnType<Reads[Kind]>>>;
  /** Bodies that are read in threads, or wait to be. */
  readonly waiting: number;
  /** Threads that were ended since they took too long or too much memory. */
  readonly ended: number;
  close(): Promise<void>;
}

/** From here on a body is read in a thread. */
export const LARGE_BYTES = 256 * 1024;
/** Threads of a process. */
const THREADS = 2;
/** What a thread may keep on its heap. */
const THREAD_MIB = 768;

interface Job {
  readonly message: ToThread;
  readonly caller: { readonly destroyed: boolean } | undefined;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

const tooSlow = fail('TOO_LARGE', 'The body takes longer to read than a body may; send less at a time.', {
  expected: 'a body that is read in time',
  got: 'one that is not',
});
const tooMuch = fail('TOO_LARGE', 'The body takes more memory to read than a body may; send less at a time.', {
  expected: 'a body of fewer values',
  got: 'one of very many',
});
const gone = fail('CANCELLED', 'The caller went away before the answer was ready.');
const closing = fail('UNAVAILABLE', 'The service is stopping.');

/** From source the thread is TypeScript; from a build it lies beside this file as JavaScript. */
const threadFile = new URL(`./thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

export const createReader = ({ readMs }: Pick<Limits, 'readMs'>): Reader => {
  const queue: Job[] = [];
  const idle: Worker[] = [];
  const threads = new Set<Worker>();
  let working = 0;
  let ended = 0;
  let closed = false;

  const start = (): Worker => {
    const thread = new Worker(threadFile, { resourceLimits: { maxOldGenerationSizeMb: THREAD_MIB } });
    threads.add(thread);
    thread.unref();
    // Told to whoever waits for it; without a listener it would be told to the process.
    thread.on('error', () => {});
    thread.once('exit', () => {
      threads.delete(thread);
      if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1);
    });
    return thread;
  };

  const work = (job: Job): Promise<void> =>
    new Promise((free) => {
      const thread = idle.pop() ?? start();
      const { add, whole } = createUnpacker();
      const finish = (settle: () => void, isReusable: boolean): void => {
        clearTimeout(timer);
        thread.off('message', onMessage).off('error', onError).off('exit', onExit);
        if (isReusable && !closed) idle.push(thread);
        else void thread.terminate();
        settle();
        free();
      };
      const refuse = (error: unknown): void => {
        ended++;
        finish(() => job.reject(error), false);
      };
      const onMessage = (message: FromThread): void => {
        if ('problem' in message) finish(() => job.reject(new MillraceError(message.problem)), true);
        else if ('done' in message) finish(() => job.resolve(whole()), true);
        else {
          add(message.parcel);
          // The next one in another turn of the event loop, so that others have theirs.
          setImmediate(() => thread.postMessage({ next: true } satisfies ToThread));
        }
      };
      const onError = (error: Error & { readonly code?: string }): void =>
        refuse(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch : error);
      const onExit = (): void => refuse(closing);
      const timer = setTimeout(() => refuse(tooSlow), readMs);
      thread.on('message', onMessage).on('error', onError).on('exit', onExit);
      thread.postMessage(job.message);
    });

  const pump = (): void => {
    while (working < THREADS) {
      const job = queue.shift();
      if (job === undefined) return;
      if (job.caller?.destroyed) {
        job.reject(gone);
        continue;
      }
      working++;
      void work(job).then(() => {
        working--;
        pump();
      });
    }
  };

  return {
    get waiting() {
      return queue.length + working;
    },
    get ended() {
      return ended;
    },
    read(kind, body, caller) {
      if (body.bytes.byteLength <= LARGE_BYTES) return reads[kind](body as never) as never;
      if (closed) throw closing;
      return new Promise((resolve, reject) => {
        queue.push({ message: { kind, body }, caller, resolve: resolve as (value: unknown) => void, reject });
        pump();
      }) as never;
    },
    async close() {
      closed = true;
      for (const { reject } of queue.splice(0)) reject(closing);
      await Promise.all([...threads].map((thread) => thread.terminate()));
    },
  };
};
