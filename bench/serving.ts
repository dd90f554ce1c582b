/** Servers under measurement, each a process of its own, so that the load generator has another core. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../src/app.ts';

const root = join(import.meta.dirname, '..');
export const trees = join(root, 'bench/models/trees-100x6');

export interface Server {
  readonly port: number;
  /** Milliseconds of processor time so far; NaN where the system does not tell. */
  cpuMs(): number;
  /** Bytes of resident memory. */
  rss(): number;
  stop(): Promise<void>;
}

const linux = (pid: number, file: string): string | undefined => {
  const path = `/proc/${pid}/${file}`;
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
};

/** A folder that is gone after `use`. */
const withFolder = async <T>(use: (folder: string) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Starts a script, its registry and records in `home`, a folder of its own unless given, and waits until it prints `ready on http://host:port`. */
const start = async (args: readonly string[], given?: string): Promise<Server> => {
  const home = given ?? mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    env: { ...process.env, MILLRACE_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  let text = '';
  let errors = '';
  child.stderr.on('data', (data) => {
    errors += data;
  });
  const ready = new Promise<number>((resolve, reject) => {
    child.stdout.on('data', (data) => {
      text += data;
      const found = /ready on http:\/\/\S+?:(\d+)/.exec(text);
      if (found) resolve(Number(found[1]));
    });
    void ended.then(() => reject(new Error(`${args[0]} ended: ${errors}`)));
  });
  const port = await ready;
  const { pid } = child as { pid: number };
  return {
    port,
    cpuMs: () => {
      const stat = linux(pid, 'stat')?.split(') ')[1].split(' ');
      return stat === undefined ? Number.NaN : (Number(stat[11]) + Number(stat[12])) * 10;
    },
    rss: () => Number(/VmRSS:\s+(\d+)/.exec(linux(pid, 'status') ?? '')?.[1] ?? Number.NaN) * 1024,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      if (given === undefined) rmSync(home, { recursive: true, force: true });
    },
  };
};

export const startEcho = (): Promise<Server> => start([join(root, 'bench/echo-server.ts')]);

/** `millrace serve` of a model, on any free port. */
export const startServiceOf = (model: string, ...options: readonly string[]): Promise<Server> =>
  start([
    join(root, 'bin/millrace.js'),
    'serve',
    model,
    '--port',
    '0',
    '--no-grpc',
    '--log-level',
    'error',
    ...options,
  ]);

/** The same of the benchmark's model. */
export const startService = (...options: readonly string[]): Promise<Server> => startServiceOf(trees, ...options);

/** The same for those who have one of so many keys. */
export const startServiceWithKeys = async (
  count: number,
): Promise<{ readonly server: Server; readonly secrets: readonly string[] }> => {
  const home = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const app = createApp({ cwd: home, env: { MILLRACE_HOME: home } });
  const keys = await app.keys();
  const secrets: string[] = [];
  for (let n = 0; n < count; n++) secrets.push((await keys.create({ role: 'predict' }, 'bench')).secret);
  await app.close();
  const words = ['serve', trees, '--port', '0', '--no-grpc', '--log-level', 'error', '--auth'];
  const server = await start([join(root, 'bin/millrace.js'), ...words], home);
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  };
  return { server: { ...server, stop }, secrets };
};

/** Built as `npm pack` has it, in a folder of its own, with the model registered there; `use` is given what serves it. */
export const withInstalled = <T>(use: (serve: () => Promise<Server>) => Promise<T>): Promise<T> =>
  withFolder(async (folder) => {
    execFileSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: 'ignore' });
    for (const name of ['bin', 'dist', 'package.json', 'schemas'])
      cpSync(join(root, name), join(folder, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const bin = join(folder, 'bin/millrace.js');
    const home = join(folder, 'home');
    execFileSync(process.execPath, [bin, 'pack', trees], {
      env: { ...process.env, MILLRACE_HOME: home },
      stdio: 'ignore',
    });
    return use(() => start([bin, 'serve', 'trees-100x6', '--port', '0', '--log-level', 'error'], home));
  });
