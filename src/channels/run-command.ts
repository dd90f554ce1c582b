/** Runs a command of the user's to its end. */
import { spawn } from 'node:child_process';
import { fail } from '../core/errors.ts';

export interface CommandOptions {
  /** Where it runs. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** A command that takes longer is ended, in milliseconds. */
const COMMAND_TIMEOUT_MS = 600_000;
/** How much is kept of what it says on standard error, in characters. */
const SHOWN = 2000;

export const nameOfCommand = (words: string | readonly string[]): string =>
  typeof words === 'string' ? words : words.join(' ');

/**
 * @param words a line for the shell, or the command and its arguments
 * @param text what it reads on standard input
 * @throws MillraceError REACTION_FAILED when it ends with anything but 0; what the system says of one that cannot run
 */
export const runCommand = (
  words: string | readonly string[],
  text: string,
  { folder, env, signal }: CommandOptions,
): Promise<void> =>
  new Promise<void>((resolve, reject) => {
    const [first = '', ...rest] = typeof words === 'string' ? [words] : words;
    // Not as an option of `spawn`: its timer would keep this process alive where the command cannot even begin.
    const ends = AbortSignal.timeout(COMMAND_TIMEOUT_MS);
    const child = spawn(first, rest, {
      cwd: folder,
      env,
      shell: typeof words === 'string',
      stdio: ['pipe', 'inherit', 'pipe'],
      signal: AbortSignal.any([signal, ends]),
    });
    let tail = '';
    child.stderr.on('data', (chunk: Buffer) => {
      process.stderr.write(chunk);
      tail = `${tail}${chunk}`.slice(-SHOWN);
    });
    child.on('error', (error) => {
      if (!ends.aborted || signal.aborted) return reject(error);
      const most = `${COMMAND_TIMEOUT_MS / 1000} s`;
      reject(
        fail('REACTION_FAILED', `The command ${first} took longer than ${most} and was ended`, {
          expected: most,
          got: 'no end',
        }),
      );
    });
    child.on('close', (code, killed) => {
      if (code === 0) return resolve();
      const how = code === null ? `was ended by ${killed}` : `ended with ${code}`;
      const line = tail.trim().split('\n').at(-1) ?? '';
      reject(
        fail('REACTION_FAILED', `The command ${first} ${how}${line === '' ? '' : `: ${line}`}`, {
          expected: '0',
          got: `${code ?? killed}`,
        }),
      );
    });
    // A command need not read what it is told.
    child.stdin.on('error', () => {});
    child.stdin.end(text);
  });
