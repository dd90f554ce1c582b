import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { prepareDecide } from '../../src/modes/decide/deployment.ts';
import { createDecideMetrics } from '../../src/modes/decide/metrics.ts';
import { decideDeployment } from '../../src/project/deployments/decide.ts';
import { readProject } from '../../src/project/project.ts';
import { tempFolder } from '../temp-folder.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/DECIDE.md'), 'utf8');

test('the example of docs/DECIDE.md is a project that can run', (t) => {
  const folder = tempFolder(t);
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
  writeFileSync(join(folder, 'millrace.yaml'), yaml);
  const env = { OFFERS_URL: 'https://example.org', OFFERS_SECRET: 'whsec_' };
  const settings = readProject({ cwd: folder, env }).deploymentIn('decide', 'ride-offers');
  const { required, rules, decisions } = prepareDecide('ride-offers', settings);
  assert.deepEqual(required, ['ride', 'fare', 'duration']);
  assert.equal(rules.length, 1);
  assert.equal(decisions, 'ride.offers');
});

test('docs/DECIDE.md lists the metrics that there are', async () => {
  const registry = new Registry();
  createDecideMetrics(registry);
  const known = (await registry.getMetricsAsJSON()).map(({ name }) => name);
  const listed = [...page.matchAll(/^\| `(millrace_decide_\w+)`/gm)].map(([, name]) => name);
  assert.deepEqual(listed.toSorted(), known.toSorted());
});

test('docs/DECIDE.md tells of every setting', () => {
  const [, table = ''] = /## Settings\n(.*?)\n## /s.exec(page) ?? [];
  for (const name of Object.keys(decideDeployment.properties)) {
    if (name !== 'mode') assert.ok(table.includes(`\`${name}\``), name);
  }
});
