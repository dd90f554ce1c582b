import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { gatedProject } from './gated-project.ts';

const environments = `  staging:
  production:
    gates: [examples, signed]
trust:
  ada: ada.pub
  bob: bob.pub`;

const project = async (t: Parameters<typeof gatedProject>[0]) => {
  const made = await gatedProject(t, environments, [{ version: '1.0.0' }, { version: '1.1.0' }]);
  for (const name of ['ada', 'bob', 'eve']) await made.ok('keys', 'signing', '-o', name);
  return made;
};

describe('an environment that takes signed packages', () => {
  it('takes what somebody trusted has signed, and says who', async (t) => {
    const { cwd, ok, millrace } = await project(t);
    assert.equal(statSync(join(cwd, 'ada.key')).mode & 0o777, 0o600);
    assert.match(await ok('pack', '1.0.0', '--sign', 'ada.key'), /ride@1\.0\.0/);
    await ok('promote', 'ride@1.0.0', '--to', 'production');
    const { signatures } = JSON.parse(await ok('inspect', 'ride@production', '--json'));
    assert.deepEqual(
      signatures.map(({ by }: { by: string }) => by),
      ['ada'],
    );
    assert.match(await ok('inspect', 'ride@production'), /signed .*ada \(sha256:[0-9a-f]{64}\), and it holds/);
    const predicted = await millrace('predict', 'ride@production', '--row', '{"distance":4,"zone":"a"}');
    assert.equal(predicted.code, 0, predicted.stderr);
  });

  it('refuses one without a signature, and one of a stranger, and asks nothing that would run it; no override moves that', async (t) => {
    const { ok, millrace } = await project(t);
    await ok('pack', '1.1.0', '--sign', 'eve.key');
    for (const version of ['1.0.0', '1.1.0']) {
      for (const more of [[], ['--override', '--why', 'now']]) {
        const refused = await millrace('promote', `ride@${version}`, '--to', 'production', ...more);
        assert.notEqual(refused.code, 0);
        assert.match(refused.stderr, /signed: fail: ada, bob may sign it/);
        assert.match(refused.stderr, /examples: not asked/);
      }
    }
    assert.match(await ok('inspect', 'ride@1.1.0'), /of nobody under trust/);
  });

  it('does not load what came there by other ways, or was signed by a key that is trusted no more', async (t) => {
    const { cwd, ok, millrace, app } = await project(t);
    const ask = () => millrace('predict', 'ride@production', '--row', '{"distance":4,"zone":"a"}');
    await ok('pack', '1.0.0', '--sign', 'bob.key');
    await ok('promote', 'ride@1.0.0', '--to', 'production');
    assert.equal((await ask()).code, 0);
    const opened = app();
    const { digest } = await opened.open('ride@1.1.0');
    await opened.close();
    const database = new DatabaseSync(join(cwd, '.millrace', 'registry.db'));
    database.exec(`insert into history (name, environment, action, from_version, to_version, who, at)
      values ('ride', 'production', 'promote', '1.0.0', '1.1.0', 'eve', '2099-01-01T00:00:00.000Z')`);
    const envelope = database.prepare('select envelope from signatures').get() as { envelope: string };
    database.prepare('insert into signatures (digest, envelope) values (?, ?)').run(digest, envelope.envelope);
    database.close();
    const refused = await ask();
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /UNTRUSTED_PACKAGE|nobody trusted signed it/);
    assert.equal((await millrace('predict', 'ride@1.1.0', '--row', '{"distance":4,"zone":"a"}')).code, 0);
  });

  it('lets nobody be answered by a candidate that nobody trusted has signed', async (t) => {
    const { ok, millrace } = await project(t);
    await ok('pack', '1.0.0', '--sign', 'ada.key');
    await ok('promote', 'ride@1.0.0', '--to', 'production');
    const start = () => millrace('rollout', 'start', 'ride@production', '--candidate', 'ride@1.1.0');
    assert.match((await start()).stderr, /nobody trusted signed it/);
    await ok('pack', '1.1.0', '--sign', 'bob.key');
    assert.equal((await start()).code, 0);
  });

  it('never writes over a key, and shows no secret', async (t) => {
    const { cwd, millrace } = await project(t);
    const again = await millrace('keys', 'signing', '-o', 'ada');
    assert.match(again.stderr, /exists already/);
    const secret = readFileSync(join(cwd, 'ada.key'), 'utf8').split('\n')[1] ?? '';
    const packed = await millrace('pack', '1.0.0', '--sign', 'ada.key', '--json');
    assert.ok(!`${packed.stdout}${packed.stderr}${again.stdout}${again.stderr}`.includes(secret));
    const wrong = await millrace('pack', '1.0.0', '--sign', 'ada.pub');
    assert.match(wrong.stderr, /holds no private key/);
  });
});
