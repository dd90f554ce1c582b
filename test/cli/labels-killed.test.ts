/** Labels on their way from a query, or a topic, while the processes that take them are killed: each arrives, and each once. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { createApp } from '../../src/app.ts';
import { createRandom } from '../monitor/drift/random.ts';
import { ride } from '../monitor/labels/samples.ts';
import { until } from '../until.ts';
import { watchedProject } from './watched-project.ts';

const LABELS = 4000;
const KILLS = 3;
const HOUR_MS = 3_600_000;
/** Longer than others leave alone what a process has taken. */
const TAKEN_MS = 180_000;
const worker = join(import.meta.dirname, 'labelling-worker.ts');
const yaml = (labels: string): string => `connections:
  warehouse: sqlite:./warehouse.db
deployments:
  rides: { mode: service, model: rides@production, labels: ${labels} }
`;

/** Rides that were answered, and whose labels come. */
const answered = async (t: TestContext, labels: string) => {
  const { cwd } = await watchedProject(t, []);
  writeFileSync(join(cwd, 'millrace.yaml'), yaml(labels));
  const app = createApp({ cwd, env: { HOME: cwd } });
  t.after(() => app.close());
  const { digest } = await app.open('rides@production');
  const own = {
    at: new Date(Date.now() - 2 * HOUR_MS).toISOString(),
    digest,
    model: 'rides',
    output: '{"minutes":10}',
  };
  await (await app.records()).append(Array.from({ length: LABELS }, (_, n) => ride(n, own)));
  const store = new DatabaseSync(join(cwd, '.millrace', 'registry.db'), { readOnly: true });
  t.after(() => store.close());
  const count = (): number => Number(store.prepare('select count(*) as n from labels').get()?.n);
  return { cwd, app, store, count };
};

/** One process after another, each killed at a random moment of its work; the last one finishes it. */
const killed = async (t: TestContext, cwd: string, count: () => number, seed: number): Promise<void> => {
  const random = createRandom(seed);
  const running = new Set<ChildProcess>();
  t.after(() => {
    for (const child of running) child.kill('SIGKILL');
  });
  for (let life = 0; life <= KILLS; life++) {
    const flags = ['--disable-warning=ExperimentalWarning', worker, cwd, String(life * TAKEN_MS)];
    const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.resume();
    running.add(child);
    const left = LABELS - count();
    const due = life === KILLS ? LABELS : count() + Math.ceil((random.uniform() * left) / 3);
    await until(`${due} labels are there`, () => count() >= due);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    running.delete(child);
  }
};

/** Each prediction has one truth, and it is its own. */
const checkLabels = (store: DatabaseSync): void => {
  const rows = store.prepare('select id, count(*) as times, max(truth) as truth from labels group by id').all();
  assert.equal(rows.length, LABELS);
  for (const { id, times, truth } of rows) {
    const n = Number(String(id).slice(2));
    assert.deepEqual([id, times, JSON.parse(String(truth))], [id, 1, { minutes: 10 + (n % 7) }]);
  }
};

test('a query of labels whose processes are killed leaves each label once', async (t) => {
  const sql = 'select ride_id, took from rides where ended >= :from_iso and ended < :to_iso order by ride_id';
  const labels = `{ connection: warehouse, sql: "${sql}", key: ride_id, truth: took, every: 1s, overlap: 0s }`;
  const { cwd, app, store, count } = await answered(t, labels);
  const warehouse = new DatabaseSync(join(cwd, 'warehouse.db'));
  warehouse.exec('create table rides (ride_id integer primary key, took real, ended text); begin');
  const ended = new Date(Date.now() - HOUR_MS).toISOString();
  const add = warehouse.prepare('insert into rides values (?, ?, ?)');
  for (let n = 0; n < LABELS; n++) add.run(n, 10 + (n % 7), ended);
  warehouse.exec('commit');
  warehouse.close();
  await killed(t, cwd, count, 3);
  checkLabels(store);
  const read = await app.readLabels('rides', { now: true });
  assert.ok(read === undefined || read.labelled === 0, 'what is read again changes nothing');
});

test('a topic of labels whose processes are killed leaves each label once', async (t) => {
  const { cwd, app, store, count } = await answered(t, '{ topic: ride.ended, key: ride_id, truth: took }');
  const broker = await app.broker();
  await broker.ensureTopic('ride.ended');
  await broker.produce(
    Array.from({ length: LABELS }, (_, n) => ({
      topic: 'ride.ended',
      key: Buffer.from(String(n)),
      value: Buffer.from(JSON.stringify({ ride_id: n, took: 10 + (n % 7) })),
    })),
  );
  await killed(t, cwd, count, 4);
  checkLabels(store);
});
