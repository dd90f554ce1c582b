/** Answers come first: where processors are short, records give way. Only Linux lets a thread do so for itself. */
import { execFile, spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * How a thread gives way: not at all; by being as nice as can be, which leaves it a little of a processor that others want
 * too; or by running only where a processor has nothing else to do.
 */
export type Way = 'none' | 'nice' | 'idle';

const NICEST = 19;
/** Of a thread that gives way in the other sense, while it is hurried. */
const NICE = 5;

/** The calling thread, as the system calls it; undefined where it cannot be told to give way. */
const thisThread = (): string | undefined => {
  try {
    return readlinkSync('/proc/thread-self').split('/').at(-1);
  } catch {
    return undefined;
  }
};

const command = (thread: string, isIdle: boolean): string[] => [isIdle ? '--idle' : '--other', '--pid', '0', thread];

/**
 * Lets the calling thread give way. To be idle is the policy SCHED_IDLE, which `chrt` of util-linux sets; without `chrt` the
 * thread is only nice.
 *
 * @returns an idle thread, as `hurry` takes it
 */
export const giveWay = (way: Way): string | undefined => {
  if (way === 'none' || process.platform !== 'linux') return undefined;
  // On Linux a priority is the thread's own, whatever POSIX says: setpriority(2).
  setPriority(0, way === 'nice' ? NICEST : NICE);
  const thread = way === 'idle' ? thisThread() : undefined;
  // Not `execFile`: a child that ends while a process is young leaves its event loop 2 % slower for good (Node 24).
  if (thread !== undefined) spawnSync('chrt', command(thread, true), { stdio: 'ignore' });
  return thread;
};

/** Lets a thread that is idle run like any other, or give way again. One that is nice stays so: only root could change that. */
export const hurry = (thread: string | undefined, isWanted: boolean): void => {
  if (thread !== undefined) execFile('chrt', command(thread, !isWanted), () => undefined).unref();
};
