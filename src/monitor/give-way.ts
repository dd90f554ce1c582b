/** Answers come first: where processors are short, records give way. Only Linux lets a thread do so for itself. */
import { execFile } from 'node:child_process';
import { readlinkSync } from 'node:fs';

/** The calling thread, as the system calls it; undefined where it cannot be told to give way. */
export const thisThread = (): string | undefined => {
  try {
    return process.platform === 'linux' ? readlinkSync('/proc/thread-self').split('/').at(-1) : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Lets a thread run only where a processor has nothing else to do (the policy SCHED_IDLE, which `chrt` of util-linux
 * sets), or again like any other; without `chrt` all stays as it is. Niceness alone does not do: whoever runs keeps the
 * processor for a slice of some milliseconds, and for so long a thread waits that has a request to answer.
 */
export const giveWay = (thread: string | undefined, always: boolean): void => {
  if (thread === undefined) return;
  execFile('chrt', [always ? '--idle' : '--other', '--pid', '0', thread], () => undefined).unref();
};
