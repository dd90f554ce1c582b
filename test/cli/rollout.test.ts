import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import type { RolloutStanding } from '../../src/deployments/rollouts/control.ts';
import { beginDeclared, declaredRollouts } from '../../src/deployments/rollouts/declared.ts';
import { silent } from '../../src/modes/service/log.ts';
import { gatedProject, rides } from '../gates/gated-project.ts';

const bin = join(import.meta.dirname, '../../bin/millrace.js');

const deployed = (rollout = '') => `  staging:
  production:
deployments:
  rides:
    mode: service
    model: ride@production
${rollout}`;

/** A project with `1.0.0` in production and `1.1.0`, which answers otherwise, in staging. */
const project = async (t: TestContext, rollout?: string) => {
  const made = await gatedProject(t, deployed(rollout), [{ version: '1.0.0' }, { version: '1.1.0', times: 3 }]);
  await made.ok('promote', 'ride@1.0.0', '--to', 'production');
  await made.ok('promote', 'ride@1.1.0', '--to', 'staging');
  return made;
};

it('a rollout is rehearsed, started, looked at, paused, resumed, aborted and finished by its command line', async (t) => {
  const { cwd, record, ok } = await project(t);
  /** In a process of its own. */
  const rollout = (...words: readonly string[]) =>
    new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
      const env = { PATH: process.env.PATH, HOME: cwd, MILLRACE_WHO: 'ada' };
      execFile(process.execPath, [bin, 'rollout', ...words], { cwd, env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  const said = async (...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await rollout(...words);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await record(rides(150));
  const rehearsed = await rollout(
    'rehearse',
    'rides',
    '--candidate',
    'ride@staging',
    '--tolerate',
    'failed 0.5, slow 1',
  );
  assert.match(rehearsed.stdout, /1\.0\.0 → 1\.1\.0 {2}on 150 recorded rows/);
  assert.match(rehearsed.stdout, /150 of 150 rows are answered otherwise/);

  const wrong = await rollout('start', 'rides', '--candidate', 'ride@staging', '--compare', 'absolute_error(minute) 1');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /did you mean minutes\?/);
  const start = ['start', 'rides', '--candidate', 'ride@staging', '--steps', '5 %, 50 %', '--unit', 'field:zone'];
  assert.match(await said(...start, '--compare', 'absolute_error(minutes) 0.2'), /running at 5 % \(step 1 of 2\)/);
  assert.equal((await rollout(...start)).code, 2, 'one at a time');
  assert.match(await said('pause', 'rides', '--why', 'lunch'), /paused at 5 %/);
  assert.match(await said('resume', 'rides'), /running at 5 %/);
  assert.match(await said(), /^rides {2}1\.0\.0 → 1\.1\.0 {2}running/);
  const unsaid = await rollout('abort', 'rides');
  assert.equal(unsaid.code, 2, 'it is aborted for a reason');
  assert.match(await said('abort', 'rides', '--why', 'drivers complain'), /aborted/);
  assert.match(await said('status', 'rides'), /drivers complain/);

  await said('start', 'rides', '--candidate', 'ride@1.1.0', '--policy', 'thompson', '--floor', '0.1');
  const [{ rollout: running }] = JSON.parse(await said('status', 'rides', '--json')) as readonly RolloutStanding[];
  assert.deepEqual([running.policy, running.floor, running.candidate.version], ['thompson', 0.1, '1.1.0']);
  assert.match(await said('finish', 'rides', '--why', 'MAE 3.1 → 2.9'), /finished/);
  assert.match(await ok('history', 'ride'), /1\.1\.0/);
  const again = await rollout('start', 'rides', '--candidate', 'ride@1.1.0');
  assert.equal(again.code, 2);
  assert.match(again.stderr, /answers with ride 1\.1\.0 already/);
});

it('a rehearsal says what labels and guardrails would have said, and ends with 1 where it would be rolled back', async (t) => {
  const { app, record, millrace } = await project(t);
  await record(rides(200));
  const opened = app();
  const truths = rides(200).map(({ distance }, at) => ({ key: `row-${at}`, truth: { minutes: 2 * distance } }));
  await (await opened.labels()).tell({ deployment: 'rides', key: [] }, truths, new Date());
  await opened.close();
  const rehearse = ['rollout', 'rehearse', 'rides', '--candidate', 'ride@staging', '--tolerate', 'failed 0.5, slow 1'];
  const { code, stdout } = await millrace(...rehearse, '--compare', 'absolute_error(minutes) 1');
  assert.equal(code, 1, stdout);
  assert.match(stdout, /200 of them labelled/);
  assert.match(stdout, /It would be rolled back: absolute_error\(minutes\)/);
  const other = await millrace(...rehearse, '--compare', 'absolute_error(minutes) 100', '--json');
  assert.equal(other.code, 0);
  assert.equal(JSON.parse(other.stdout).labelled, 200);
  const none = await project(t);
  const empty = await none.millrace('rollout', 'rehearse', 'rides', '--candidate', 'ride@staging');
  assert.equal(empty.code, 2);
  assert.match(empty.stderr, /Nothing is recorded of ride/);
});

it('a rollout that millrace.yaml declares begins with the deployment, once, and not again by itself', async (t) => {
  const declare = (steps: string) =>
    `    rollout: { candidate: ride@staging, steps: "${steps}", unit: "field:zone", compare: { metric: absolute_error(minutes), tolerance: 0.2 } }`;
  const { app, cwd } = await project(t, declare('5 %'));
  const servings = [{ ref: 'ride@production', deployment: 'rides' }];
  const begin = async () => {
    const opened = app();
    await beginDeclared(opened, declaredRollouts(opened, servings), silent());
    const all = await (await opened.rollouts()).list('rides');
    return { opened, all };
  };
  const first = await begin();
  assert.equal(first.all.length, 1);
  assert.deepEqual(first.all[0].compare, [{ metric: 'absolute_error(minutes)', tolerance: 0.2 }]);
  const control = await first.opened.rollout();
  assert.equal((await control.status('rides'))[0].moves[0].who, 'millrace.yaml');
  await first.opened.close();

  const again = await begin();
  assert.deepEqual(
    again.all.map(({ id }) => id),
    [first.all[0].id],
    'it goes on after a restart',
  );
  await (await again.opened.rollout()).abort('rides', { who: 'ada', why: 'a test' });
  await again.opened.close();
  const ended = await begin();
  assert.equal(ended.all.length, 1, 'what has ended is not begun again');
  await ended.opened.close();

  const file = join(cwd, 'millrace.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"5 %"', '"10 %"'));
  const other = await begin();
  assert.equal(other.all.length, 2, 'another one is');
  await (await other.opened.rollout()).finish('rides', { who: 'ada', why: 'a test' });
  await other.opened.close();
  const done = await begin();
  assert.equal(done.all.length, 2, 'what is in place needs no rollout');
  await done.opened.close();
  writeFileSync(file, readFileSync(file, 'utf8').replace('"10 %"', '"10 %, 5 %"'));
  const bad = app();
  assert.throws(() => declaredRollouts(bad, servings), { code: 'BAD_PROJECT' });
  await bad.close();
});
