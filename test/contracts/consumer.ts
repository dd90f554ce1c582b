/** A command that reads topics in a process of its own, until a test ends it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const millrace = join(import.meta.dirname, '..', '..', 'bin', 'millrace.js');

export interface Consumer {
  /** Resolves when it reads, or has ended. */
  readonly reading: Promise<void>;
  /** What it has said on standard error. */
  said(): string;
  /** Resolves to its exit code; null where the signal ended it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

interface ConsumerPlace {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** It is among these while it runs. */
  readonly running: Set<ChildProcess>;
}

export const startConsumer = (words: readonly string[], { folder, env, running }: ConsumerPlace): Consumer => {
  const child = spawn(process.execPath, [millrace, ...words], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  running.add(child);
  let said = '';
  const reading = Promise.withResolvers<void>();
  child.stderr.on('data', (data) => {
    said += String(data);
    if (said.includes('Ctrl-C stops it')) reading.resolve();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.on('exit', (code) => {
      running.delete(child);
      reading.resolve();
      resolve(code);
    });
  });
  return {
    reading: reading.promise,
    said: () => said,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
};
