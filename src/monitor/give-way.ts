/** Answers come first: where processors are short, records give way. Only Linux lets a thread do so for itself. */
import { execFile, spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';

/** The calling thread, as the system calls it; undefined where it cannot be told to give way. */
const thisThread = (): string | undefined => {
  try {
    return process.platform === 'linux' ? readlinkSync('/proc/thread-self').split('/').at(-1) : undefined;
  } catch {
    return undefined;
  }
};

const command = (thread: string, isIdle: boolean): string[] => [isIdle ? '--idle' : '--other', '--pid', '0', thread];

/**
 * Lets the calling thread run only where a processor has nothing else to do (the policy SCHED_IDLE, which `chrt` of
 * util-linux sets); without `chrt` all stays as it is. Niceness alone does not do: whoever runs keeps the processor for
 * a slice of some milliseconds, and for so long a thread waits that has a request to answer.
 *
 * @returns the thread, as `hurry` takes it
 */
export const giveWay = (): string | undefined => {
  const thread = thisThread();
  // Not `execFile`: a child that ends while a process is young leaves its event loop 2 % slower for good (Node 24).
  if (thread !== undefined) spawnSync('chrt', command(thread, true), { stdio: 'ignore' });
  return thread;
};

/** Lets a thread that gives way run like any other, or give way again. */
export const hurry = (thread: string | undefined, isWanted: boolean): void => {
  if (thread !== undefined) execFile('chrt', command(thread, !isWanted), () => undefined).unref();
};
