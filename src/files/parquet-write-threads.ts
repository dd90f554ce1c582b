/** Threads that write Parquet. One that has written a file waits a moment for the next, as a run writes one a shard. */
import { fail } from '../core/errors.ts';
import { createBell } from '../threads/bell.ts';
import { beside } from '../threads/ended.ts';
import { startThread, type Thread } from '../threads/start-thread.ts';
import type { ParquetWriteCalls } from './parquet-write-thread.ts';

/** How long a thread waits for another file, in milliseconds, and how many do. */
const IDLE_MS = 1000;
const MOST_IDLE = 2;
/** How long an exiting process waits for a thread, at most. */
const EXIT_MS = 2000;

/** A thread that writes one file after another; while it writes, the process is kept alive. */
export type WriteThread = Thread<ParquetWriteCalls>;

const idle = new Map<WriteThread, NodeJS.Timeout>();
/** A process that exits while a thread sleeps inside DuckDB would crash: the threads must come out first. */
const leaving = new Set<() => void>();
process.on('exit', () => {
  for (const leave of leaving) leave();
});

const startWriter = (): WriteThread => {
  const bell = createBell();
  const thread = startThread<ParquetWriteCalls>(beside('./parquet-write-thread', import.meta.url), {
    lost: ({ error }) => error ?? new Error('The thread that writes Parquet ended.'),
    told(cause) {
      const [got] = cause.message.split('\n', 1);
      return fail('STORE_FAILED', `The Parquet file cannot be written: ${got}`, { cause });
    },
    bell,
  });
  const leave = (): void => {
    void thread.close();
    bell.awaitLeft(EXIT_MS);
  };
  leaving.add(leave);
  void thread.gone.then(() => {
    leaving.delete(leave);
    withdraw(thread);
  });
  return thread;
};

const withdraw = (thread: WriteThread): void => {
  clearTimeout(idle.get(thread));
  idle.delete(thread);
};

/** A thread for a file that begins now. */
export const borrowThread = (): WriteThread => {
  const [thread = startWriter()] = idle.keys();
  withdraw(thread);
  return thread;
};

/** Lets others have a thread that has been told the end of its file: it goes on with theirs behind this one. */
export const giveBack = (thread: WriteThread): void => {
  const dismiss = (): void => {
    withdraw(thread);
    thread.say('close', []);
  };
  if (thread.isGone) return;
  if (idle.size >= MOST_IDLE) dismiss();
  else idle.set(thread, setTimeout(dismiss, IDLE_MS).unref());
};
