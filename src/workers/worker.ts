/**
 * One worker as its pool sees it: a process that answers one thing at a time, or is gone. It is ended when it takes longer
 * or more memory than it may, and ends with this process, even when that is killed while the worker loops.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { totalmem } from 'node:os';
import type { Readable } from 'node:stream';
import { MillraceError } from '../core/errors.ts';
import type { Scorer } from '../core/types.ts';
import { wordsOf } from '../core/words.ts';
import type { Package } from '../package/layout.ts';
import { inWords, tooLongInWords, workerLost } from './loss.ts';
import { type Asked, type FromWorker, type ToWorker, watchdogPipe } from './messages.ts';

export type Answered = Extract<FromWorker, { answers: unknown }>;

export interface WorkerLimits {
  /** Milliseconds until it has loaded the package; two minutes unless given. */
  readonly loadMs?: number | undefined;
  /** Milliseconds until it answers, where `ask` does not say; a minute unless given. */
  readonly runMs?: number | undefined;
  /** Bytes of memory that its process may take; see `defaultMemoryBytes`. */
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
   * @throws MillraceError WORKER_LOST when the process ends before it answers, with how in `got`; what scoring throws.
   */
  ask(asked: Asked, ms?: number): Promise<Answered>;
  /** Resolves when the process is gone, whatever the reason, with the reason in words. */
  readonly gone: Promise<string>;
  /** Lets it end; resolves when it has. */
  close(): Promise<void>;
  /** Ends it at once. */
  kill(how: string): void;
}

/** From source the process runs TypeScript; from a build it lies beside this file as JavaScript. */
const processFile = new URL(`./worker-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

const LOAD_MS = 120_000;
const RUN_MS = 60_000;
/** Milliseconds that a worker has to end by itself: when it is told to, and when it has hung up. */
const CLOSE_MS = 2000;
const HANG_UP_MS = 500;
const MEBI = 2 ** 20;
const GIBI = 2 ** 30;

/** 4 GiB and as much again as four of its model, and at most half of what the machine, or the container, has. */
export const defaultMemoryBytes = ({ files }: Pick<Package, 'files'>): number => {
  const there = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const model = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  return Math.min(there / 2, 4 * GIBI + 4 * model);
};

/** Milliseconds as a timer takes them; it would run at once where there are more. */
const timerMs = (ms: number): number => Math.min(Math.max(0, ms), 2 ** 31 - 1);

interface Waiting {
  readonly call: number;
  resolve(message: FromWorker): void;
  reject(error: Error): void;
}

/**
 * Starts a process and hands it the package, unless `signal` says meanwhile that nobody wants it any more.
 *
 * @throws MillraceError WORKER_LOST; what loading throws.
 */
export const startWorker = async (
  found: Package,
  limits: WorkerLimits = {},
  signal?: AbortSignal | undefined,
): Promise<Worker> => {
  const { loadMs = LOAD_MS, runMs = RUN_MS, memoryBytes: mostBytes = defaultMemoryBytes(found) } = limits;
  const child: ChildProcess = fork(processFile, [`${process.pid}`, `${mostBytes}`], {
    serialization: 'advanced',
    // What user code writes must not stand among the results of a command.
    stdio: ['ignore', 2, 2, 'ipc', 'pipe'],
  });
  const watchdog = child.stdio[watchdogPipe] as Readable;
  let waiting: Waiting | undefined;
  let calls = 0;
  let killed: string | undefined;
  let ended: string | undefined;
  let closing = false;
  const gone = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(killed ?? inWords(code, signal)));
    child.once('error', (error) => resolve(wordsOf(error)));
  });
  const kill = (how: string): void => {
    killed ??= how;
    child.kill('SIGKILL');
  };
  child.on('message', (message: FromWorker | null) => {
    if (waiting === undefined || message?.call !== waiting.call) return;
    const { resolve, reject } = waiting;
    waiting = undefined;
    if ('problem' in message) reject(new MillraceError(message.problem));
    else resolve(message);
  });
  watchdog.once('data', () => kill(`it took more than ${Math.round(mostBytes / MEBI)} MiB of memory`));
  watchdog.on('error', () => undefined);
  // One that ends hangs up a little before that; one that goes on is of no use any more.
  child.once('disconnect', () => {
    if (closing) return;
    const timer = setTimeout(() => kill('it hung up'), HANG_UP_MS);
    void gone.then(() => clearTimeout(timer));
  });
  void gone.then((how) => {
    ended = how;
    waiting?.reject(workerLost(how));
    waiting = undefined;
  });

  const send = async <T extends FromWorker>(what: { readonly load: Package } | { readonly ask: Asked }, ms: number) => {
    if (ended !== undefined) throw workerLost(ended);
    const call = ++calls;
    const timer = setTimeout(() => kill(tooLongInWords(ms)), timerMs(ms));
    try {
      return (await new Promise<FromWorker>((resolve, reject) => {
        // A failure to send means that the process is gone, which is told by its end.
        child.send({ call, ...what } satisfies ToWorker, () => undefined);
        waiting = { call, resolve, reject };
      })) as T;
    } finally {
      clearTimeout(timer);
    }
  };

  const close = async (): Promise<void> => {
    closing = true;
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => kill('it did not end by itself'), CLOSE_MS);
    await gone;
    clearTimeout(timer);
  };
  const giveUp = (): void => kill('nobody wants it any more');
  signal?.addEventListener('abort', giveUp);
  try {
    const { ready, memoryBytes } = await send<Extract<FromWorker, { ready: unknown }>>({ load: found }, loadMs);
    const ask: Worker['ask'] = (asked, ms = runMs) => send<Answered>({ ask: asked }, ms);
    return { pid: child.pid, graph: ready, memoryBytes, ask, gone, close, kill };
  } catch (error) {
    await close();
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
};
