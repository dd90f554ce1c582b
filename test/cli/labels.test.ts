import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '../../src/app.ts';
import { ride } from '../monitor/labels/samples.ts';
import { runCli } from '../run-cli.ts';
import { until as waitUntil } from '../until.ts';
import { watchedProject } from './watched-project.ts';

const DAY_MS = 86_400_000;
const yaml = (labels: string): string => `connections:
  warehouse: sqlite:./warehouse.db
deployments:
  rides: { mode: service, model: rides@production, labels: ${labels} }
`;
const QUERY = `{ connection: warehouse, sql: "select ride_id, took from rides where ended >= :from_iso and ended < :to_iso", key: ride_id, truth: took, every: 1s, overlap: 0s }`;

/** 400 rides of yesterday and a warehouse that knows how long some of them took. */
const recorded = async (t: TestContext, labels = QUERY) => {
  const { cwd, millrace } = await watchedProject(t, []);
  writeFileSync(join(cwd, 'millrace.yaml'), yaml(labels));
  const app = createApp({ cwd, env: { HOME: cwd } });
  t.after(() => app.close());
  const { digest } = await app.open('rides@production');
  const at = new Date(Date.now() - (Date.now() % DAY_MS) - DAY_MS / 2).toISOString();
  const own = { at, digest, model: 'rides', output: '{"minutes":10}' };
  await (await app.records()).append(Array.from({ length: 400 }, (_, n) => ride(n, own)));
  const warehouse = new DatabaseSync(join(cwd, 'warehouse.db'));
  t.after(() => warehouse.close());
  warehouse.exec('create table rides (ride_id integer primary key, took real, ended text)');
  const ends = (from: number, to: number, ended = new Date(Date.now() - 1000)): void => {
    for (let n = from; n < to; n++)
      warehouse.prepare('insert or replace into rides values (?, ?, ?)').run(n, 10 + (n % 3), ended.toISOString());
  };
  const truthOf = async (n: number) => (await (await app.records()).find(`p-${n}`))?.label?.truth;
  return { cwd, app, ends, truthOf, millrace, labels: (...words: readonly string[]) => millrace('labels', ...words) };
};

test('labels import joins a file by key, says what became of it, and changes nothing when it is told again', async (t) => {
  const { cwd, labels, truthOf } = await recorded(t);
  writeFileSync(join(cwd, 'ended.csv'), 'trip,took\n1,11.5\n2,soon\n,3\n4,\n5000,7\n6,12\n');
  const words = ['import', 'ended.csv', '--deployment', 'rides', '--key', 'ride_id=trip', '--truth', 'took'];
  const dry = await labels(...words, '--dry-run');
  assert.equal(dry.code, 1);
  assert.match(dry.stderr, /2 predictions of rides would be labelled/);
  assert.equal(await truthOf(1), undefined);

  const told = await labels(...words, '--rejects', 'rejects.ndjson');
  assert.equal(told.code, 1);
  assert.match(told.stderr, /6 rows, 3 labels: 2 predictions of rides labelled, 0 knew it already/);
  assert.match(told.stderr, /1 label of no prediction that is there: they wait 30 days/);
  assert.match(told.stderr, /1 row without a truth yet/);
  assert.match(told.stderr, /rejected WRONG_TYPE: 1/);
  assert.match(told.stderr, /rejected NULL_VALUE: 1/);
  const rejects = readFileSync(join(cwd, 'rejects.ndjson'), 'utf8').trim().split('\n');
  assert.deepEqual(
    rejects.map((line) => JSON.parse(line).row),
    [2, 3],
  );
  assert.deepEqual(
    [await truthOf(1), await truthOf(6), await truthOf(4)],
    ['{"minutes":11.5}', '{"minutes":12}', undefined],
  );

  const again = JSON.parse((await labels(...words, '--json')).stdout);
  assert.deepEqual([again.labelled, again.same, again.waiting, again.keyed], [0, 2, 1, 400]);
});

test('labels import takes ids, NDJSON from a pipe, and tables and queries of a connection', async (t) => {
  const { cwd, labels, ends, truthOf } = await recorded(t);
  const stdin = '{"id":"p-7","minutes":8}\n{"id":"p-8.0","minutes":"9"}\n';
  const piped = [
    'labels',
    'import',
    '-',
    '--in-format',
    'ndjson',
    '--deployment',
    'rides',
    '--truth',
    'minutes=minutes',
  ];
  const byId = await runCli(piped, { cwd, stdin });
  assert.equal(byId.code, 0, byId.stderr);
  assert.deepEqual([await truthOf(7), await truthOf(8)], ['{"minutes":8}', '{"minutes":9}']);
  ends(20, 30);
  const place = ['import', '--connection', 'warehouse', '--deployment', 'rides', '--key', 'ride_id', '--truth', 'took'];
  assert.match((await labels(...place, '--table', 'rides')).stderr, /10 predictions of rides labelled/);
  ends(30, 35);
  const sql = 'select * from rides where ride_id >= 30';
  assert.match((await labels(...place, '--sql', sql)).stderr, /5 rows, 5 labels: 5 predictions/);
});

test('labels import names what is wrong with what it was asked', async (t) => {
  const { cwd, labels } = await recorded(t);
  writeFileSync(join(cwd, 'ended.csv'), 'ride_id,took\n1,11.5\n');
  const refused = async (pattern: RegExp, ...words: readonly string[]): Promise<void> => {
    const { code, stderr } = await labels('import', '--deployment', 'rides', ...words);
    assert.equal(code, 2, stderr);
    assert.match(stderr, pattern);
  };
  await refused(/has no column tok\. Is it took\?/, 'ended.csv', '--key', 'ride_id', '--truth', 'tok');
  await refused(
    /None of the 400 recorded predictions of rides has the key trip/,
    'ended.csv',
    '--key',
    'trip=ride_id',
    '--truth',
    'took',
  );
  await refused(/Labels come from one place/, '--truth', 'took');
  await refused(
    /Labels come from one place/,
    'ended.csv',
    '--connection',
    'warehouse',
    '--table',
    'rides',
    '--truth',
    'took',
  );
  await refused(/has no output minuts/, 'ended.csv', '--key', 'ride_id', '--truth', 'minuts=took');
  await refused(
    /no connection 'cellar'/,
    '--connection',
    'cellar',
    '--table',
    'rides',
    '--key',
    'ride_id',
    '--truth',
    'took',
  );
});

test('labels read asks for what is new since the last time, and again for what was cut short', async (t) => {
  const { app, labels, ends, truthOf } = await recorded(t);
  ends(0, 300);
  assert.match((await labels('read', 'rides')).stderr, /300 rows, 300 labels: 300 predictions of rides labelled/);
  ends(300, 350, new Date(Date.now() - 1));
  await sleep(5);
  const next = JSON.parse((await labels('read', 'rides', '--json')).stdout);
  assert.deepEqual([next.rows, next.labelled], [50, 50]);
  // A process that took it and was killed: others leave it alone for two minutes, and then read from where it had begun.
  const feeds = await app.labelFeeds();
  assert.ok(await feeds.take('rides', 0, new Date()));
  assert.match((await labels('read', 'rides')).stderr, /another process reads/);
  ends(350, 360);
  const taken = await feeds.take('rides', 0, new Date(Date.now() + 130_000));
  assert.ok(taken?.readTo && Date.now() - taken.readTo.getTime() < 60_000);
  await feeds.done('rides', taken.readTo, new Date());
  await labels('read', 'rides');
  assert.equal(await truthOf(299), '{"minutes":12}');
  const missing = await labels('read', 'nothing');
  assert.equal(missing.code, 2);
});

test('monitor show tells how right predictions were, with intervals and coverage, once labels are there', async (t) => {
  const { labels, ends, millrace } = await recorded(t);
  ends(0, 300);
  await labels('read', 'rides');
  await millrace('monitor', 'check');
  const shown = await millrace('monitor', 'show', 'rides');
  assert.match(shown.stdout, /75 % +not yet +minutes +300 +mae 1 \(0\.9\d+ to 1\.0\d+\)/);
  const { performances } = JSON.parse((await millrace('monitor', 'show', 'rides', '--json')).stdout);
  assert.deepEqual([performances[0].predictions, performances[0].labelled], [400, 300]);
});

const running = async (t: TestContext, cwd: string): Promise<void> => {
  const stop = new AbortController();
  const over = runCli(['up', '--port', '0'], { cwd, signal: stop.signal });
  t.after(async () => {
    stop.abort();
    const { code, stderr } = await over;
    assert.equal(code, 0, stderr);
  });
};
const until = (is: () => Promise<boolean>) => waitUntil('it is so', is);

test('up reads labels by the query of a deployment', async (t) => {
  const { cwd, ends, truthOf } = await recorded(t);
  ends(0, 10);
  await running(t, cwd);
  await until(async () => (await truthOf(9)) !== undefined);
});

test('up takes labels from a topic, joins them as those of a table, and sets aside what is none', async (t) => {
  const { cwd, app, truthOf } = await recorded(t, '{ topic: ride.ended, key: ride_id, truth: took }');
  const broker = await app.broker();
  await broker.ensureTopic('ride.ended');
  const event = (value: unknown) => ({ topic: 'ride.ended', value: Buffer.from(JSON.stringify(value)) });
  await broker.produce([event({ ride_id: 3, took: 9 }), event({ took: 1 }), event({ ride_id: 900, took: 4 })]);
  await running(t, cwd);
  await until(async () => (await truthOf(3)) === '{"minutes":9}');
  await (await app.records()).append([ride(900, { digest: 'sha256:00', output: '{"minutes":10}' })]);
  await broker.produce([event({ ride_id: 4, took: 8 })]);
  await until(async () => (await truthOf(900)) === '{"minutes":4}');
  const dead = 'rides.labels.dead-letters';
  await until(async () => (await broker.topics()).some(({ topic }) => topic === dead));
  for await (const { events } of broker.read(dead, { from: 'earliest' })) {
    if (events.length === 0) continue;
    assert.match(
      String(events[0].headers.map(([, value]) => Buffer.from(value))),
      /ride_id: expected a text or a number/,
    );
    break;
  }
});
