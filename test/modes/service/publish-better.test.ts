import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { App } from '../../../src/app.ts';
import { writeEvent } from '../../../src/events/cloud-event.ts';
import { createPublishing, type PublishingOptions } from '../../../src/modes/service/publish/publishing.ts';
import { preparePublish } from '../../../src/modes/service/publish/settings.ts';
import type { ServiceOptions } from '../../../src/modes/service/service.ts';
import {
  type Better,
  listen,
  millrace,
  openProject,
  predictAgain,
  prediction,
  row,
  type Shown,
} from './better-project.ts';
import { get, metric, models, post, serveApp, until } from './serving.ts';

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
