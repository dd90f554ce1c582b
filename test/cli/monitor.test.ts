import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '../../src/app.ts';
import { main } from '../../src/cli/main.ts';
import { startCounting } from '../../src/monitor/profile/counting.ts';
import { binsOf, readReference } from '../../src/monitor/profile/reference.ts';
import { createRandom } from '../monitor/drift/random.ts';
import { runCli } from '../run-cli.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';
import { tempFolder } from '../temp-folder.ts';

const DAY_MS = 86_400_000;
const project = `channels:
  file: { command: "cat >> told.json" }
deployments:
  rides: { mode: service, model: rides@production }
  quiet: { mode: service, model: rides@production, monitor: false }
`;
const model = `name: rides
version: 1.0.0
description: Twice the distance
license: Apache-2.0
model: model.onnx
inputs: { distance: { kind: number } }
outputs: { minutes: { kind: number, from: y } }
prepare: [{ concat: { fields: [distance], as: x, dtype: float32 } }]
reference: reference.csv
`;

const random = createRandom(5);
const distances = (rows: number, longer: number): Float64Array =>
  Float64Array.from({ length: rows }, () => random.normal() + longer);

/** A project whose deployment was asked for rides that are longer by this, in each of the last days. */
const watchedProject = async (t: TestContext, longer: readonly number[]) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'millrace.yaml'), project);
  writeFileSync(join(cwd, 'model.yaml'), model);
  writeFileSync(join(cwd, 'reference.csv'), `distance\n${[...distances(3000, 0)].join('\n')}\n`);
  const onnx = buildOnnx({
    inputs: [{ name: 'x', dims: ['rows', 1] }],
    outputs: [{ name: 'y', dims: ['rows', 1] }],
    nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'] }],
  });
  writeFileSync(join(cwd, 'model.onnx'), onnx);
  const packed = await runCli(['pack', '.'], { cwd });
  assert.equal(packed.code, 0, packed.stderr);
  assert.equal((await runCli(['promote', 'rides@1.0.0', '--to', 'production'], { cwd })).code, 0);

  const app = createApp({ cwd, env: { HOME: cwd } });
  const { digest, manifest, files } = await app.open('rides@production');
  const reference = readReference(files.get('profile.json'));
  const today = Date.now() - (Date.now() % DAY_MS);
  const spans = longer.map((by, index) => {
    const inputs = startCounting(manifest.inputs, binsOf(manifest.inputs, reference?.inputs, {}));
    const outputs = startCounting(manifest.outputs, binsOf(manifest.outputs, reference?.outputs, {}));
    const distance = distances(1000, by);
    inputs.add({ distance });
    outputs.add({ minutes: distance.map((miles) => 2 * Math.fround(miles)) });
    const at = new Date(today - (longer.length - index) * DAY_MS + 3_600_000).toISOString();
    const served = { deployment: 'rides', model: 'rides', version: '1.0.0', digest, variant: 'stable' };
    return { ...served, at, rows: 1000, refused: 0, inputs: inputs.profile(), outputs: outputs.profile() };
  });
  await (await app.profiles()).add(spans);
  await app.close();
  return { cwd, run: (...words: readonly string[]) => runCli(['monitor', ...words], { cwd }) };
};

test('monitor says that nothing was judged yet, and after a check that all is steady', async (t) => {
  const { run } = await watchedProject(t, [0, 0]);
  const before = await run();
  assert.deepEqual([before.code, before.stderr], [0, '']);
  assert.match(before.stdout, /rides +not judged yet/);
  assert.ok(!before.stdout.includes('quiet'));
  const checked = await run('check');
  assert.deepEqual([checked.code, checked.stderr], [0, '1 windows judged, 0 messages sent\n']);
  assert.match((await run()).stdout, /rides +steady .*steady, as the training data/);
});

test('monitor tells what drifts, channels hear of it, and the exit code says that an alert fires', async (t) => {
  const { cwd, run } = await watchedProject(t, [0, 0.5]);
  const checked = await run('check');
  assert.equal(checked.code, 1);
  assert.match(checked.stderr, /rides: distance is 0\.[45]\d? sd higher\n/);
  assert.match(checked.stderr, /1 windows judged, 1 messages sent/);
  const told = JSON.parse(readFileSync(join(cwd, 'told.json'), 'utf8'));
  assert.deepEqual(told.alerts.map(({ field }: { readonly field: string }) => field).toSorted(), [
    'distance',
    'minutes',
  ]);

  const listed = await run();
  assert.equal(listed.code, 1);
  assert.match(listed.stdout, /rides +alarm .*minutes is 0\.[45]\d? sd higher/);
  const shown = await run('show', 'rides');
  assert.equal(shown.code, 1);
  assert.match(shown.stderr, /1000 rows, 0 refused, version 1\.0\.0, beside the training data \(3000 rows\)/);
  assert.match(shown.stdout, /distance +input +drift +0\.[45]\d? sd higher/);
  const [alert] = JSON.parse((await run('show', 'rides', '--json')).stdout).alerts;

  const acknowledged = await run('acknowledge', alert.fingerprint, '--why', 'snow', '--as', 'ada');
  assert.match(acknowledged.stderr, /is acknowledged by ada/);
  assert.match((await run('show', 'rides')).stdout, /ada/);
  assert.equal((await run('acknowledge', 'nobody')).code, 2);

  const accepted = await run('accept', 'rides', '--why', 'the bridge is open');
  assert.match(accepted.stderr, /1000 rows from .* are the new normal of rides/);
  assert.match((await run('show', 'rides')).stderr, /new normal since .*: the bridge is open/);
});

test('monitor names what is wrong with what it was asked', async (t) => {
  const { run } = await watchedProject(t, []);
  const unknown = await run('show', 'quiet');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /'quiet' is not watched/);
  const few = await run('accept', 'rides', '--why', 'fine');
  assert.equal(few.code, 2);
  assert.match(few.stderr, /at least 200 rows/);
  assert.equal((await run('accept', 'rides')).code, 2);
});

test('up watches what is at work: it judges, tells channels, and has figures of it', async (t) => {
  const { cwd } = await watchedProject(t, [0, 0.5]);
  let said = '';
  const hearing = (): PassThrough =>
    new PassThrough().on('data', (data) => {
      said += data;
    });
  const stop = new AbortController();
  const streams = { stdin: Readable.from([]), stdout: hearing(), stderr: hearing() };
  const over = main(['up', '--port', '0'], { ...streams, cwd, env: { HOME: cwd }, signal: stop.signal });
  t.after(async () => {
    stop.abort();
    assert.equal(await over, 0, said);
  });
  const until = async (what: RegExp, text: () => string | Promise<string>): Promise<RegExpExecArray> => {
    for (let times = 0; times < 1500; times++) {
      const found = what.exec(await text());
      if (found) return found;
      await sleep(20);
    }
    return assert.fail(`waited in vain for ${what}: ${said}`);
  };
  await until(/rides: distance is 0\.[45]\d? sd higher/, () => said);
  const [, url] = await until(/ready on (http:[^;\s]+)/, () => said);
  const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  await until(/^millrace_alert_firing\{deployment="rides",concern="drift"\} 1$/m, metrics);
  await until(/^millrace_drift_effect\{deployment="rides",field="distance"\} 0\.[45]/m, metrics);
  assert.equal(JSON.parse(readFileSync(join(cwd, 'told.json'), 'utf8')).deployment, 'rides');
});
