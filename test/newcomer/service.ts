/** A service of many models in a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const MILLRACE = join(import.meta.dirname, '../../bin/millrace.js');

export interface Service {
  readonly url: string;
  stop(): void;
}

/** @throws when it ends before it is ready */
export const startService = async (refs: readonly string[], home: string): Promise<Service> => {
  const words = [MILLRACE, 'serve', ...refs, '--port', '0', '--no-grpc', '--log-level', 'warn'];
  const child = spawn(process.execPath, words, {
    env: { ...process.env, MILLRACE_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = (): void => void child.kill('SIGKILL');
  process.once('exit', stop);
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^ready on (http:\/\/[^;]+);/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    return { url, stop };
  }
  throw new Error('the service did not start');
};
