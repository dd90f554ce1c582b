/** Services for tests: models of the repository, a free port, and closed when the test ends. */

import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type App, createApp } from '../../../src/app.ts';
import type { Problem } from '../../../src/core/errors.ts';
import type { Example, Manifest } from '../../../src/core/types.ts';
import type { ServiceSource } from '../../../src/modes/service/model.ts';
import { createService, type Service, type ServiceOptions } from '../../../src/modes/service/service.ts';
import { makePackage, type Package } from '../../../src/package/layout.ts';
import { until as waitUntil } from '../../until.ts';

const root = join(import.meta.dirname, '../../..');

/** Where the models of the repository lie. */
export const models = {
  trees: join(root, 'bench/models/trees-100x6'),
  ride: join(root, 'examples/taxi/models/ride-duration'),
  columns: join(root, 'test/fixtures/models/sk-pipeline-columns'),
  capitals: join(root, 'test/fixtures/models/bool-and-string-out'),
  integers: join(root, 'test/fixtures/models/int-inputs'),
} as const;

/** A composition root with a registry of its own in an empty folder. */
export const openApp = async (t: Pick<TestContext, 'after'>): Promise<App> => {
  const home = await mkdtemp(join(tmpdir(), 'millrace-service-'));
  const app = createApp({ cwd: home, env: { MILLRACE_HOME: home } });
  t.after(async () => {
    await app.close();
    await rm(home, { recursive: true, force: true });
  });
  return app;
};

export interface Served {
  readonly url: string;
  readonly service: Service;
  readonly app: App;
}

/** Serves on a free port until the test ends. */
export const serve = async (
  t: Pick<TestContext, 'after'>,
  refs: readonly string[],
  options: Partial<ServiceOptions> = {},
): Promise<Served> => serveApp(t, await openApp(t), refs, options);

export const serveApp = async (
  t: Pick<TestContext, 'after'>,
  app: App,
  refs: readonly string[],
  options: Partial<ServiceOptions> = {},
): Promise<Served> => {
  const service = await createService({ refs, source: app, ...options });
  t.after(() => service.close({ lingerMs: 0 }));
  const url = await service.listen({ host: '127.0.0.1', port: 0 });
  return { url, service, app };
};

/** What `/predict` may answer; a test looks at the part that it expects. */
export interface Told {
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly prediction: Readonly<Record<string, unknown>>;
  readonly predictions: readonly Pick<Told, 'id' | 'prediction' | 'error'>[];
  readonly error: Problem;
}

export interface Reply<T = Told> {
  readonly status: number;
  readonly headers: Headers;
  readonly json: T;
}

const replyOf = async <T>(response: Response): Promise<Reply<T>> => {
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: JSON.parse(text || 'null') as T };
};

export const get = async <T = Told>(url: string, init?: RequestInit): Promise<Reply<T>> =>
  replyOf<T>(await fetch(url, init));

/** Posts a value as JSON; a text goes as it is. */
export const post = async <T = Told>(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Reply<T>> =>
  replyOf<T>(
    await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );

/** Registers a version of a model out of a folder, its manifest or examples changed. */
export const register = async (
  app: App,
  folder: string,
  change: Partial<Manifest>,
  examples?: readonly Example[],
): Promise<Package> => {
  const found = await app.open(folder);
  const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const files = new Map(found.files);
  files.set('model.json', encode({ ...found.manifest, ...change }));
  if (examples) files.set('examples.json', encode(examples));
  const made = await makePackage(files);
  await (await app.registry()).register(made);
  return made;
};

/** A composition root as a source that follows environments. */
export const following = (app: App): ServiceSource => ({
  open: app.open,
  load: app.load,
  resolve: async (ref) => (ref.includes('@') ? (await app.registry()).resolve(ref) : undefined),
});

/** Sends bytes as they are, and collects what comes back until the connection ends. */
export const sendBytes = (url: string, bytes: string | Uint8Array): Promise<string> => {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.on('data', (data) => {
      text += data.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
};

/** Looks every few milliseconds until it holds. */
export const until = (holds: () => boolean | Promise<boolean>): Promise<void> =>
  waitUntil('it holds', holds).then(() => {});

/** The value of one line of /metrics, 0 when it is not there. */
export const metric = async (url: string, line: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const found = text.split('\n').find((one) => one.startsWith(`${line} `));
  return found === undefined ? 0 : Number(found.slice(line.length + 1));
};
