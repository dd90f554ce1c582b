import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Deployments } from '../src/deployments/deployments.ts';
import type { DeploymentNews, DeployOptions } from '../src/deployments/starters.ts';
import { type App, createApp, MillraceError } from '../src/index.ts';
import { tempFolder } from './temp-folder.ts';
import { until } from './until.ts';

const model = join(import.meta.dirname, 'fixtures', 'models', 'int-inputs');

const yaml = `connections:
  store: sqlite:./store.db
deployments:
  web: { mode: service, model: ./totals }
  totals: { mode: stream, model: ./totals, from: rides, to: predicted, key: id, input: $.in }
  offers:
    mode: decide
    from: { total: predicted }
    rules: [{ name: any, if: total.prediction.total > 0 }]
    to: offers
  nightly:
    mode: batch
    model: ./totals
    schedule: "* * * * * *"
    source: { files: rides.csv }
    sink: { connection: store, table: totals }
  by-hand:
    mode: batch
    model: ./totals
    source: { files: rides.csv }
    sink: { connection: store, table: others }
  pocket: { mode: edge, model: ./totals }
`;

/** A project with a deployment of every mode. */
const openProject = (t: TestContext): App => {
  const cwd = tempFolder(t);
  cpSync(model, join(cwd, 'totals'), { recursive: true });
  writeFileSync(join(cwd, 'millrace.yaml'), yaml);
  writeFileSync(join(cwd, 'rides.csv'), 'units,price\n3,2\n4,5\n');
  const app = createApp({ cwd, env: { HOME: cwd } });
  t.after(() => app.close());
  return app;
};

const service = { port: 0, grpc: false, logLevel: 'silent' } as const;

/** Deployments that are stopped when the test ends, and what is heard of them. */
const deploy = async (t: TestContext, app: App, options: DeployOptions = {}) => {
  const heard: DeploymentNews[] = [];
  const deployments: Deployments = await app.deployments({ service, onNews: (news) => heard.push(news), ...options });
  t.after(() => deployments.stop());
  return { deployments, heard };
};

const urlIn = ({ running }: Deployments): string =>
  running.map((one) => (one.mode === 'service' ? one.work.url : '')).join('');

const produceRide = async (app: App): Promise<void> => {
  const broker = await app.broker();
  await broker.ensureTopic('rides', {});
  const value = Buffer.from(JSON.stringify({ id: 'r1', in: { units: 3, price: 2 } }));
  await broker.produce([{ topic: 'rides', key: Buffer.from('r1'), value }]);
};

describe('deployments started by a program', () => {
  it('are of every mode in one process, with one set of figures, one readiness and one end', async (t) => {
    const app = openProject(t);
    await produceRide(app);
    const { deployments, heard } = await deploy(t, app);
    await deployments.start(['web', 'totals', 'offers', 'nightly']);
    const modes = deployments.running.map(({ mode, name }) => `${mode} ${name}`);
    assert.deepEqual(modes.toSorted(), ['batch nightly', 'decide offers', 'service web', 'stream totals']);

    const url = urlIn(deployments);
    const answer = await fetch(`${url}/predict/int-inputs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ units: 3, price: 2 }),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
    const decided = await until('a decision', () =>
      heard.find((one) => one.mode === 'decide' && one.news.kind === 'decided' && one.news.folded.decisions.length > 0),
    );
    assert.equal(decided.name, 'offers');
    await until('a run of the schedule', () =>
      heard.find((one) => one.mode === 'batch' && one.news.what === 'finished'),
    );
    const predicted = /^millrace_stream_events_total\{deployment="totals",.*outcome="predicted"\} 1$/m;
    const metrics = await until('the event among the figures', async () => {
      const text = await deployments.metrics();
      return predicted.test(text) ? text : undefined;
    });
    assert.match(metrics, /^millrace_requests_total\{.*outcome="ok"\} 1$/m);
    assert.match(metrics, /^process_cpu_user_seconds_total /m);
    const types = metrics.match(/^# TYPE \S+/gm) ?? [];
    assert.equal(new Set(types).size, types.length);
    await until('readiness', () => (deployments.ready() ? true : undefined));
    assert.equal((await fetch(`${url}/readyz`)).status, 200);

    await deployments.stop();
    await deployments.ended;
    await assert.rejects(fetch(url));
  });

  it('are each on its own too', async (t) => {
    const app = openProject(t);
    for (const name of ['web', 'totals', 'offers', 'nightly']) {
      const running = await app.start(name, { service });
      assert.deepEqual([running.name, running.mode], [name, app.project.mode(name)]);
      await until(`${name} to be ready`, () => (running.ready() ? true : undefined));
      assert.match(await running.metrics(), /^process_cpu_user_seconds_total /m);
      await running.stop();
      await running.stop();
      await running.ended;
    }
  });

  it('tell of themselves at a door of their own where no service does', async (t) => {
    const app = openProject(t);
    const { deployments } = await deploy(t, app);
    const url = await deployments.openHealth({ host: '127.0.0.1', port: 0 });
    await deployments.start(['totals']);
    await until('readiness', async () => ((await fetch(`${url}/ready`)).status === 200 ? true : undefined));
    assert.match(await (await fetch(`${url}/metrics`)).text(), /^millrace_stream_ready\{deployment="totals"\} 1$/m);
    await deployments.stop();
    await assert.rejects(fetch(url));
  });

  it('may be a service of references, in several processes', async (t) => {
    const app = openProject(t);
    const { deployments } = await deploy(t, app, { service: { ...service, workers: 2 } });
    await deployments.serve(['./totals']);
    const [running] = deployments.running;
    assert.equal(running?.name, 'web', 'a reference that a deployment has is that deployment');
    assert.equal((await fetch(`${urlIn(deployments)}/readyz`)).status, 200);
    assert.match(await running.metrics(), /^millrace_ready 1$/m);
  });

  it('are all at work, or none', async (t) => {
    const taken = createServer().listen(0, '127.0.0.1');
    t.after(() => taken.close());
    await until('a port', () => taken.address() ?? undefined);
    const { port } = taken.address() as AddressInfo;
    const app = openProject(t);
    const { deployments } = await deploy(t, app, { service: { ...service, port } });
    await assert.rejects(deployments.start(['totals', 'web']), (error) => {
      assert.ok(error instanceof MillraceError);
      assert.deepEqual([error.code, error.problem.field], ['CANNOT_LISTEN', 'port']);
      return true;
    });
    assert.deepEqual(deployments.running, []);
  });

  it('that nothing runs here are refused, with what is missing', async (t) => {
    const app = openProject(t);
    await assert.rejects(app.start('pocket'), { code: 'USAGE', message: /mode: edge are not run here/ });
    await assert.rejects(app.start('by-hand'), { code: 'USAGE', message: /'by-hand' has no schedule/ });
    await assert.rejects(app.start('nix'), { code: 'BAD_PROJECT' });
  });
});
