/**
 * One worker as its pool sees it: a process that answers one thing at a time, or is gone. It is ended when it takes longer
 * or more memory than it may, and ends with this process, even when that is killed while the worker loops.
 */
import { totalmem } from 'node:os';
import type { Scorer } from '../core/types.ts';
import type { Package } from '../package/layout.ts';
import { beside, within } from '../threads/ended.ts';
import { startProcess } from '../threads/start-process.ts';
import { inWords, tooLongInWords, workerLost } from './loss.ts';
import type { Asked, WorkerAnswers, WorkerCalls } from './messages.ts';

export interface WorkerLimits {
  /** Milliseconds until it has loaded the package; two minutes unless given. */
  readonly loadMs?: number | undefined;
  /** Milliseconds until it answers, where `ask` does not say; a minute unless given. */
  readonly runMs?: number | undefined;
  /** Bytes of memory that its process may take; 4 GiB and four of its model, at most half of the machine, unless given. */
  readonly memoryBytes?: number | undefined;
}

export interface Worker {
  readonly pid: number | undefined;
  readonly graph: Scorer['graph'];
  /** What the process took when it was ready. */
  readonly memoryBytes: number;
  /**
   * One at a time. A process that takes longer than `ms`, `runMs` unless given, is ended.
   *
   * @throws WORKER_LOST when the process ends before it answers, with how in `got`; what scoring throws
   */
  ask(asked: Asked, ms?: number): Promise<WorkerAnswers>;
  readonly isGone: boolean;
  /** Resolves when the process is gone, whatever the reason, with the reason in words. */
  readonly gone: Promise<string>;
  /** Lets it end; resolves when it has. */
  close(): Promise<void>;
  /** Ends it at once. */
  kill(how: string): void;
}

const LOAD_MS = 120_000;
const RUN_MS = 60_000;
/** Milliseconds that a worker has to end by itself: when it is told to, and when it has hung up. */
const CLOSE_MS = 2000;
const HUNG_UP_MS = 500;
const GIBI = 2 ** 30;

/** 4 GiB and as much again as four of its model, and at most half of what the machine, or the container, has. */
const defaultMemoryBytes = ({ files, weights }: Pick<Package, 'files' | 'weights'>): number => {
  const there = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const model = [...files.values()].reduce((sum, { length }) => sum + length, weights?.size ?? 0);
  return Math.min(there / 2, 4 * GIBI + 4 * model);
};

/**
 * Starts a process and hands it the package, unless `signal` says meanwhile that nobody wants it any more.
 *
 * @throws WORKER_LOST; what loading throws
 */
export const startWorker = async (
  found: Package,
  limits: WorkerLimits = {},
  signal?: AbortSignal | undefined,
): Promise<Worker> => {
  const { loadMs = LOAD_MS, runMs = RUN_MS, memoryBytes: mostBytes = defaultMemoryBytes(found) } = limits;
  const child = startProcess<WorkerCalls>(beside('./worker-process', import.meta.url), {
    lost: (ended) => workerLost(inWords(ended)),
    memoryBytes: mostBytes,
    hungUpMs: HUNG_UP_MS,
  });
  const { pid, kill } = child;
  const inTime = <T>(ms: number, asked: Promise<T>): Promise<T> => within(ms, asked, () => kill(tooLongInWords(ms)));
  const close = () => child.close(CLOSE_MS);
  const giveUp = (): void => kill('nobody wants it any more');
  signal?.addEventListener('abort', giveUp);
  try {
    const { graph, memoryBytes } = await inTime(loadMs, child.ask('load', [found]));
    return {
      pid,
      graph,
      memoryBytes,
      ask: (asked, ms = runMs) => inTime(ms, child.ask('score', [asked])),
      get isGone() {
        return child.isGone;
      },
      gone: child.gone.then(inWords),
      close,
      kill,
    };
  } catch (error) {
    await close();
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
};
