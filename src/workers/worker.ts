/** One worker as its pool sees it: a process that answers one thing at a time, or is gone. */
import { type ChildProcess, fork } from 'node:child_process';
import { fail, MillraceError } from '../core/errors.ts';
import type { Scorer } from '../core/types.ts';
import type { Package } from '../package/layout.ts';
import type { Asked, FromWorker, ToWorker } from './messages.ts';

export type Answered = Extract<FromWorker, { answers: unknown }>;

export interface Worker {
  readonly pid: number | undefined;
  readonly graph: Scorer['graph'];
  /** What the process took when it was ready. */
  readonly memoryBytes: number;
  /** One at a time. @throws MillraceError WORKER_LOST when the process ends before it answers; what scoring throws. */
  ask(asked: Asked): Promise<Answered>;
  /** Resolves when the process is gone, whatever the reason, with the reason in words. */
  readonly gone: Promise<string>;
  /** Lets it end. */
  close(): Promise<void>;
}

/** From source the process runs TypeScript; from a build it lies beside this file as JavaScript. */
const processFile = new URL(`./worker-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** Milliseconds that a worker has to end by itself. */
const patience = 2000;

const lost = (how: string): MillraceError =>
  fail('WORKER_LOST', `The process that ran the model has ended (${how}) before it answered; try again.`, {
    expected: 'an answer',
    got: how,
  });

/** Starts a process and hands it the package. @throws MillraceError WORKER_LOST, and what loading throws */
export const startWorker = async (found: Package): Promise<Worker> => {
  const child: ChildProcess = fork(processFile, [], {
    serialization: 'advanced',
    // What user code writes must not stand among the results of a command.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  let waiting: { resolve(message: FromWorker): void; reject(error: Error): void } | undefined;
  const gone = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once('error', (error) => resolve(error.message));
  });
  child.on('message', (message: FromWorker) => {
    const current = waiting;
    waiting = undefined;
    if ('problem' in message) current?.reject(new MillraceError(message.problem));
    else current?.resolve(message);
  });
  void gone.then((how) => {
    waiting?.reject(lost(how));
    waiting = undefined;
  });
  const send = <T extends FromWorker>(message: ToWorker): Promise<T> =>
    new Promise<FromWorker>((resolve, reject) => {
      waiting = { resolve, reject };
      // A failure to send means that the process is gone, which is told by its end.
      child.send(message, () => undefined);
    }) as Promise<T>;

  const close = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), patience);
    await gone;
    clearTimeout(timer);
  };
  try {
    const { ready, memoryBytes } = await send<Extract<FromWorker, { ready: unknown }>>({ load: found });
    return { pid: child.pid, graph: ready, memoryBytes, ask: (asked) => send<Answered>({ ask: asked }), gone, close };
  } catch (error) {
    await close();
    throw error;
  }
};
