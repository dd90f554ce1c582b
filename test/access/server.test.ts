/** The command line with --server: what changes something is done by a Millrace elsewhere, for who has a key. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createAttempts } from '../../src/access/attempts.ts';
import { createPass } from '../../src/access/pass.ts';
import { actsOf } from '../../src/deployments/service/acts.ts';
import { startDoorkeeper } from '../../src/deployments/service/doorkeeper.ts';
import { silent } from '../../src/modes/service/log.ts';
import { models, openApp, register, serveApp } from '../modes/service/serving.ts';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';
import { until } from '../until.ts';

const start = async (t: TestContext) => {
  const app = await openApp(t);
  for (const version of ['1.0.0', '1.1.0']) await register(app, models.trees, { version });
  const keys = await app.keys();
  const ada = await keys.create({ role: 'admin', name: 'ada' }, 'root');
  const doorkeeper = await startDoorkeeper(app, { auth: true }, silent());
  t.after(() => doorkeeper?.close());
  const { url } = await serveApp(t, app, [models.trees], { doorkeeper, acts: actsOf(app) });
  /** From a folder that has no project and no registry. */
  const millrace = (secret: string, ...words: readonly string[]) =>
    runCli([...words, '--server', url], { cwd: tempFolder(t), env: { MILLRACE_KEY: secret } });
  return { app, keys, ada, millrace, url };
};

describe('millrace --server', () => {
  it('promotes, approves and rolls back, signed by the name of the key', async (t) => {
    const { app, ada, millrace } = await start(t);
    const promote = (version: string) =>
      millrace(ada.secret, 'promote', `trees-100x6@${version}`, '--to', 'production', '--why', 'tried', '--as', 'eve');
    for (const version of ['1.0.0', '1.1.0']) {
      const { code, stdout, stderr } = await promote(version);
      assert.equal(code, 0, stderr);
      assert.match(stdout, new RegExp(`trees-100x6@production is now ${version}`));
    }
    const approved = await millrace(ada.secret, 'approve', 'trees-100x6@1.1.0', '--for', 'staging');
    assert.match(approved.stdout, /approved for staging by ada/);
    const back = await millrace(ada.secret, 'rollback', 'trees-100x6', '--env', 'production');
    assert.match(back.stdout, /is back at 1\.0\.0 \(was 1\.1\.0\)/);
    const history = await (await app.registry()).history('trees-100x6', 'production');
    assert.deepEqual(
      history.map(({ action, who }) => [action, who]),
      [
        ['promote', 'ada'],
        ['promote', 'ada'],
        ['rollback', 'ada'],
      ],
    );
  });

  it('makes, lists and revokes keys', async (t) => {
    const { ada, millrace } = await start(t);
    const made = JSON.parse(
      (await millrace(ada.secret, 'keys', 'create', '--role', 'operate', '--name', 'bob', '--json')).stdout,
    );
    const bob = () => millrace(made.secret, 'keys', 'list');
    await until('the service knows the key', async () => /FORBIDDEN/.test((await bob()).stderr));
    assert.match((await millrace(ada.secret, 'keys', 'list')).stdout, /bob +operate/);
    assert.equal((await millrace(ada.secret, 'keys', 'revoke', made.id)).code, 0);
    await until('nobody comes in with it', async () => /UNAUTHENTICATED/.test((await bob()).stderr));
  });

  it('refuses who is for other models, files of the service, and a call without a key', async (t) => {
    const { keys, ada, millrace, url } = await start(t);
    const other = await keys.create({ role: 'admin', models: ['other-*'] }, 'ada');
    const promoting = (secret: string, ref: string) => millrace(secret, 'promote', ref, '--to', 'production');
    const why = async () => (await promoting(other.secret, 'trees-100x6@1.0.0')).stderr;
    await until('the key is known', async () => /not for this model/.test(await why()));
    assert.match((await millrace(other.secret, 'keys', 'create', '--role', 'admin')).stderr, /FORBIDDEN/);
    assert.match((await promoting(ada.secret, './model')).stderr, /BAD_REQUEST/);
    assert.match((await promoting('', 'trees-100x6@1.0.0')).stderr, /USAGE.*MILLRACE_KEY/s);
    const gone = await runCli(['keys', 'list', '--server', url.replace(/:\d+$/, ':1')], {
      cwd: tempFolder(t),
      env: { MILLRACE_KEY: ada.secret },
    });
    assert.match(gone.stderr, /UNAVAILABLE/);
    assert.ok(!gone.stderr.includes(ada.secret.slice(14)));
  });
});

describe('what a key may have', () => {
  const principal = { name: 'app', role: 'predict', models: ['*'], by: 'key' } as const;

  it('is so many calls a second, and rows that are paid back before the next', () => {
    let time = 0;
    const pass = createPass({ principal, isGood: () => true, calls: 2, rows: 100, now: () => time });
    pass.enter();
    pass.enter();
    assert.throws(() => pass.enter(), { code: 'RATE_LIMITED' });
    time += 500;
    pass.enter();
    assert.throws(() => pass.enter(), { code: 'RATE_LIMITED' });
    pass.spend(250);
    time += 1000;
    assert.throws(() => pass.spend(1), { code: 'RATE_LIMITED' });
    time += 1000;
    pass.spend(1);
  });
});

describe('keys that are not known', () => {
  it('wait after the tenth of an address, are told once a minute, and forgotten', () => {
    let time = 0;
    const told: string[] = [];
    const attempts = createAttempts({
      now: () => time,
      onGuessing: (address, failures) => told.push(`${address} ${failures}`),
    });
    for (let n = 0; n < 10; n++) assert.equal(attempts.failed('a'), undefined);
    for (let n = 0; n < 10_000; n++) assert.equal(attempts.failed('a'), 1000);
    assert.equal(attempts.failed('b'), undefined);
    assert.deepEqual(told, ['a 11']);
    time += 60_000;
    for (let n = 0; n < 11; n++) attempts.failed('a');
    assert.deepEqual(told, ['a 11', 'a 10011']);
    time += 3_600_000;
    assert.equal(attempts.failed('a'), undefined);
  });
});
