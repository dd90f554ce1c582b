import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { modelYaml, watchedProject } from './watched-project.ts';

test('a rollback goes through the registry, with the verdict as its reason, and once', async (t) => {
  const { run, millrace } = await watchedProject(t, [0, 0.5], {
    react: '[{ when: drift, do: rollback }]',
    versions: ['1.0.0', '1.1.0'],
  });
  const checked = await run('check');
  assert.match(checked.stderr, /rides: rollback of production: rides@production is back at 1\.0\.0 \(was 1\.1\.0\)/);
  const [move, ...others] = JSON.parse((await millrace('history', 'rides', '--json')).stdout).toReversed();
  assert.deepEqual([move.action, move.to, move.who], ['rollback', '1.0.0', 'millrace monitor']);
  assert.match(
    move.why,
    /^(?:predictions: minutes|drift: distance) is 0\.[45]\d? sd higher \(.*effect 0\.[45].*alert [0-9a-f]{16}\)$/,
  );
  await run('check');
  assert.equal(JSON.parse((await millrace('history', 'rides', '--json')).stdout).length, others.length + 1);
  assert.match((await run('show', 'rides')).stderr, /rollback of production: done: rides@production is back/);
});

test('a rollback without an earlier version is refused, and that is said', async (t) => {
  const { run, millrace } = await watchedProject(t, [0, 0.5], { react: '[{ do: rollback }]' });
  assert.match((await run('check')).stderr, /rollback of production refused: rides has nothing to roll back to/);
  assert.equal(JSON.parse((await millrace('history', 'rides', '--json')).stdout).length, 1);
});

test('retrain runs the command, packs what it has left and promotes it to staging', async (t) => {
  const { cwd, run, millrace } = await watchedProject(t, [0, 0.5], {
    react:
      '[{ when: "effect > 0.3 && field == \'distance\'", do: { retrain: { command: [node, train.cjs], folder: . } } }]',
  });
  writeFileSync(
    join(cwd, 'train.cjs'),
    `const { writeFileSync } = require('node:fs');
     console.log('training for', process.env.MILLRACE_MODEL, process.env.MILLRACE_FIELDS);
     writeFileSync('model.yaml', ${JSON.stringify(modelYaml('1.1.0'))});`,
  );
  assert.match((await run('check')).stderr, /retrain by node train\.cjs: rides@1\.1\.0 was trained and is in staging/);
  const { pointers } = JSON.parse((await millrace('models', '--json')).stdout)[0];
  assert.deepEqual(
    pointers.map((one: { environment: string; version: string }) => [one.environment, one.version]),
    [
      ['staging', '1.1.0'],
      ['production', '1.0.0'],
    ],
  );
  const [reaction] = JSON.parse((await run('show', 'rides', '--json')).stdout).reactions;
  assert.equal(reaction.outcome.output, 'training for rides distance\n');
});

test('training that fails, or leaves nothing new, is said with what it wrote, and not begun again by itself', async (t) => {
  const { cwd, run } = await watchedProject(t, [0, 0.5], {
    react:
      '[{ do: { retrain: { command: "echo x >> tried; echo no data >&2; exit 3", folder: . } } }, { do: { retrain: { command: "true", folder: . } } }]',
  });
  const { stderr } = await run('check');
  assert.match(stderr, /retrain by .* failed: The command .* ended with 3: no data/);
  assert.match(stderr, /retrain by true failed: \. still has version 1\.0\.0/);
  await run('check');
  assert.equal(readFileSync(join(cwd, 'tried'), 'utf8'), 'x\n');
});

test('reactions that cannot be are named', async (t) => {
  for (const [react, what] of [
    ['[{ when: "effect >", do: rollback }]', /react\[0\]\.when/],
    ['[{ do: { retrain: { command: train, folder: ., to: nowhere } } }]', /no environment nowhere/],
  ] as const) {
    const { run } = await watchedProject(t, [0, 0.5], { react });
    const { code, stderr } = await run('check');
    assert.equal(code, 2);
    assert.match(stderr, what);
  }
});
