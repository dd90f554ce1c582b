import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { main } from '../../src/cli/main.ts';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const fixture = join(import.meta.dirname, '..', 'fixtures', 'models', 'int-inputs');

const project = (t: TestContext): string => {
  const folder = tempFolder(t);
  cpSync(fixture, join(folder, 'totals'), { recursive: true });
  writeFileSync(
    join(folder, 'millrace.yaml'),
    `deployments:
  totals: { mode: stream, model: ./totals, from: rides, to: predicted, key: id, input: $.in }
  web: { mode: service, model: ./totals }
`,
  );
  return folder;
};

const rides = (count: number): string =>
  Array.from({ length: count }, (_, i) => JSON.stringify({ id: `r${i}`, in: { units: i, price: 2 } })).join('\n');

const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe('millrace stream', () => {
  it('produces, predicts and prints, and what comes out of a pipe are lines of JSON', async (t) => {
    const cwd = project(t);
    const produced = await runCli(['stream', 'produce', 'rides', '--key', 'id'], { cwd, stdin: `${rides(250)}\n\n` });
    assert.deepEqual([produced.code, produced.stdout], [0, '']);
    assert.match(produced.stderr, /250 events in rides/);

    const run = await runCli(['stream', 'run', 'totals', '--until-end'], { cwd });
    assert.deepEqual([run.code, run.stdout], [0, ''], run.stderr);
    assert.match(run.stderr, /int-inputs@1\.0\.0.*rides → predicted/);
    assert.match(run.stderr, /stopped: 250 predicted/);

    const tail = await runCli(['stream', 'tail', 'predicted', '--until-end'], { cwd });
    const events = lines(tail.stdout);
    assert.equal(events.length, 250);
    for (const { key, value } of events) assert.equal(value.data.prediction.total, 2 * Number(key.slice(1)));
    assert.equal(tail.stderr, '');

    const status = await runCli(['stream', 'status', '--json'], { cwd });
    const [{ deployment, partitions, deadLetters }] = JSON.parse(status.stdout);
    assert.deepEqual([deployment, deadLetters], ['totals', 0]);
    assert.equal(partitions.length, 3);
    for (const { lag, committed, end } of partitions) assert.deepEqual([lag, committed], [0, end]);
    const table = await runCli(['stream', 'status'], { cwd });
    assert.match(table.stdout, /^deployment +topic +partition +committed +end +lag\n(?:totals +rides .*\n){3}$/);

    const again = await runCli(['stream', 'run', '--until-end'], { cwd });
    assert.match(again.stderr, /stopped: 0 predicted/);
  });

  it('shows dead letters with their reasons, tries them again, and says so with exit code 1', async (t) => {
    const cwd = project(t);
    writeFileSync(join(cwd, 'rides.ndjson'), `${rides(3)}\nnonsense\n{"id":"x","in":{"units":1}}\n`);
    await runCli(['stream', 'produce', 'rides', '--in', 'rides.ndjson'], { cwd });
    const run = await runCli(['stream', 'run', '--until-end'], { cwd });
    assert.equal(run.code, 1);
    assert.match(run.stderr, /3 predicted, 2 dead letters/);

    const shown = await runCli(['stream', 'dead-letters', 'totals'], { cwd });
    const letters = lines(shown.stdout);
    assert.deepEqual(letters.map(({ code }) => code).sort(), ['BAD_JSON', 'MISSING_FIELD']);
    assert.ok(letters.some(({ value }) => value === 'nonsense'));
    for (const letter of letters) assert.equal(letter.topic, 'rides');
    assert.match((await runCli(['stream', 'status'], { cwd })).stderr, /2 dead letters/);

    const replay = await runCli(['stream', 'dead-letters', 'totals', '--replay'], { cwd });
    assert.match(replay.stderr, /2 events go to totals again/);
    assert.equal((await runCli(['stream', 'dead-letters', 'totals'], { cwd })).stdout, '');
    assert.match((await runCli(['stream', 'run', '--until-end'], { cwd })).stderr, /0 predicted, 2 dead letters/);

    await runCli(['stream', 'produce', 'rides'], { cwd, stdin: 'nonsense' });
    assert.match((await runCli(['stream', 'run', '--until-end'], { cwd })).stderr, /0 predicted, 1 dead letter$/m);
  });

  it('sends all lines before the first without a key, none after it, and names it, however many there are', async (t) => {
    for (const good of [1, 3000]) {
      const cwd = project(t);
      const stdin = `${rides(good)}\nnonsense\n${rides(1)}\n`;
      const { code, stderr } = await runCli(['stream', 'produce', 'rides', '--key', 'id'], { cwd, stdin });
      assert.equal(code, 2);
      assert.match(
        stderr,
        new RegExp(`^${good === 1 ? '1 event' : '3,000 events'} in rides\nerror BAD_JSON: Line ${good + 1} `),
      );
      const tail = await runCli(['stream', 'tail', 'rides', '--until-end'], { cwd });
      assert.equal(lines(tail.stdout).length, good);
    }
  });

  it('sends and shows keys that are no text, in base64, each as its own', async (t) => {
    const cwd = project(t);
    const keys = ['AAAAAAAAAIA=', 'AAAAAAAAAIE='];
    const stdin = keys.map((base64, i) => JSON.stringify({ id: { base64 }, in: { units: i, price: 1 } })).join('\n');
    const produced = await runCli(['stream', 'produce', 'rides', '--key', 'id'], { cwd, stdin });
    assert.equal(produced.code, 0, produced.stderr);
    await runCli(['stream', 'produce', 'rides', '--key', '$'], { cwd, stdin: JSON.stringify({ base64: '/w==' }) });
    await runCli(['stream', 'run', '--until-end'], { cwd });
    for (const topic of ['rides', 'predicted']) {
      const tail = await runCli(['stream', 'tail', topic, '--until-end'], { cwd });
      const shown = lines(tail.stdout).map(({ key }) => key.base64);
      assert.deepEqual(shown.sort(), topic === 'rides' ? ['/w==', ...keys].sort() : keys);
    }
    const letters = lines((await runCli(['stream', 'dead-letters', 'totals'], { cwd })).stdout);
    assert.deepEqual(
      letters.map(({ key }) => key),
      [{ base64: '/w==' }],
    );
  });

  it('adds partitions to a topic, which are read, and tells what nobody reads', async (t) => {
    const cwd = project(t);
    await runCli(['stream', 'produce', 'rides', '--partitions', '1'], { cwd, stdin: rides(5) });
    await runCli(['stream', 'run', '--until-end'], { cwd });
    const grown = await runCli(['stream', 'grow', 'rides', '--partitions', '4'], { cwd });
    assert.deepEqual([grown.code, grown.stderr], [0, 'rides has 4 partitions\n']);
    assert.match((await runCli(['stream', 'grow', 'rides', '--partitions', '2'], { cwd })).stderr, /has 4 partitions/);
    await runCli(['stream', 'produce', 'rides'], { cwd, stdin: rides(20) });
    const status = await runCli(['stream', 'status', '--json'], { cwd });
    const [{ partitions, missing }] = JSON.parse(status.stdout);
    assert.deepEqual(missing, []);
    assert.deepEqual(
      partitions.map(({ partition, read }: { partition: number; read: boolean }) => [partition, read]),
      [0, 1, 2, 3].map((partition) => [partition, false]),
    );
    assert.match((await runCli(['stream', 'status'], { cwd })).stderr, /totals: no process reads any partition; 20 /);
    assert.match((await runCli(['stream', 'run', '--until-end'], { cwd })).stderr, /stopped: 20 predicted/);
  });

  it('makes no topic for a file that is not there', async (t) => {
    const cwd = project(t);
    const { code, stderr } = await runCli(['stream', 'produce', 'rides', '--in', 'nope.ndjson'], { cwd });
    assert.equal(code, 2);
    assert.match(stderr, /^error FILE_NOT_FOUND: Cannot read .*nope\.ndjson: there is no such file\.\n {2}expected: /);
    assert.match((await runCli(['stream', 'tail', 'rides', '--until-end'], { cwd })).stderr, /UNKNOWN_TOPIC/);
  });

  it('answers /metrics, /live and /ready, and finishes what it has begun when it is told to stop', async (t) => {
    const cwd = project(t);
    await runCli(['stream', 'produce', 'rides'], { cwd, stdin: rides(20) });
    const stop = new AbortController();
    const stderr = new PassThrough();
    let said = '';
    stderr.on('data', (data) => {
      said += data;
    });
    const code = main(['stream', 'run', 'totals', '--metrics-port', '0'], {
      stdin: Readable.from([]),
      stdout: new PassThrough(),
      stderr,
      cwd,
      env: { HOME: cwd },
      signal: stop.signal,
    });
    const url = async (): Promise<string> => {
      for (;;) {
        const found = /(http:\/\/\S+)\/metrics/.exec(said)?.[1];
        if (found !== undefined) return found;
        await sleep(20);
      }
    };
    const base = await url();
    const metrics = async (): Promise<string> => (await fetch(`${base}/metrics`)).text();
    while (!/millrace_stream_events_total\{[^}]*outcome="predicted"/.test(await metrics())) await sleep(20);
    assert.equal((await fetch(`${base}/live`)).status, 200);
    const ready = await fetch(`${base}/ready`);
    assert.deepEqual([ready.status, await ready.json()], [200, { ready: true, obstacles: [] }]);
    assert.equal((await fetch(`${base}/else`)).status, 404);
    const text = await metrics();
    assert.match(
      text,
      /millrace_stream_model_info\{deployment="totals",model="int-inputs",version="1\.0\.0",digest="sha256:/,
    );
    assert.match(text, /millrace_stream_ready\{deployment="totals"\} 1/);
    assert.match(text, /process_cpu_user_seconds_total/);
    stop.abort();
    assert.equal(await code, 0);
    assert.match(said, /stopped: 20 predicted/);
    await assert.rejects(fetch(`${base}/live`));
  });

  it('tells every metric in docs/STREAM.md', async () => {
    const source = readFileSync(join(import.meta.dirname, '..', '..', 'src', 'modes', 'stream', 'metrics.ts'), 'utf8');
    const docs = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'STREAM.md'), 'utf8');
    const named = (text: string): readonly string[] => [...new Set(text.match(/millrace_stream_[a-z_]+/g))].sort();
    assert.deepEqual(named(docs), named(source));
  });

  for (const [what, argv, code, told] of [
    ['a deployment that is not there', ['run', 'total'], 'BAD_PROJECT', /did you mean 'totals'/],
    ['a deployment of another mode', ['run', 'web'], 'BAD_PROJECT', /not of mode stream/],
    ['a topic that is not there', ['tail', 'nothing', '--until-end'], 'UNKNOWN_TOPIC', /nothing/],
    ['a place to begin that does not exist', ['tail', 'rides', '--from', 'middle'], 'USAGE', /earliest/],
    ['a key that a line does not have', ['produce', 'rides', '--key', 'none'], 'BAD_EVENT', /Line 1 has no key/],
    ['a rate of nothing', ['produce', 'rides', '--rate', '0'], 'USAGE', /whole number/],
  ] as const) {
    it(`refuses ${what}`, async (t) => {
      const cwd = project(t);
      const result = await runCli(['stream', ...argv], {
        cwd,
        stdin: '{"id":"a"}\n',
      });
      assert.equal(result.code, 2);
      assert.match(result.stderr, new RegExp(`error ${code}`));
      assert.match(result.stderr, told);
    });
  }

  it('says what is missing in a project without streams', async (t) => {
    const result = await runCli(['stream', 'run'], { cwd: tempFolder(t) });
    assert.equal(result.code, 2);
    assert.match(result.stderr, /no deployment with mode: stream/);
  });

  it('helps with examples', async (t) => {
    for (const argv of [
      ['--help'],
      ...['run', 'status', 'produce', 'grow', 'tail', 'dead-letters'].map((one) => [one, '--help']),
    ]) {
      const { code, stdout } = await runCli(['stream', ...argv], { cwd: tempFolder(t) });
      assert.equal(code, 0);
      assert.match(stdout, /Examples:\n {2}/);
    }
  });
});
