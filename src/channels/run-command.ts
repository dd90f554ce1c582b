/** Runs a command of the user's to its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fail, type MillraceError } from '../core/errors.ts';

export interface CommandOptions {
  /** Where it runs. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** One that takes longer is ended; ten minutes unless given. */
  readonly timeoutMs?: number | undefined;
  /** Hears what it says, on standard output and standard error, as it comes. */
  readonly onOutput?: ((text: string) => void) | undefined;
}

const COMMAND_TIMEOUT_MS = 600_000;
/** How much is kept of what it says on standard error, in characters. */
const SHOWN = 2000;
/** Between asking it to end and ending it, in milliseconds. */
const GRACE_MS = 5000;

export const nameOfCommand = (words: string | readonly string[]): string =>
  typeof words === 'string' ? words : words.join(' ');

/** It leads a group of its own, so that what it has started ends with it. */
const endGroup = ({ pid }: ChildProcess, how: NodeJS.Signals): void => {
  try {
    if (pid !== undefined) process.kill(-pid, how);
  } catch {
    // It has ended.
  }
};

const tookTooLong = (first: string, timeoutMs: number): MillraceError => {
  const most = `${timeoutMs / 1000} s`;
  return fail('REACTION_FAILED', `The command ${first} took longer than ${most} and was ended`, {
    expected: most,
    got: 'no end',
  });
};

const badEnd = (first: string, code: number | null, killed: string | null, tail: string): MillraceError => {
  const how = code === null ? `was ended by ${killed}` : `ended with ${code}`;
  const line = tail.trim().split('\n').at(-1) ?? '';
  return fail('REACTION_FAILED', `The command ${first} ${how}${line === '' ? '' : `: ${line}`}`, {
    expected: '0',
    got: `${code ?? killed}`,
  });
};

/**
 * @param words a line for the shell, or the command and its arguments
 * @param text what it reads on standard input
 * @throws MillraceError REACTION_FAILED when it ends with anything but 0; what the system says of one that cannot run
 */
export const runCommand = (
  words: string | readonly string[],
  text: string,
  { folder, env, signal, timeoutMs = COMMAND_TIMEOUT_MS, onOutput }: CommandOptions,
): Promise<void> =>
  new Promise<void>((resolve, reject) => {
    signal.throwIfAborted();
    const [first = '', ...rest] = typeof words === 'string' ? [words] : words;
    const child = spawn(first, rest, {
      cwd: folder,
      env,
      shell: typeof words === 'string',
      stdio: ['pipe', onOutput === undefined ? 'inherit' : 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    let isLate = false;
    let killing: NodeJS.Timeout | undefined;
    const end = (): void => {
      endGroup(child, 'SIGTERM');
      killing ??= setTimeout(() => endGroup(child, 'SIGKILL'), GRACE_MS);
    };
    const late = setTimeout(() => {
      isLate = true;
      end();
    }, timeoutMs);
    signal.addEventListener('abort', end);
    const over = (): void => {
      clearTimeout(late);
      clearTimeout(killing);
      signal.removeEventListener('abort', end);
    };
    let tail = '';
    child.stdout?.on('data', (chunk: Buffer) => onOutput?.(String(chunk)));
    child.stderr?.on('data', (chunk: Buffer) => {
      process.stderr.write(chunk);
      onOutput?.(String(chunk));
      tail = `${tail}${chunk}`.slice(-SHOWN);
    });
    child.on('error', (error) => {
      over();
      reject(error);
    });
    child.on('close', (code, killed) => {
      over();
      if (signal.aborted) return reject(signal.reason);
      if (isLate) return reject(tookTooLong(first, timeoutMs));
      if (code === 0) return resolve();
      reject(badEnd(first, code, killed, tail));
    });
    // A command need not read what it is told.
    child.stdin?.on('error', () => {});
    child.stdin?.end(text);
  });
