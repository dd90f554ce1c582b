import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { gatedProject, rides } from './gated-project.ts';

const environments = `  staging:
  production:
    from: staging
    gates:
      - examples
      - signature
      - latency: { tolerance: 10 }
      - evaluation: { model: ride, in: held.csv, truth: took }
      - replay: { rows: 200, by: [zone] }
      - shadow
      - approvals: 1`;

const table = rides(60).map(({ distance, zone }, at) => `${distance},${zone},${2 * distance + (at % 3) - 1}`);

it('all gates of an environment are asked of a version, each of what is really there', async (t) => {
  const { cwd, ok, millrace, record, app } = await gatedProject(t, environments, [
    { version: '1.0.0' },
    { version: '1.1.0', examples: [{ input: { distance: 1, zone: 'a' }, output: { minutes: 2 } }] },
    { version: '2.0.0', times: 4 },
  ]);
  const dryRun = async (version: string) => {
    const asked = await millrace('promote', `ride@${version}`, '--to', 'production', '--dry-run', '--json');
    const { verdicts } = JSON.parse(asked.stdout) as {
      verdicts: { about: string; outcome: string; sentence: string }[];
    };
    return { code: asked.code, verdicts: new Map(verdicts.map((one) => [one.about, one])) };
  };
  await ok('promote', 'ride@1.0.0', '--to', 'staging');
  const first = await dryRun('1.0.0');
  assert.match(first.verdicts.get('evaluation')?.sentence ?? '', /held\.csv/);
  assert.equal(first.verdicts.get('evaluation')?.outcome, 'not enough data', 'a table that is not there');
  writeFileSync(join(cwd, 'held.csv'), `distance,zone,took\n${table.join('\n')}\n`);
  await ok('approve', 'ride@1.0.0', '--for', 'production', '--as', 'bob');
  await ok('promote', 'ride@1.0.0', '--to', 'production');

  await ok('promote', 'ride@1.1.0', '--to', 'staging');
  const lacking = await dryRun('1.1.0');
  assert.equal(lacking.code, 1);
  const outcomes = ({ verdicts }: typeof lacking) => [...verdicts.values()].map(({ outcome }) => outcome);
  const none = 'not enough data';
  assert.deepEqual(outcomes(lacking), ['pass', 'pass', 'pass', none, 'pass', none, none, none]);

  await record(rides(150));
  await ok('approve', 'ride@1.1.0', '--for', 'production', '--as', 'bob');
  const opened = app();
  await (await opened.registry()).keepComparison({
    comparison: 'canary',
    name: 'ride',
    version: '1.1.0',
    against: '1.0.0',
    verdicts: [{ asked: 'comparison', about: 'errors', outcome: 'better', sentence: '0', numbers: {}, at: '2026' }],
  });
  await opened.close();
  const complete = await dryRun('1.1.0');
  const told = [...complete.verdicts.values()].filter(({ about }) => about !== 'latency');
  assert.deepEqual([...new Set(told.map(({ outcome }) => outcome))], ['pass'], JSON.stringify(told));
  assert.match(complete.verdicts.get('latency')?.sentence ?? '', /on 150 rows/);

  const worse = await dryRun('2.0.0');
  assert.equal(worse.verdicts.get('evaluation')?.outcome, 'fail');
  assert.match(worse.verdicts.get('replay')?.sentence ?? '', /150 of 150 rows \(100 %\) are answered otherwise/);
});
