/** How a worker came to its end, in words. */
import { fail, type MillraceError } from '../core/errors.ts';
import type { Ended } from '../threads/ended.ts';

/** signal(7). */
const reasons: Readonly<Record<string, string>> = {
  SIGFPE: 'a division that no processor can do, in native code',
  SIGSEGV: 'memory that is not its own, touched in native code',
  SIGBUS: 'memory that is not there, touched in native code',
  SIGILL: 'an instruction that no processor knows, in native code',
  SIGTRAP: 'it gave up, as it does when JavaScript has no memory left',
  SIGABRT: 'it gave up, as it does when JavaScript has no memory left',
  SIGKILL: 'killed from outside, as when the machine has no memory left',
};

/** How a process has ended, and what its signal usually means. */
export const inWords = ({ how, signal }: Ended): string =>
  signal !== undefined && reasons[signal] ? `${signal}: ${reasons[signal]}` : how;

/** Of a worker that was ended after so long. */
export const tooLongInWords = (ms: number): string =>
  `it took longer than ${ms < 1000 ? `${ms} ms` : `${Number((ms / 1000).toFixed(1))} s`}`;

export const workerLost = (how: string): MillraceError =>
  fail('WORKER_LOST', `The process that ran the model has ended (${how}) before it answered; try again.`, {
    expected: 'an answer',
    got: how,
  });
