import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { type App, createApp } from '../../../src/app.ts';
import { writeEvent } from '../../../src/events/cloud-event.ts';
import { createPublishing, type PublishingOptions } from '../../../src/modes/service/publish/publishing.ts';
import { preparePublish } from '../../../src/modes/service/publish/settings.ts';
import type { ServiceOptions } from '../../../src/modes/service/service.ts';
import { prepareStream } from '../../../src/modes/stream/deployment.ts';
import { createStreamMetrics } from '../../../src/modes/stream/metrics.ts';
import { type Stream, startStream } from '../../../src/modes/stream/stream.ts';
import type { StreamSettings } from '../../../src/project/deployments/stream.ts';
import { runCli } from '../../run-cli.ts';
import { tempFolder } from '../../temp-folder.ts';
import { get, metric, models, post, serveApp, until } from './serving.ts';

const millrace = join(import.meta.dirname, '../../../bin/millrace.js');
const row = { units: 3, price: 4 };
const prediction = { total: 12, over: false };

interface Better {
  readonly deployment: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly prediction: typeof prediction;
}
interface Shown {
  readonly id: string;
  readonly prediction: typeof prediction;
  readonly better: readonly Better[];
}

const project = `
deployments:
  orders:
    mode: service
    model: ${models.integers}
    publish: { topic: asked, better: answered }
    records_api: true
  second-look:
    mode: stream
    model: ${models.integers}
    from: asked
    input: $.input
    to: answered
    batch: { size: 5 }
`;

const openProject = (t: TestContext): App => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'millrace.yaml'), project);
  const app = createApp({ cwd: folder, env: { HOME: folder } });
  t.after(() => app.close());
  return app;
};

/** The quick half: a service that publishes to `asked` and hears of `answered`. */
const publishing = async (
  t: TestContext,
  app: App,
  options: Partial<PublishingOptions> = {},
  service: Partial<ServiceOptions> = {},
) => {
  const publish = preparePublish('orders', { topic: 'asked', better: 'answered' });
  const made = createPublishing({
    broker: await app.broker(),
    publishOf: () => publish,
    all: [publish],
    ...options,
  });
  t.after(() => made.close(100));
  return {
    ...(await serveApp(t, app, [models.integers], { publishing: made, recordsApi: true, ...service })),
    publishing: made,
  };
};

/** The better half. */
const predictAgain = async (t: TestContext, app: App, name: string, more: Partial<StreamSettings>): Promise<Stream> => {
  const settings = { mode: 'stream', model: models.integers, from: 'asked', input: '$.input', to: 'answered', ...more };
  const stream = await startStream({
    deployment: prepareStream(name, settings as StreamSettings),
    broker: await app.broker(),
    source: app,
    metrics: createStreamMetrics(new Registry()),
  });
  t.after(() => stream.stop());
  return stream;
};

interface ServerSent {
  readonly event: string;
  readonly data: unknown;
}

/** Listens to an address of Server-Sent Events, as it says them. */
const listen = async (t: TestContext, url: string) => {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const response = await fetch(url, { signal: stop.signal });
  const heard: ServerSent[] = [];
  let heartbeats = 0;
  const told = (text: string): void => {
    const fields = new Map(text.split('\n').map((line) => line.split(/: ?(.*)/s) as [string, string]));
    const data = fields.get('data');
    if (data === undefined) heartbeats++;
    else heard.push({ event: fields.get('event') ?? 'message', data: JSON.parse(data) });
  };
  const read = async (): Promise<void> => {
    let text = '';
    for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      const parts = (text + Buffer.from(piece).toString()).split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) told(part);
    }
  };
  const ended = read().catch(() => undefined);
  return {
    response,
    heard,
    heartbeats: () => heartbeats,
    ended,
    stop: () => stop.abort(),
  };
};

describe('a better prediction', { timeout: 200_000 }, () => {
  it('stands beside the quick one, and is sent to all who listen as it comes', async (t) => {
    const app = openProject(t);
    const { url, service } = await publishing(t, app);
    const { json } = await post(`${url}/predict/int-inputs`, row);
    const address = `${url}/predictions/${json.id}`;
    const before = await get<Shown>(address);
    assert.deepEqual([before.json.prediction, before.json.better], [prediction, []]);

    const clients = [await listen(t, `${address}/events`), await listen(t, `${address}/events`)];
    const gone = await listen(t, `${address}/events`);
    assert.equal(await metric(url, 'millrace_publish_listeners'), 3);
    gone.stop();
    await until(async () => (await metric(url, 'millrace_publish_listeners')) === 2);
    await predictAgain(t, app, 'second-look', {});
    await until(() => clients.every(({ heard }) => heard.length === 1));
    for (const { response, heard } of clients) {
      assert.equal(response.headers.get('content-type'), 'text/event-stream');
      assert.equal(heard[0].event, 'better');
      const better = heard[0].data as Better;
      assert.deepEqual(
        [better.deployment, better.model, better.version, better.digest, better.prediction],
        ['second-look', 'int-inputs', '1.0.0', json.digest, prediction],
      );
    }
    const after = await get<Shown>(address);
    assert.deepEqual([after.json.id, after.json.prediction], [json.id, prediction]);
    assert.deepEqual(after.json.better, [clients[0].heard[0].data]);

    const late = await listen(t, `${address}/events`);
    await until(() => late.heard.length === 1);
    await service.close({ lingerMs: 0 });
    await Promise.all([...clients, late].map(({ ended }) => ended));
    for (const { heard } of [...clients, late]) {
      assert.deepEqual(heard.at(-1), { event: 'end', data: { reason: 'stopping' } });
    }
  });

  it('comes from several deployments, also from one that predicts what another has predicted', async (t) => {
    const app = openProject(t);
    const { url } = await publishing(t, app);
    const reply = await post(`${url}/predict/int-inputs`, { rows: [row, { units: 5, price: 5 }] });
    const [, { id }] = reply.json.predictions;
    await predictAgain(t, app, 'second-look', {});
    await predictAgain(t, app, 'third-look', {});
    // One that reads `answered` names the events before its own as streams do: <source>/<id>, again and again.
    const data = { deployment: 'fourth-look', model: 'm', version: '1.0.0', digest: 'd', prediction: { total: 25 } };
    const event = { id: `/millrace/second-look//millrace/service/orders/${id}` };
    const attributes = { specversion: '1.0', id: `a/${event.id}`, source: '/millrace/fourth-look', type: 'any' };
    const fourth = writeEvent(
      { topic: 'answered', key: Buffer.from(id), attributes, data: { ...data, event } },
      'binary',
    );
    // A log that is written at least once may say it twice.
    await (await app.broker()).produce([fourth, fourth, { topic: 'answered', value: Buffer.from('no JSON') }]);
    await until(async () => (await get<Shown>(`${url}/predictions/${id}`)).json.better.length === 3);
    const { json } = await get<Shown>(`${url}/predictions/${id}`);
    assert.deepEqual(json.better.map(({ deployment }) => deployment).sort(), [
      'fourth-look',
      'second-look',
      'third-look',
    ]);
    assert.deepEqual(new Set(json.better.map((one) => one.prediction.total)), new Set([25]));
  });

  it('of an id that nobody knows is not found, and neither is any where none is published', async (t) => {
    const app = openProject(t);
    const { url } = await publishing(t, app);
    const unknown = await get(`${url}/predictions/nobody/events`);
    assert.deepEqual([unknown.status, unknown.json.error.code], [404, 'NOT_FOUND']);
    const plain = await serveApp(t, app, [models.integers]);
    const none = await get(`${plain.url}/predictions/nobody/events`);
    assert.deepEqual([none.status, none.json.error.code], [404, 'NOT_FOUND']);
    assert.match(none.json.error.message, /topic of better ones/);
    const pathsOf = async (at: string) => Object.keys((await get<{ paths: object }>(`${at}/openapi.json`)).json.paths);
    const address = '/predictions/{id}/events';
    assert.deepEqual(
      [(await pathsOf(url)).includes(address), (await pathsOf(plain.url)).includes(address)],
      [true, false],
    );
  });

  it('has listeners in bounds: so many at a time, so long, with signs of life', async (t) => {
    const app = openProject(t);
    const { url } = await publishing(t, app, { listeners: 1 }, { limits: { heartbeatMs: 10, listenMs: 300 } });
    const { json } = await post(`${url}/predict/int-inputs`, row);
    const address = `${url}/predictions/${json.id}/events`;
    const first = await listen(t, address);
    const second = await get(address);
    assert.deepEqual([second.status, second.json.error.code], [503, 'UNAVAILABLE']);
    await first.ended;
    assert.deepEqual(first.heard, [{ event: 'end', data: { reason: 'time' } }]);
    assert.ok(first.heartbeats() > 1);
    assert.equal((await listen(t, address)).response.status, 200);
  });

  it('is still there when the service starts again, beside the record of the quick one', async (t) => {
    const app = openProject(t);
    const recorder = await app.recorder({ share: 1, days: 1, most: 1000 });
    t.after(() => recorder.close());
    const first = await publishing(t, app, {}, { recorder });
    const { json } = await post(`${first.url}/predict/int-inputs`, row);
    await predictAgain(t, app, 'second-look', {});
    await until(async () => (await get<Shown>(`${first.url}/predictions/${json.id}`)).json.better.length === 1);
    await first.service.close({ lingerMs: 0 });
    const { url } = await publishing(t, app, {}, { recorder });
    await until(async () => (await get<Shown>(`${url}/predictions/${json.id}`)).json.better.length === 1);
    const { json: shown } = await get<Shown>(`${url}/predictions/${json.id}`);
    assert.deepEqual([shown.prediction, shown.better[0].prediction], [prediction, prediction]);
  });

  it('comes once for each answer, though what predicts it is killed again and again', async (t) => {
    const app = openProject(t);
    const { url, publishing: made } = await publishing(t, app, {});
    const children = new Set<ChildProcess>();
    t.after(() => {
      for (const child of children) child.kill('SIGKILL');
    });
    const run = (): ChildProcess => {
      const child = spawn(process.execPath, [millrace, 'stream', 'run', 'second-look'], {
        cwd: app.project.folder,
        stdio: 'ignore',
        env: { ...process.env, MILLRACE_HOME: app.home },
      });
      children.add(child);
      child.on('exit', () => children.delete(child));
      return child;
    };
    const heard = new Map<string, number>();
    const ids: string[] = [];
    let interrupted = 0;
    const betterOf = async (id: string) => (await get<Shown>(`${url}/predictions/${id}`)).json.better.length;
    for (let kill = 0; kill < 4; kill++) {
      const child = run();
      const { json } = await post(`${url}/predict/int-inputs`, { rows: Array.from({ length: 500 }, () => row) });
      ids.push(...json.predictions.map(({ id }) => id));
      // Until it has begun with them, and then at any moment.
      await until(async () => (await betterOf(ids[ids.length - 500])) > 0);
      await pause(Math.random() * 5);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const positions = await (await app.broker()).positions('millrace-second-look', ['asked']);
      if (positions.some(({ end, committed }) => (committed ?? 0) < end)) interrupted++;
    }
    assert.ok(interrupted > 0, 'some kill met work under way');
    const last = run();
    await until(() => made.figures.published === ids.length);
    for (const id of ids) {
      await until(async () => {
        heard.set(id, await betterOf(id));
        return heard.get(id) !== 0;
      });
    }
    assert.equal(heard.size, 2000);
    assert.deepEqual(new Set(heard.values()), new Set([1]));
    const said = new Set<string>();
    let events = 0;
    for await (const batch of (await app.broker()).read('answered', { from: 'earliest', untilEnd: true })) {
      for (const { value } of batch.events) {
        events++;
        said.add(JSON.parse(Buffer.from(value ?? []).toString()).data.event.id);
      }
    }
    assert.deepEqual([events, said.size], [2000, 2000]);
    last.kill('SIGTERM');
    await once(last, 'exit');
  });
});

/** A command in a process of its own, until it is ready to be asked. */
const start = async (t: TestContext, app: App, words: readonly string[]) => {
  const child = spawn(process.execPath, [millrace, ...words, '--port', '0', '--record', 'all'], {
    cwd: app.project.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, MILLRACE_HOME: app.home },
  });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      said += String(data);
    });
  }
  const found = (): string | undefined => /ready on (http:\S+?);/.exec(said)?.[1];
  await until(() => found() !== undefined || child.exitCode !== null);
  const stop = async (): Promise<number | null> => {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    return child.exitCode;
  };
  return { url: found() ?? assert.fail(said), stop };
};

describe('on the command line', { timeout: 120_000 }, () => {
  it('millrace up runs a service that publishes and the stream that predicts again, in one process', async (t) => {
    const { url, stop } = await start(t, openProject(t), ['up']);
    const { json } = await post(`${url}/predict/int-inputs`, row);
    const { heard, ended } = await listen(t, `${url}/predictions/${json.id}/events`);
    await until(() => heard.length === 1);
    const { json: shown } = await get<Shown>(`${url}/predictions/${json.id}`);
    assert.deepEqual([shown.prediction, shown.better], [prediction, [heard[0].data]]);
    assert.equal(await stop(), 0);
    await ended;
    assert.deepEqual(heard.at(-1), { event: 'end', data: { reason: 'stopping' } });
  });

  it('all processes of a service hear of what one of them has answered', async (t) => {
    const app = openProject(t);
    const words = [
      'serve',
      models.integers,
      '--publish',
      'asked',
      '--better',
      'answered',
      '--workers',
      '2',
      '--no-grpc',
    ];
    const { url, stop } = await start(t, app, words);
    await predictAgain(t, app, 'second-look', {});
    for (let call = 0; call < 10; call++) {
      const { json } = await post(`${url}/predict/int-inputs`, row, { connection: 'close' });
      const { response, heard } = await listen(t, `${url}/predictions/${json.id}/events`);
      assert.equal(response.status, 200);
      await until(() => heard.length === 1);
    }
    assert.equal(await metric(url, 'millrace_publish_events_total'), 10);
    assert.equal(await stop(), 0);
  });

  it('a topic that is none, and words that need a topic, are refused before anything starts', async (t) => {
    const { folder } = openProject(t).project;
    const serve = (...words: readonly string[]) =>
      runCli(['serve', models.integers, '--port', '0', ...words], { cwd: folder });
    const wrong = await serve('--publish', 'a topic');
    assert.deepEqual([wrong.code, /letters, digits, dots/.test(wrong.stderr)], [2, true]);
    const alone = await serve('--better', 'answered');
    assert.deepEqual([alone.code, /USAGE.*--publish/.test(alone.stderr)], [2, true]);
  });
});
