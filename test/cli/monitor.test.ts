import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { main } from '../../src/cli/main.ts';
import { watchedProject } from './watched-project.ts';

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

test('monitor shows how a field was distributed, now and before', async (t) => {
  const { run } = await watchedProject(t, [0, 0.5]);
  await run('check');
  const { stdout, stderr } = await run('show', 'rides', '--field', 'distance');
  assert.match(stdout, /^≤ -1\.\d+ +\d\.\d % +█+.? +\d+(?:\.\d)? % +█+.?$/m);
  assert.match(stderr, /mean 0\.\d+, -?0\.0\d+ before; missing in 0\.0 %, 0\.0 % before/);
  const { distributions } = JSON.parse((await run('show', 'rides', '--field', 'distance', '--json')).stdout);
  assert.equal(distributions[0].bars.length, 10);
});

test('monitor rehearses: what the rule would have raised, and nobody is told', async (t) => {
  const { cwd, run } = await watchedProject(t, [0, 0, 0, 0.5, 0.5, 0, 0, 0]);
  const since = new Date(Date.now() - 8 * 86_400_000).toISOString().slice(0, 10);
  const { code, stdout, stderr } = await run('rehearse', 'rides', '--since', since);
  assert.equal(code, 0);
  assert.match(stderr, /^rides: 8 windows from .* judged as 1 false alarm a year\n2 alarms in 8 days: about 91 a year/);
  assert.match(stdout, /predictions +\w+ +minutes is 0\.[45]\d? sd higher/);
  assert.ok(!existsSync(join(cwd, 'told.json')));
  assert.match((await run()).stdout, /not judged yet/);
  const other = JSON.parse((await run('rehearse', 'rides', '--since', since, '--least-effect', '1', '--json')).stdout);
  assert.deepEqual([other.windows, other.alerts], [8, []]);
  assert.equal((await run('rehearse', 'rides', '--compare-with', 'yesterday')).code, 2);
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
