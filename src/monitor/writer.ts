/** The thread that writes records down, and another in its place when it ends. */
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import {
  MillraceError as Failure,
  fail,
  type MillraceError,
  messageOf,
  type Problem,
  problemOf,
} from '../core/errors.ts';
import type { KnownModel } from './answered.ts';
import { hurry } from './give-way.ts';
import type { Parcel } from './parcel.ts';
import type { Kept } from './records.ts';

export interface ThreadData {
  /** The store, as `openSql` takes it. */
  readonly url: string;
  readonly days: number;
  readonly most: number;
  /** The thread runs only where a processor has nothing else to do. */
  readonly givesWay: boolean;
}
export type ToThread =
  | { readonly models: readonly KnownModel[] }
  | { readonly parcel: Parcel }
  | { readonly ask: number; readonly find: string }
  | { readonly ask: number; readonly label: string; readonly truth: unknown }
  | { readonly end: true };
export type FromThread =
  | { readonly ready: true; readonly thread: string | undefined }
  /** What became of the oldest parcel that it had, whose buffer comes back: rows written, and rows that the store refused. */
  | {
      readonly buffer: ArrayBuffer;
      readonly written: number;
      readonly refused: number;
      readonly problem?: Problem;
    }
  /** The store is away: nothing of the parcel is written. */
  | { readonly buffer: ArrayBuffer; readonly problem: Problem }
  | { readonly ask: number; readonly found: Kept | undefined }
  | { readonly ask: number; readonly problem: Problem };

export interface WriterOptions {
  readonly data: ThreadData;
  readonly onMessage: (message: FromThread) => void;
  /**
   * The thread has ended, by itself unless the problem is undefined: what it was told, and has not answered for, nobody
   * will answer for.
   */
  readonly onEnded: (problem: Problem | undefined) => void;
  /** Why another cannot be started, told once; it is tried again and again. */
  readonly onStuck: (problem: Problem) => void;
  /** Another is there, which knows nothing yet. */
  readonly onReplaced: () => void;
}

export interface Writer {
  /** A thread is there, to be told something. */
  readonly alive: boolean;
  /** Threads that were started in the place of one that ended. */
  readonly restarts: number;
  say(message: ToThread): void;
  /** Somebody waits for what the thread was told, or nobody does any more: until then it gives way to all others. */
  hurry(isWanted: boolean): void;
  /** Lets the thread finish what it was told, for so many milliseconds, and ends it. */
  close(mostMs: number): Promise<void>;
}

/** Milliseconds before another is started when the one before ended at once, at first and at most. */
const backoff = { first: 100, most: 5000 };
/** A thread that has lived so many milliseconds did not end at once. */
const settledMs = 1000;
const longer = (delay: number): number => Math.min(backoff.most, Math.max(backoff.first, delay * 2));

/** From source the thread is TypeScript; from a build it lies beside this file as JavaScript. */
const threadFile = new URL(`./recorder-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

export const noWriter = (got?: string): MillraceError =>
  fail('STORE_FAILED', 'Records are not written at the moment: the thread that writes them has ended.', { got });

interface Thread {
  readonly worker: Worker;
  /** As the system calls it. */
  readonly name: string | undefined;
  /** Why, as far as it is known, once it has ended. */
  readonly gone: Promise<string>;
}

/** A thread that has opened the store. @throws MillraceError STORE_FAILED */
const startThread = async (workerData: ThreadData): Promise<Thread> => {
  const worker = new Worker(threadFile, { workerData });
  const gone = new Promise<string>((resolve) => {
    let why: string | undefined;
    worker.once('error', (error) => {
      why = messageOf(error);
    });
    // The last of what it said is heard before this.
    worker.once('exit', (code) => resolve(why ?? `exit code ${code}`));
  });
  const first = new Promise<FromThread>((resolve) => worker.once('message', resolve));
  const said = await Promise.race([first, gone]);
  if (typeof said === 'string') throw noWriter(said);
  if ('problem' in said && said.problem !== undefined) {
    await worker.terminate();
    throw new Failure(said.problem);
  }
  // Nothing of it keeps the process alive: `close` is what waits.
  worker.unref();
  const name = 'ready' in said ? said.thread : undefined;
  return { worker, name, gone };
};

/** Starts the thread. @throws MillraceError STORE_FAILED */
export const createWriter = async ({
  data,
  onMessage,
  onEnded,
  onStuck,
  onReplaced,
}: WriterOptions): Promise<Writer> => {
  const closing = new AbortController();
  let restarts = 0;
  let delay = 0;
  let thread: Thread | undefined;
  let replacing: Promise<void> | undefined;

  const use = (started: Thread): void => {
    const began = performance.now();
    thread = started;
    thread.worker.on('message', onMessage);
    void thread.gone.then((how) => {
      thread = undefined;
      const { signal } = closing;
      onEnded(signal.aborted ? undefined : noWriter(how).problem);
      if (signal.aborted) return;
      delay = performance.now() - began < settledMs ? longer(delay) : 0;
      replacing = replace(signal);
    });
  };
  /** Tries until there is one. */
  const replace = async (signal: AbortSignal): Promise<void> => {
    for (let failed = 0; !signal.aborted; failed++) {
      try {
        await pause(delay, undefined, { signal, ref: false });
        const started = await startThread(data);
        restarts++;
        use(started);
        onReplaced();
        return;
      } catch (error) {
        delay = longer(delay);
        if (failed === 0 && !signal.aborted) onStuck(problemOf(error));
      }
    }
  };
  use(await startThread(data));

  return {
    get alive() {
      return thread !== undefined;
    },
    get restarts() {
      return restarts;
    },
    say: (message) => thread?.worker.postMessage(message, 'parcel' in message ? [message.parcel.buffer] : []),
    hurry: (isWanted) => hurry(thread?.name, isWanted),
    async close(mostMs) {
      closing.abort();
      await replacing;
      if (thread === undefined) return;
      const { worker, name, gone } = thread;
      hurry(name, true);
      worker.ref();
      worker.postMessage({ end: true } satisfies ToThread);
      const timer = setTimeout(() => void worker.terminate(), mostMs);
      await gone;
      clearTimeout(timer);
    },
  };
};
