import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { main } from '../../src/cli/main.ts';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const project = {
  deployments: {
    offers: {
      mode: 'decide',
      from: { ride: { topic: 'rides', key: 'ride_id' }, fare: 'fares' },
      within: '1s',
      rules: [{ name: 'dear', if: 'fare.prediction.fare > ride.limit' }],
      otherwise: 'fine',
      to: 'decisions',
    },
    models: { mode: 'service', model: './nowhere' },
  },
};

/** A project in which two rides have happened long enough ago: one complete, one without a fare, and a bad event. */
const happened = async (t: TestContext) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'millrace.yaml'), JSON.stringify(project));
  const call = (...argv: string[]) => runCli(argv, { cwd });
  const produce = async (lines: readonly string[], ...argv: string[]): Promise<void> => {
    const stdin = lines.map((line) => `${line}\n`).join('');
    const { code, stderr } = await runCli(['stream', 'produce', ...argv], { cwd, stdin });
    assert.equal(code, 0, stderr);
  };
  await produce(['{"ride_id":"a","limit":10}', '{"ride_id":"b","limit":10}'], 'rides', '--key', 'ride_id');
  await produce(['{"key":"a","prediction":{"fare":12}}'], 'fares', '--key', 'key');
  await produce(['not JSON'], 'fares');
  return { cwd, call };
};

test('decide --dry-run prints what would have been decided as lines of JSON, and sums up beside it', async (t) => {
  const { call } = await happened(t);
  await sleep(1100);
  const { code, stdout, stderr } = await call('decide', '--dry-run', 'offers');
  assert.equal(code, 0, stderr);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ key, decision, because, missing }) => [key, decision, because, missing]),
    [
      ['a', 'dear', 'complete', []],
      ['b', 'fine', 'deadline', ['fare']],
    ],
  );
  assert.match(stderr, /2 decisions from 4 events; nothing was written/);
  assert.match(stderr, /1 dead letter with BAD_JSON/);
  assert.equal((await call('decide', '--dry-run', 'offers', '--json')).stdout, stdout);
  assert.equal((await call('decide', '--dry-run', 'offers', '--from', '2099-01-01')).stdout, '');
  assert.equal((await call('decide', 'dead-letters', 'offers')).stdout, '');
});

test('decide run decides, stops on a signal and says what it did; dead-letters shows the rest', async (t) => {
  const { cwd, call } = await happened(t);
  const stop = new AbortController();
  const running = runCli(['decide', 'run'], { cwd, signal: stop.signal });
  for (;;) {
    const { stdout } = await call('stream', 'tail', 'decisions', '--until-end');
    if (stdout.split('\n').length > 2) break;
    await sleep(50);
  }
  stop.abort();
  const { code, stderr } = await running;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^offers {2}rides, fares → decisions$/m);
  assert.match(stderr, /stopped: 2 decided \(1 dear, 1 fine\), 1 dead letter$/m);
  const letters = await call('decide', 'dead-letters', 'offers', '--json');
  const [letter] = letters.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual([letter.code, letter.topic, letter.value], ['BAD_JSON', 'fares', 'not JSON']);
  const screen = Object.assign(new PassThrough(), { isTTY: true, columns: 200 });
  const io = { stdin: Readable.from([]), stdout: screen, stderr: new PassThrough(), cwd, env: { HOME: cwd } };
  assert.equal(await main(['decide', 'dead-letters', 'offers', '--json'], io), 0);
  assert.equal(screen.end().read().toString(), letters.stdout, 'the option is that of dead-letters');
  assert.match((await call('decide', 'dead-letters', 'offers', '--replay')).stderr, /^1 event goes to offers again$/m);
  assert.ok(existsSync(join(cwd, '.millrace', 'decisions.db')));
});

test('decide says what it wants when it is called otherwise', async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'millrace.yaml'), JSON.stringify(project));
  for (const [argv, said] of [
    [['decide'], /USAGE.*\n.*run <deployment>, --dry-run <deployment>/],
    [['decide', 'offers'], /'offers' is not a command of decide/],
    [['decide', '--dry-run', 'models'], /BAD_PROJECT.*'models' is not of mode decide/],
    [['decide', 'run', 'nix'], /BAD_PROJECT.*no deployment 'nix'/],
    [['decide', '--dry-run', 'offers', '--from', 'yesterday'], /USAGE.*--from is not a time/],
    [['decide', 'dead-letters', 'offers', '--dry-run'], /USAGE: --dry-run is not an option of decide dead-letters/],
    [['decide', 'dead-letters', 'offers', '--from', '2h'], /USAGE: --from is not an option/],
    [['decide', 'dead-letters', 'offers', '--until-end'], /USAGE: --until-end is not an option/],
    [['decide', 'run', 'offers', '--json'], /"code":"USAGE","message":"--json is not an option of decide run/],
    [['decide', 'dead-letters', 'offers', '--last', 'all'], /USAGE.*whole number/],
    [['decide', '--dry-run', 'offers'], /UNKNOWN_TOPIC.*rides/],
  ] as const) {
    const { code, stderr, stdout } = await runCli(argv, { cwd });
    assert.equal(code, 2, `${argv.join(' ')}: ${stdout}${stderr}`);
    assert.match(stderr, said);
  }
});

test('the help of decide tells of each command only what is its own', async (t) => {
  const help = async (...argv: string[]) =>
    (await runCli(['decide', ...argv, '--help'], { cwd: tempFolder(t) })).stdout;
  for (const option of [/--dry-run/, /--from/, /--until-end/, /--file/]) assert.match(await help(), option);
  for (const name of ['run', 'dead-letters']) {
    const text = await help(name);
    assert.doesNotMatch(text, /--dry-run|--from|--until-end|dry run/);
    assert.match(text, /--file/);
  }
});
