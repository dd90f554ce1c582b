/** The same rows are the same profile, whatever asked for their predictions: a service, a stream, a batch run, a file. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type App, createApp } from '../../src/app.ts';
import type { SpanProfile } from '../../src/monitor/profiles/profiles.ts';
import { runCli } from '../run-cli.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';
import { tempFolder } from '../temp-folder.ts';
import { until } from '../until.ts';
import { createRandom } from './drift/random.ts';

const model = `name: rides
version: 1.0.0
description: Twice the distance
license: Apache-2.0
model: model.onnx
inputs:
  distance: { kind: number }
  tip: { kind: number, nullable: true }
  zone: { kind: category, nullable: true }
  at: { kind: datetime, nullable: true }
  note: { kind: text, nullable: true }
outputs: { minutes: { kind: number, from: y } }
prepare: [{ concat: { fields: [distance], as: x, dtype: float32 } }]
reference: reference.csv
`;
const project = `connections:
  store: sqlite:./results.db
deployments:
  service: { mode: service, model: rides@production }
  stream: { mode: stream, model: rides@production, from: rides, to: predicted, key: id, input: $.row }
  batch:
    mode: batch
    model: rides@production
    source: { files: rides.ndjson }
    sink: { connection: store, table: results }
    shard_rows: 70
    max_rejected: 1
`;

const random = createRandom(11);
const or = <T>(value: T, chance: number): T | null => (random.uniform() < chance ? null : value);
const rides = (count: number): readonly Readonly<Record<string, unknown>>[] =>
  Array.from({ length: count }, () => ({
    distance: random.uniform() < 0.03 ? 'far' : 2 + random.normal(),
    tip: or(random.normal() * 10 ** Math.round(12 * random.uniform() - 6), 0.2),
    zone: or('ABCDE'[Math.floor(random.uniform() * 5)], 0.1),
    at: or(new Date(1.79e12 + Math.floor(random.uniform() * 1e9)).toISOString(), 0.1),
    note: or(random.uniform() < 0.5 ? 'late' : 'опоздал 5', 0.1),
  }));

const csvOf = (rows: readonly Readonly<Record<string, unknown>>[]): string =>
  [
    Object.keys(rows[0]).join(','),
    ...rows.map((row) =>
      Object.values(row)
        .map((value) => value ?? '')
        .join(','),
    ),
  ].join('\n');

const openProject = async (t: TestContext, rows: readonly Readonly<Record<string, unknown>>[]) => {
  const cwd = tempFolder(t);
  const write = (name: string, text: string | Uint8Array): void => writeFileSync(join(cwd, name), text);
  const good = rides(400).filter(({ distance }) => typeof distance === 'number');
  write('millrace.yaml', project);
  write('model.yaml', model);
  write('reference.csv', `${csvOf(good)}\n`);
  write('rides.ndjson', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  write('rides.csv', `${csvOf(rows)}\n`);
  write(
    'model.onnx',
    buildOnnx({
      inputs: [{ name: 'x', dims: ['rows', 1] }],
      outputs: [{ name: 'y', dims: ['rows', 1] }],
      nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'] }],
    }),
  );
  const packed = await runCli(['pack', '.'], { cwd });
  assert.equal(packed.code, 0, packed.stderr);
  assert.equal((await runCli(['promote', 'rides@1.0.0', '--to', 'production'], { cwd })).code, 0);
  return { cwd, app: createApp({ cwd, env: { HOME: cwd } }) };
};

const askService = async (app: App, rows: readonly unknown[]): Promise<void> => {
  const deployments = await app.deployments({ service: { port: 0, grpc: false, logLevel: 'silent' } });
  await deployments.start(['service']);
  const [{ work }] = deployments.running as readonly { readonly work: { readonly url: string } }[];
  for (let from = 0, size = 1; from < rows.length; from += size, size = 1 + ((size * 7) % 40)) {
    const some = rows.slice(from, from + size);
    const body = JSON.stringify(some.length === 1 ? some[0] : { rows: some });
    const headers = { 'content-type': 'application/json' };
    await (await fetch(`${work.url}/predict/rides`, { method: 'POST', headers, body })).arrayBuffer();
  }
  await deployments.stop();
};

const askStream = async (app: App, rows: readonly unknown[]): Promise<void> => {
  const broker = await app.broker();
  await broker.ensureTopic('rides', {});
  const event = (row: unknown, at: number) => ({
    topic: 'rides',
    key: Buffer.from(`${at}`),
    value: Buffer.from(JSON.stringify({ id: at, row })),
  });
  await broker.produce(rows.map(event));
  const deployments = await app.deployments({});
  await deployments.start(['stream']);
  await until('all events', async () => {
    const told = [...(await deployments.metrics()).matchAll(/^millrace_stream_events_total\{.*\} (\d+)$/gm)];
    return told.reduce((sum, [, count]) => sum + Number(count), 0) >= rows.length || undefined;
  });
  await deployments.stop();
};

const contentOf = ({ rows, refused, inputs, outputs, traffic }: SpanProfile) => {
  const inOrder = (_: string, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return JSON.stringify({ rows, refused, inputs, outputs, why: traffic?.refused }, inOrder);
};

test('a service, a stream, a batch run and a file leave the same profile of the same rows, bit for bit', async (t) => {
  const rows = rides(400);
  const { cwd, app } = await openProject(t, rows);
  await askService(app, rows);
  await askStream(app, rows);
  const batch = await app.batch();
  await batch.run({ deployment: 'batch', cause: 'hand', signal: AbortSignal.timeout(60_000) });
  const once = await runCli(['predict', 'rides@production', '--in', 'rides.csv', '--out', 'out.csv'], { cwd });
  assert.equal(once.code, 1, once.stderr);
  await app.close();

  const later = createApp({ cwd, env: { HOME: cwd } });
  t.after(() => later.close());
  const profiles = await later.profiles();
  const contents = [];
  for (const name of ['service', 'stream', 'batch', 'rides@production']) {
    const [span, ...others] = await profiles.of(name, new Date(0));
    assert.deepEqual([name, span?.rows, others], [name, rows.length, []]);
    contents.push(contentOf(span));
  }
  assert.ok(JSON.parse(contents[0]).refused > 0);
  for (const content of contents) assert.equal(content, contents[0]);
});
