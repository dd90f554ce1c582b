/** The thread that writes records down, and another in its place when it ends. */
import { fail, type MillraceError, type Problem, problemOf } from '../core/errors.ts';
import { beside } from '../threads/ended.ts';
import { startThread, type Thread } from '../threads/start-thread.ts';
import { supervise } from '../threads/supervise.ts';
import type { OtherSide } from '../threads/wire.ts';
import { hurry } from './give-way.ts';
import type { RecorderCalls, RecorderData } from './recorder-thread.ts';

export interface WriterOptions {
  readonly data: RecorderData;
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

/** `ask` throws STORE_FAILED while there is no thread, and for what it says of its database; `say` is then said to nobody. */
export interface Writer extends OtherSide<RecorderCalls> {
  /** A thread is there, to be told something. */
  readonly alive: boolean;
  /** Threads that were started in the place of one that ended. */
  readonly restarts: number;
  /** Somebody waits for what the thread was told, or nobody does any more: until then it gives way to all others. */
  hurry(isWanted: boolean): void;
  /** Lets the thread finish what it was told, for so many milliseconds, and ends it. */
  close(mostMs: number): Promise<void>;
}

const BACKOFF = { firstMs: 100, mostMs: 5000, settledMs: 1000 } as const;

const noWriter = (got?: string): MillraceError =>
  fail('STORE_FAILED', 'Records are not written at the moment: the thread that writes them has ended.', { got });

interface RecordsThread extends Pick<Thread<RecorderCalls>, 'gone'> {
  readonly thread: Thread<RecorderCalls>;
  /** As the system calls it. */
  readonly name: string | undefined;
}

/** A thread that has opened the store. @throws MillraceError STORE_FAILED */
const startRecords = async (data: RecorderData): Promise<RecordsThread> => {
  const thread = startThread<RecorderCalls>(beside('./recorder-thread', import.meta.url), {
    lost: ({ how }) => noWriter(how),
  });
  try {
    return { thread, gone: thread.gone, name: await thread.ask('open', [data]) };
  } catch (error) {
    await thread.kill('it has no database');
    throw error;
  }
};

/** Starts the thread. @throws MillraceError STORE_FAILED */
export const createWriter = async ({ data, onEnded, onStuck, onReplaced }: WriterOptions): Promise<Writer> => {
  let last: RecordsThread | undefined;
  const supervisor = supervise<RecordsThread>({
    size: 1,
    // Nothing of it keeps the process alive: `close` is what waits.
    isVital: false,
    backoff: BACKOFF,
    start: () => startRecords(data),
    onUp(started, isRestart) {
      last = started;
      if (isRestart) onReplaced();
    },
    onGone: (_, { how }) => onEnded(supervisor.isClosing ? undefined : noWriter(how).problem),
    onStuck(error, failed) {
      if (failed === 1) onStuck(problemOf(error));
    },
  });
  const there = (): RecordsThread | undefined => (last?.thread.isGone ? undefined : last);
  try {
    await supervisor.first[0];
  } catch (error) {
    await supervisor.close();
    throw error;
  }

  return {
    get alive() {
      return there() !== undefined;
    },
    get restarts() {
      return supervisor.restarts;
    },
    ask: (name, values, moved) => there()?.thread.ask(name, values, moved) ?? Promise.reject(noWriter()),
    say: (name, values, moved) => there()?.thread.say(name, values, moved),
    hurry: (isWanted) => hurry(there()?.name, isWanted),
    async close(mostMs) {
      await supervisor.close();
      const one = there();
      if (one === undefined) return;
      hurry(one.name, true);
      await one.thread.close(mostMs);
    },
  };
};
