/**
 * A process, for who has started it.
 *
 * Its channel ends with the process that started it, and it ends with its channel, or by its watchdog. Who asks one that is gone is
 * told so, and never waits.
 */
import { fork } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { wordsOf } from '../core/words.ts';
import { type Ended, type Lasting, within } from './ended.ts';
import { createHandOver, type GivenBack } from './hand-over.ts';
import { WATCHDOG_PIPE, watchedArguments } from './watchdog.ts';
import { type Calls, createWire, type OtherSide } from './wire.ts';

export interface Process<Theirs extends Calls> extends OtherSide<Theirs>, Lasting {
  readonly pid: number | undefined;
  /** Calls a function of it with a connection, which goes over. Where it has ended before the connection's turn, that is given back. */
  give<Name extends keyof Theirs & string>(
    name: Name,
    value: Parameters<Theirs[Name]>[0],
    socket: Socket,
    givenBack: GivenBack,
  ): void;
  /** Hangs up, which lets it end by itself; after `mostMs` it is killed. Resolves when it is gone. */
  close(mostMs: number): Promise<void>;
  kill(how: string): void;
}

export interface ProcessOptions {
  /** Its environment; that of this process unless given. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** What it may call of who has started it. */
  readonly own?: Calls | undefined;
  /** What those are told who ask it, or wait for an answer of it, when it has ended. */
  readonly lost: (ended: Ended) => Error;
  /** Bytes of memory that it may take, watched by a thread of it (`startWatchdog`); not watched unless given. */
  readonly memoryBytes?: number | undefined;
  /** Milliseconds that it may go on when it has hung up; for ever unless given. */
  readonly hungUpMs?: number | undefined;
}

const MEBI = 2 ** 20;

export const startProcess = <Theirs extends Calls>(
  file: URL,
  { env, own, lost, memoryBytes, hungUpMs }: ProcessOptions,
): Process<Theirs> => {
  const child = fork(file, memoryBytes === undefined ? [] : watchedArguments(memoryBytes), {
    env,
    serialization: 'advanced',
    // What user code writes must not stand among the results of a command.
    stdio: ['ignore', 2, 2, 'ipc', ...(memoryBytes === undefined ? [] : (['pipe'] as const))],
  });
  let isGone = false;
  let isClosing = false;
  let killed: string | undefined;
  const { hear, cut, ask, say } = createWire<Theirs>({
    own,
    // A failure to send means that the process is gone, which is told by its end.
    send: (message) => void child.send(message, () => undefined),
  });
  const kill = (how: string): void => {
    killed ??= how;
    child.kill('SIGKILL');
  };
  const gone = new Promise<Ended>((resolve) => {
    const end = (ended: Ended): void => {
      isGone = true;
      cut(lost(ended));
      resolve(ended);
    };
    child.once('exit', (code, signal) => {
      if (killed !== undefined) end({ how: killed });
      else end(signal === null ? { how: `exit code ${code}` } : { how: signal, signal });
    });
    child.once('error', (error) => end({ how: wordsOf(error), error }));
  });
  child.on('message', (message) => hear(message));
  const handOver = createHandOver(child);
  if (memoryBytes !== undefined) {
    const watchdog = child.stdio[WATCHDOG_PIPE] as Readable;
    watchdog.once('data', () => kill(`it took more than ${Math.round(memoryBytes / MEBI)} MiB of memory`));
    watchdog.on('error', () => undefined);
  }
  child.once('disconnect', () => {
    // One that ends hangs up a little before that; one that goes on is of no use any more.
    if (!isClosing && hungUpMs !== undefined) void within(hungUpMs, gone, () => kill('it hung up'));
  });

  return {
    ask,
    say,
    get isGone() {
      return isGone;
    },
    pid: child.pid,
    give: (name, value, socket, givenBack) => handOver.give({ call: 0, name, values: [value] }, socket, givenBack),
    gone,
    kill,
    async close(mostMs) {
      isClosing = true;
      if (child.connected) child.disconnect();
      await within(mostMs, gone, () => kill('it did not end by itself'));
    },
  };
};
