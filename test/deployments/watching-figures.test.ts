/** What `/metrics` says of watched deployments, of what is really in the store. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { createApp } from '../../src/app.ts';
import { startWatching } from '../../src/deployments/watching.ts';
import { startCounting } from '../../src/monitor/profile/counting.ts';
import { startDurations } from '../../src/monitor/profile/durations.ts';
import { binsOf, readReference } from '../../src/monitor/profile/reference.ts';
import { watchedProject } from '../cli/watched-project.ts';
import { createRandom } from '../monitor/drift/random.ts';

const DAY_MS = 86_400_000;
/** Looks at calls end with a five minutes that is over: by a clock that stands it is always the same one. */
const NOW = Date.parse('2026-11-05T12:03:00Z');

const durationsOf = (fast: number, slow: number) => {
  const counting = startDurations();
  for (let call = 0; call < fast; call++) counting.add(3);
  for (let call = 0; call < slow; call++) counting.add(400);
  return counting.counts();
};

test('every gauge of the watch has a value that comes from what was counted, recorded and told', async (t) => {
  const { cwd } = await watchedProject(t, []);
  const yaml = join(cwd, 'millrace.yaml');
  const slo = 'monitor: { slo: { latency: 50ms, errors: 1 % } }';
  writeFileSync(
    yaml,
    readFileSync(yaml, 'utf8').replace('model: rides@production }', `model: rides@production, ${slo} }`),
  );
  const app = createApp({ cwd, env: { HOME: cwd }, clock: () => new Date(NOW) });
  t.after(() => app.close());
  const { digest, manifest, files } = await app.open('rides@production');
  const reference = readReference(files.get('profile.json'));
  const yesterday = NOW - (NOW % DAY_MS) - DAY_MS;
  const served = { deployment: 'rides', model: 'rides', version: manifest.version, digest, variant: 'stable' };
  const random = createRandom(9);

  // 1,000 rows of yesterday, of which one in ten has no distance, the rest longer ones; labels of half of them.
  const distance = Float64Array.from({ length: 1000 }, (_, row) =>
    row % 10 === 0 ? Number.NaN : random.normal() + 0.5,
  );
  const inputs = startCounting(manifest.inputs, binsOf(manifest.inputs, reference?.inputs, {}));
  const outputs = startCounting(manifest.outputs, binsOf(manifest.outputs, reference?.outputs, {}));
  inputs.add({ distance });
  outputs.add({ minutes: distance.map((miles) => (Number.isNaN(miles) ? 0 : 2 * Math.fround(miles))) });
  const at = new Date(yesterday + 3_600_000).toISOString();
  const profile = { inputs: inputs.profile(), outputs: outputs.profile() };
  // Of 1,000 calls of the last minutes 4 % are slow, and 30 more failed.
  const traffic = { durations: durationsOf(960, 40), failed: { INTERNAL: 30 }, refused: {} };
  const lately = new Date(NOW - 480_000).toISOString();
  await (await app.profiles()).add([
    { ...served, at, rows: 1000, refused: 0, ...profile },
    { ...served, at: lately, rows: 0, refused: 0, inputs: {}, outputs: {}, traffic },
  ]);
  await (await app.records()).append(
    Array.from({ length: 400 }, (_, n) => ({
      ...served,
      id: `p-${n}`,
      at,
      input: JSON.stringify({ distance: n }),
      coerced: false,
      output: JSON.stringify({ minutes: 2 * n }),
      ms: 1,
    })),
  );
  const labels = await app.labels();
  const own = { deployment: 'rides', key: [] };
  await labels.match(own, new Date(NOW));
  const told = Array.from({ length: 200 }, (_, n) => ({ key: `p-${n}`, truth: { minutes: 2 * n + 3 } }));
  await labels.tell(own, told, new Date(NOW));

  const registry = new Registry();
  const watching = startWatching(await app.monitor(), { registry, news: () => {} });
  t.after(() => watching.stop());
  let said = '';
  for (let times = 0; times < 500 && !said.includes('millrace_label_coverage{'); times++) {
    said = await registry.metrics();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const figureOf = (name: string, labelled: string): number => {
    const line = said.split('\n').find((one) => one.startsWith(`${name}{deployment="rides"${labelled}} `));
    assert.ok(line, `${name}{${labelled}} in\n${said}`);
    return Number(line.split(' ').at(-1));
  };
  assert.ok(Math.abs(figureOf('millrace_slo_burn_rate', ',objective="p99",window="1h"') - 4) < 1e-9);
  assert.ok(Math.abs(figureOf('millrace_slo_burn_rate', ',objective="errors",window="3d"') - 100 * (30 / 1030)) < 1e-9);
  assert.equal(figureOf('millrace_missing_share', ',field="distance"'), 0.1);
  assert.ok(figureOf('millrace_drift_effect', ',field="distance"') > 0.3);
  assert.ok(figureOf('millrace_drift_log_e', '') > 3);
  assert.equal(figureOf('millrace_label_coverage', ''), 0.5);
  assert.equal(figureOf('millrace_performance', ',output="minutes",metric="mae",kind="measured"'), 3);
  assert.equal(figureOf('millrace_performance', ',output="minutes",metric="bias",kind="measured"'), -3);
  for (const concern of ['drift', 'predictions'])
    assert.equal(figureOf('millrace_alert_firing', `,concern="${concern}"`), 1);
  assert.ok(!said.includes('NaN'));
});
