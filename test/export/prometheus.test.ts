import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { writeAlertRules } from '../../src/export/prometheus/alert-rules.ts';
import type { ExportedDeployment } from '../../src/export/prometheus/exported.ts';
import { writeDashboard } from '../../src/export/prometheus/grafana.ts';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const docs = ['SERVICE', 'STREAM', 'MONITOR']
  .map((name) => readFileSync(join(import.meta.dirname, `../../docs/${name}.md`), 'utf8'))
  .join('\n');
const odd = 'rides "fast" \\ slow';
const each: readonly ExportedDeployment[] = (['service', 'stream', 'batch'] as const).map((mode) => ({
  deployment: odd,
  model: 'ride',
  mode,
}));

const promtool = (t: TestContext, words: readonly string[]): boolean => {
  const { error, status, stdout, stderr } = spawnSync('promtool', words, { encoding: 'utf8' });
  if (error !== undefined) {
    t.diagnostic('promtool is not there (Debian: apt-get install prometheus): what it would say is not asked');
    return false;
  }
  assert.equal(status, 0, `${stdout}${stderr}`);
  return true;
};

describe('exports for Prometheus and Grafana', () => {
  it('name metrics that documents tell of', () => {
    for (const exported of each) {
      const said = `${writeDashboard(exported)}${writeAlertRules(exported)}`;
      for (const [name] of said.matchAll(/millrace_[a-z_]+/g)) {
        const base = name.replace(/_bucket$/, '');
        assert.ok(docs.includes(`\`${base}`) || docs.includes(base), base);
      }
    }
  });

  it('rules are taken by promtool, whatever a deployment is called', (t) => {
    const folder = tempFolder(t);
    for (const exported of each) {
      const file = join(folder, `${exported.mode}.yml`);
      writeFileSync(file, writeAlertRules(exported));
      const { groups } = parse(readFileSync(file, 'utf8'));
      assert.equal(groups[0].rules[0].alert, 'MillraceAlertFires');
      if (!promtool(t, ['check', 'rules', file])) return;
    }
  });

  it('a rule raises an alert when one fires, as promtool plays it', (t) => {
    const folder = tempFolder(t);
    const [exported] = each;
    writeFileSync(join(folder, 'rules.yml'), writeAlertRules({ ...exported, deployment: 'rides' }));
    const series = `millrace_alert_firing{deployment="rides",concern="drift"}`;
    const labels = '{ severity: warning, deployment: rides, concern: drift }';
    const summary = 'rides: drift is not as it should be; millrace monitor show rides';
    writeFileSync(
      join(folder, 'test.yml'),
      `rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series: [{ series: '${series}', values: '1 1 1' }]
    alert_rule_test:
      - { eval_time: 1m, alertname: MillraceAlertFires, exp_alerts: [{ exp_labels: ${labels}, exp_annotations: { summary: "${summary}" } }] }
`,
    );
    promtool(t, ['test', 'rules', join(folder, 'test.yml')]);
  });

  it('a dashboard asks for the data source, and its panels do not overlap', () => {
    for (const exported of each) {
      const { panels, uid, __inputs, schemaVersion } = JSON.parse(writeDashboard(exported));
      assert.ok(uid.length <= 40 && schemaVersion > 30);
      assert.equal(__inputs[0].name, 'DS_PROMETHEUS');
      const places = panels.map(({ gridPos: { x, y } }: { gridPos: { x: number; y: number } }) => `${x} ${y}`);
      assert.equal(new Set(places).size, panels.length);
      for (const { targets } of panels)
        for (const { datasource } of targets) assert.equal(datasource.uid, '${DS_PROMETHEUS}');
    }
  });

  it('are written by the command line', async (t) => {
    const cwd = tempFolder(t);
    writeFileSync(
      join(cwd, 'millrace.yaml'),
      'deployments:\n  rides: { mode: service, model: ride@production }\n  app: { mode: edge, model: ride@production }\n',
    );
    assert.equal((await runCli(['export', 'grafana', 'rides', '-o', 'board.json'], { cwd })).code, 0);
    assert.equal(JSON.parse(readFileSync(join(cwd, 'board.json'), 'utf8')).title, 'Millrace: rides');
    assert.match(
      (await runCli(['export', 'alert-rules', 'rides'], { cwd })).stdout,
      /millrace_requests_total\{model="ride"/,
    );
    const none = await runCli(['export', 'alert-rules', 'nothing'], { cwd });
    assert.deepEqual([none.code, /no deployment 'nothing'/.test(none.stderr)], [2, true]);
  });
});
