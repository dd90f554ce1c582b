import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { models } from './serving.ts';

const bin = join(import.meta.dirname, '../../../bin/millrace.js');

interface Started {
  readonly url: string;
  readonly grpc: string | undefined;
  readonly admin: string | undefined;
  readonly home: string;
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly stderr: Promise<string>;
  /** Processes that answer. */
  members(): Promise<readonly number[]>;
}

/** `millrace serve` as a process of its own, with several that answer. */
export const start = async (t: TestContext, ...words: readonly string[]): Promise<Started> =>
  startIn(t, await mkdtemp(join(tmpdir(), 'millrace-processes-')), ...words);

export const startIn = async (t: TestContext, home: string, ...words: readonly string[]): Promise<Started> => {
  const child = spawn(process.execPath, [bin, 'serve', models.trees, '--port', '0', '--workers', '2', ...words], {
    env: { ...process.env, MILLRACE_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });
  const stderr = text(child.stderr);
  let url: string | undefined;
  let grpc: string | undefined;
  let admin: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    grpc ??= /^gRPC on (\S+)$/.exec(line)?.[1];
    admin ??= /^admin on (\S+)$/.exec(line)?.[1];
    url = /^ready on (http:[^;]+); 2 processes;/.exec(line)?.[1];
    if (url !== undefined) break;
  }
  const members = async (): Promise<readonly number[]> => {
    const list = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').catch(() => '');
    return list.trim().split(' ').filter(Boolean).map(Number);
  };
  return { url: url ?? '', grpc, admin, home, child, exited, stderr, members };
};

export const input = JSON.parse(await readFile(join(models.trees, 'examples.json'), 'utf8'))[0].input;
