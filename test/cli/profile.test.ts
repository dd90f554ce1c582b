import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApp } from '../../src/app.ts';
import { startCounting } from '../../src/monitor/profile/counting.ts';
import type { Profile } from '../../src/monitor/profile/profile.ts';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const profileOf = (values: readonly number[]): Profile => {
  const counting = startCounting({ minutes: { kind: 'number' } }, { minutes: { edges: [10, 20], range: [1, 60] } });
  counting.add({ minutes: Float64Array.from(values) });
  return counting.profile();
};

test('profile shows what a deployment was asked and has answered', async (t) => {
  const cwd = tempFolder(t);
  const app = createApp({ cwd, env: { HOME: cwd } });
  const profiles = await app.profiles();
  const served = {
    deployment: 'rides',
    model: 'ride',
    version: '1.0.0',
    digest: `sha256:${'a'.repeat(64)}`,
    variant: 'stable',
  };
  const [now, old] = [Date.now() - 60_000, Date.now() - 3 * 86_400_000].map((at) => new Date(at).toISOString());
  const outputs = profileOf([5, 15, 90]);
  await profiles.add([
    { ...served, at: now, rows: 4, refused: 1, inputs: {}, outputs },
    { ...served, at: old, rows: 3, refused: 0, inputs: {}, outputs },
  ]);
  await app.close();

  const shown = await runCli(['profile', 'rides'], { cwd });
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stderr, /ride@1\.0\.0 .*: 4 rows since .*, 1 refused/);
  assert.match(shown.stdout, /minutes +output +3 +0 +5 +36\.6667 +90 +\S+ +1/);
  const all = await runCli(['profile', 'rides', '--since', old, '--json'], { cwd });
  assert.equal(JSON.parse(all.stdout)[0].rows, 7);
  const none = await runCli(['profile', 'nobody'], { cwd });
  assert.deepEqual([none.code, none.stdout], [0, '']);
  assert.match(none.stderr, /Nothing that nobody has answered/);
  assert.equal((await runCli(['profile', 'rides', '--since', 'yesterday'], { cwd })).code, 2);
});
