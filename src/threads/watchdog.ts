/** What watches a process: from inside by a thread of it, since the event loop of one that loops sees nothing. */
import { Worker } from 'node:worker_threads';
import { beside } from './ended.ts';

/** What the process is watched for. */
export interface WatchedThread {
  /** The process whose end ends it. */
  readonly parent: number;
  /** Bytes of memory that it may take. */
  readonly memoryBytes: number;
}

/** Where the watchdog says that its process takes too much memory, whatever else the process does then. */
export const WATCHDOG_PIPE = 4;

/** What a process is started with that shall be watched. */
export const watchedArguments = (memoryBytes: number): string[] => [`${process.pid}`, `${memoryBytes}`];

/** In the process: begins to watch it, as its arguments say. */
export const startWatchdog = (): void => {
  const [parent, memoryBytes] = process.argv.slice(2).map(Number);
  const workerData: WatchedThread = { parent, memoryBytes };
  new Worker(beside('./watchdog-thread', import.meta.url), { workerData }).unref();
};
