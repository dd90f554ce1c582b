import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Gauge, Registry } from 'prom-client';
import { createService } from '../../../src/modes/service/service.ts';
import { following, get, metric, models, openApp, post, register, serve, type Told, until } from './serving.ts';

const row = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`f${at}`, at / 7]));

interface Sent {
  status: number;
  json: Told;
}

/** Callers that send one request after another, each over connections that it keeps, until they are told to stop. */
const load = (url: string, callers: number) => {
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const answers: Sent[] = [];
  const failures: string[] = [];
  let stopped = false;
  const send = (): Promise<Sent> =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify(row);
      const headers = { 'content-type': 'application/json', 'content-length': body.length };
      const sent = request(`${url}/predict/trees-100x6`, { method: 'POST', agent, headers }, (response) => {
        let text = '';
        response.on('data', (data) => {
          text += data;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, json: JSON.parse(text) as Told }));
        response.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(body);
    });
  const caller = async (): Promise<void> => {
    while (!stopped) {
      try {
        answers.push(await send());
      } catch (error) {
        // A connection that is refused was never accepted; anything else is an answer lost.
        if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return;
        failures.push(String(error));
      }
    }
  };
  const all = Promise.all(Array.from({ length: callers }, caller));
  return {
    answers,
    failures,
    async stop() {
      stopped = true;
      await all;
      agent.destroy();
    },
  };
};

describe('stopping', () => {
  it('is not ready first, answers all the same until the lame duck’s time is over, and then is gone', async (t) => {
    const { url, service } = await serve(t, [models.trees]);
    const callers = load(url, 8);
    await until(() => callers.answers.length > 100);
    const closed = service.close({ lameDuckMs: 300 });
    const { status, json } = await get<{ ready: boolean; reason: string }>(`${url}/readyz`);
    assert.deepEqual([status, json], [503, { ready: false, reason: 'the service is stopping' }]);
    assert.equal((await get(`${url}/v2/health/ready`)).status, 503);
    assert.equal((await get(`${url}/livez`)).status, 200);
    const answer = await post(`${url}/predict/trees-100x6`, row);
    assert.equal(answer.status, 200);
    await closed;
    await callers.stop();
    assert.deepEqual(callers.failures, []);
    assert.ok(callers.answers.every((one) => one.status === 200));
    await assert.rejects(fetch(`${url}/livez`));
  });

  it('does not wait for a caller who has connected and says nothing', async (t) => {
    const { url, service } = await serve(t, [models.trees]);
    const silent = connect(Number(new URL(url).port), '127.0.0.1');
    await once(silent, 'connect');
    const ended = once(silent.resume(), 'close');
    await service.close();
    await ended;
  });

  it('finishes a long request that came before', async (t) => {
    const { url, service } = await serve(t, [models.trees], { limits: { batchRows: 64 } });
    const long = post(`${url}/predict/trees-100x6`, { rows: new Array(20_000).fill(row) });
    const { batcher } = await service.plane.models.get('trees-100x6');
    await until(() => batcher.inFlight === 1);
    await service.close();
    assert.equal((await long).json.predictions.length, 20_000);
  });
});

describe('a service beside other modes', () => {
  it('is not ready while one of them is not, says which, and answers all the same', async (t) => {
    const stuck = ['tips: rides/0 has not advanced for 40 s; 12 events wait'];
    const registry = new Registry();
    new Gauge({ name: 'millrace_stream_lag', help: 'Events that wait.', registers: [registry] }).set(12);
    const { url } = await serve(t, [models.integers], { registry, obstacles: () => stuck });
    const { status, json } = await get(`${url}/readyz`);
    assert.deepEqual([status, json], [503, { ready: false, reason: stuck[0] }]);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /^millrace_stream_lag 12$/m);
    assert.match(metrics, /^millrace_ready\b.* 0$/m);
    assert.equal((await post(`${url}/predict/int-inputs`, { units: 1, price: 2 })).status, 200);
    stuck.pop();
    assert.equal((await get(`${url}/readyz`)).status, 200);
  });
});

describe('a promotion', () => {
  const permuted = (names: readonly string[]) => [{ concat: { fields: names, as: 'input', dtype: 'float32' } }];
  const backwards = Object.keys(row).reverse();

  it('under load: the new version takes over, no request fails, and each answer is that of the version it names', async (t) => {
    const app = await openApp(t);
    await register(app, models.trees, {});
    await register(app, models.trees, { version: '1.1.0', prepare: permuted(backwards) }, []);
    const registry = await app.registry();
    const promote = (version: string) => registry.promote({ name: 'trees-100x6', version, to: 'production' });
    await promote('1.0.0');
    const service = await createService({ refs: ['trees-100x6@production'], source: following(app), followMs: 20 });
    t.after(() => service.close({ lingerMs: 0 }));
    const url = await service.listen({ host: '127.0.0.1', port: 0 });

    const callers = load(url, 8);
    for (const version of ['1.1.0', '1.0.0', '1.1.0']) {
      await until(() => callers.answers.length > 50);
      await promote(version);
      await until(() => callers.answers.at(-1)?.json.version === version);
    }
    await callers.stop();

    assert.deepEqual(callers.failures, []);
    const expected = new Map<string, unknown>();
    for (const version of ['1.0.0', '1.1.0']) {
      const scorer = await app.scorer(`trees-100x6@${version}`);
      expected.set(version, (await scorer.score([row]))[0].output);
      await scorer.close();
    }
    assert.notDeepEqual(expected.get('1.0.0'), expected.get('1.1.0'));
    for (const { status, json } of callers.answers) {
      assert.equal(status, 200);
      assert.deepEqual(json.prediction, expected.get(json.version));
    }
    assert.equal(await metric(url, 'millrace_promotions_total{outcome="replaced"}'), 3);
  });

  it('of a version whose golden examples are off is refused, and the old one stays', async (t) => {
    const app = await openApp(t);
    const { examples } = await register(app, models.trees, {});
    const [first, ...rest] = examples;
    await register(app, models.trees, { version: '2.0.0' }, [{ ...first, output: { score: 1e9 } }, ...rest]);
    const registry = await app.registry();
    await registry.promote({ name: 'trees-100x6', version: '1.0.0', to: 'production' });
    const service = await createService({ refs: ['trees-100x6@production'], source: following(app), followMs: 20 });
    t.after(() => service.close({ lingerMs: 0 }));
    const url = await service.listen({ host: '127.0.0.1', port: 0 });
    const callers = load(url, 4);
    await registry.promote({ name: 'trees-100x6', version: '2.0.0', to: 'production' });
    await until(async () => (await metric(url, 'millrace_promotions_total{outcome="refused"}')) === 1);
    const seen = callers.answers.length;
    await until(() => callers.answers.length > seen + 50);
    await callers.stop();
    assert.deepEqual(callers.failures, []);
    assert.ok(callers.answers.every(({ status, json }) => status === 200 && json.version === '1.0.0'));
    assert.equal(service.plane.models.slots[0].problem?.code, 'EXAMPLE_OFF');
    assert.equal((await get(`${url}/readyz`)).status, 200);
    assert.equal(await metric(url, 'millrace_promotions_total{outcome="refused"}'), 1);
  });

  it('is not what a version or a digest follows', async (t) => {
    const app = await openApp(t);
    await register(app, models.trees, {});
    await assert.rejects(
      createService({ refs: ['trees-100x6@2.0.0'], source: following(app) }),
      (error: { code?: string }) => error.code === 'UNKNOWN_VERSION',
    );
  });
});

describe('millrace serve', () => {
  const root = join(import.meta.dirname, '../../..');
  const start = async (
    t: TestContext,
    args: readonly string[],
  ): Promise<{ child: ChildProcess; url: string; ended: Promise<unknown[]> }> => {
    const child = spawn(process.execPath, [join(root, 'bin/millrace.js'), 'serve', ...args, '--port', '0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.after(() => child.kill('SIGKILL'));
    const ended = once(child, 'exit');
    let text = '';
    child.stdout?.on('data', (data) => {
      text += data;
    });
    await Promise.race([until(() => /ready on/.test(text)), ended]);
    const url = /ready on (http:\/\/\S+?);/.exec(text)?.[1];
    assert.ok(url, text);
    return { child, url, ended };
  };

  it('on SIGTERM under load answers every request that it accepted, and ends with 0', async (t) => {
    const { child, url, ended } = await start(t, [models.trees, '--lame-duck', '0.3']);
    const callers = load(url, 16);
    await until(() => callers.answers.length > 200);
    child.kill('SIGTERM');
    await until(async () => (await get(`${url}/readyz`)).status === 503);
    assert.equal((await post(`${url}/predict/trees-100x6`, row)).status, 200);
    assert.deepEqual(await ended, [0, null]);
    await callers.stop();
    assert.deepEqual(callers.failures, []);
    assert.ok(callers.answers.every(({ status }) => status === 200));
  });

  it('says in one line that a port is taken', async (t) => {
    const { url } = await start(t, [models.trees]);
    const second = spawn(process.execPath, [
      join(root, 'bin/millrace.js'),
      'serve',
      models.trees,
      '--port',
      new URL(url).port,
    ]);
    let text = '';
    second.stderr.on('data', (data) => {
      text += data;
    });
    assert.deepEqual(await once(second, 'exit'), [2, null]);
    assert.match(text, /CANNOT_LISTEN.*another process has that port/);
  });
});
