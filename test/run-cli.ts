import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { main } from '../src/cli/main.ts';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd: string;
  /** Beside HOME, which is `cwd` unless said, so that no test sees the registry of the person who runs it. */
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

/** Calls the command line without a process: the real commands, with streams that are kept. */
export const runCli = async (
  argv: readonly string[],
  { cwd, env, stdin = '', signal }: CliOptions,
): Promise<CliResult> => {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const texts = Promise.all([text(stdout), text(stderr)]);
  const code = await main(argv, {
    stdin: Readable.from([stdin]),
    stdout,
    stderr,
    cwd,
    env: { HOME: cwd, ...env },
    ...(signal && { signal }),
  });
  stdout.end();
  stderr.end();
  const [out, err] = await texts;
  return { code, stdout: out, stderr: err };
};
