/** Threads that write Parquet. One that has written a file waits a moment for the next, as a run writes one a shard. */
import { extname } from 'node:path';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { FromThread, ThreadData, ToThread } from './parquet-write-thread.ts';

/** How long a thread waits for another file, in milliseconds, and how many do. */
const IDLE_MS = 1000;
const MOST_IDLE = 2;
/** How long an exiting process waits for a thread, at most. */
const EXIT_MS = 2000;

/** Who writes a file, and hears of it. */
export interface Borrower {
  /** What the thread says of this file. */
  hear(message: FromThread): void;
  /** The thread ended before this file did. */
  ended(error: Error): void;
}

export interface WriteThread {
  post(message: ToThread, transfer?: ArrayBuffer[]): void;
  /** Says that nothing more comes of this file, and lets others have the thread: it goes on with theirs behind this one. */
  finish(message: { readonly end: true } | { readonly cancel: true }): void;
}

interface Thread extends WriteThread {
  lend(borrower: Borrower): void;
}

const idle: Thread[] = [];
/** A process that exits while a thread sleeps inside DuckDB would crash: the threads must come out first. */
const running = new Set<() => void>();
process.on('exit', () => {
  for (const leave of running) leave();
});

const threadFile = new URL(`./parquet-write-thread${extname(import.meta.url)}`, import.meta.url);

const startThread = (): Thread => {
  const { port1: port, port2 } = new MessageChannel();
  const posted = new Int32Array(new SharedArrayBuffer(4));
  const left = new Int32Array(new SharedArrayBuffer(4));
  const workerData: ThreadData = { port: port2, posted, left };
  const worker = new Worker(threadFile, { workerData, transferList: [port2] });
  /** In the order of their files; the first is being written. */
  const borrowers: Borrower[] = [];
  let failure: Error | undefined;
  let tired: NodeJS.Timeout | undefined;

  const post = (message: ToThread, transfer: ArrayBuffer[] = []): void => {
    port.postMessage(message, transfer);
    Atomics.add(posted, 0, 1);
    Atomics.notify(posted, 0);
  };
  const leave = (): void => {
    post({ leave: true });
    Atomics.wait(left, 0, 0, EXIT_MS);
  };
  running.add(leave);
  const hear = (message: FromThread): void => {
    borrowers[0]?.hear(message);
    if ('free' in message) return;
    borrowers.shift();
    if (borrowers.length > 0) return;
    // Only a file that is being written keeps the process alive.
    worker.unref();
    port.unref();
  };
  port.on('message', hear);
  worker.on('error', (error) => {
    failure = error instanceof Error ? error : new Error(String(error));
  });
  worker.on('exit', () => {
    // What the thread said last may still be on its way when its end is told.
    for (let last = receiveMessageOnPort(port); last; last = receiveMessageOnPort(port)) hear(last.message);
    running.delete(leave);
    clearTimeout(tired);
    withdraw();
    for (const borrower of borrowers) borrower.ended(failure ?? new Error('The thread that writes Parquet ended.'));
  });
  const withdraw = (): void => {
    const at = idle.indexOf(thread);
    if (at >= 0) idle.splice(at, 1);
  };
  const thread: Thread = {
    post,
    lend(borrower) {
      borrowers.push(borrower);
      clearTimeout(tired);
      worker.ref();
      port.ref();
    },
    finish(message) {
      post(message);
      if (idle.length >= MOST_IDLE) return post({ leave: true });
      idle.push(thread);
      tired = setTimeout(() => {
        withdraw();
        post({ leave: true });
      }, IDLE_MS).unref();
    },
  };
  return thread;
};

/** A thread that writes one file for the borrower. */
export const borrowThread = (borrower: Borrower): WriteThread => {
  const thread = idle.pop() ?? startThread();
  thread.lend(borrower);
  return thread;
};
