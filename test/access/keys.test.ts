/** Keys in the registry's database: shown once, kept as hashes, and known to every process that lets callers in. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createScope } from '../../src/access/key.ts';
import { openKeyring } from '../../src/access/keyring.ts';
import { openKeys } from '../../src/access/keys.ts';
import { openSql, type Sql } from '../../src/store/sql.ts';
import { stores } from '../contracts/stores.ts';
import { until } from '../until.ts';

const opened: Sql[] = [];
const kinds = stores();
after(async () => {
  for (const sql of opened) await sql.close();
  for (const kind of kinds) await kind.remove();
});

const failed = (error: unknown): never => assert.fail(String(error));

for (const store of kinds) {
  describe(`keys in ${store.name}`, () => {
    const at = (time: string) => () => new Date(time);
    const start = async (clock = at('2026-11-01T12:00:00Z')) => {
      const sql = await openSql((await store.empty()).url);
      opened.push(sql);
      return { sql, keys: openKeys(sql, clock) };
    };

    it('are shown once, and the database holds nothing of the secret', async () => {
      const { sql, keys } = await start();
      const { key, secret } = await keys.create({ role: 'predict', models: ['ride-*'], name: 'app' }, 'ada');
      assert.match(secret, /^mr_[0-9a-f]{10}_[\w-]{43}$/);
      const rows = await sql.db.selectFrom('access_keys').selectAll().execute();
      const [, , tail] = secret.split(/_(.*)_/s);
      assert.doesNotMatch(JSON.stringify(rows), new RegExp(`${tail.slice(0, 12).replace(/[-]/g, '\\-')}`));
      const { createdAt, createdBy, role, models } = key;
      assert.deepEqual(
        { createdAt, createdBy, role, models },
        { createdAt: '2026-11-01T12:00:00.000Z', createdBy: 'ada', role: 'predict', models: ['ride-*'] },
      );
      assert.deepEqual(await keys.list(), [key]);
    });

    it('are refused with a reason where they cannot be what was asked for', async () => {
      const { keys } = await start();
      const asked = [
        { role: 'root' },
        { role: 'predict', models: [] },
        { role: 'predict', models: ['a b'] },
        { role: 'predict', name: '\n' },
        { role: 'predict', calls: 0 },
        { role: 'predict', expiresAt: '2026-10-31T00:00:00Z' },
        { role: 'predict', expiresAt: 'never' },
      ];
      for (const one of asked) await assert.rejects(keys.create(one, 'ada'), { code: 'BAD_KEY' }, JSON.stringify(one));
      await assert.rejects(keys.revoke('0a1b2c3d4e', 'ada'), { code: 'UNKNOWN_KEY' });
    });

    it('are known to who follows them, and not any more once they are revoked', async (t) => {
      const { keys } = await start();
      const keyring = await openKeyring({ keys, clock: at('2026-11-01T12:00:00Z'), everyMs: 5, onLost: failed });
      t.after(() => keyring.close());
      const { key, secret } = await keys.create({ role: 'operate', name: 'prometheus' }, 'ada');
      const pass = await until('the key is known', () => keyring.find(secret));
      assert.deepEqual(pass.principal, {
        name: 'prometheus',
        role: 'operate',
        models: ['*'],
        by: 'key',
        keyId: key.id,
      });
      pass.enter();
      await until('its use is noted', async () => (await keys.list())[0].usedOn === '2026-11-01');
      assert.equal(keyring.find(`${secret}x`), undefined);
      await keys.create({ role: 'admin' }, 'ada');
      assert.equal(keyring.find(secret), pass, 'another key changes nothing for this one');

      const revoked = await keys.revoke(key.id, 'grace');
      assert.deepEqual([revoked.revokedBy, revoked.revokedAt], ['grace', '2026-11-01T12:00:00.000Z']);
      await until('it is revoked here too', () => keyring.find(secret) === undefined);
      assert.equal(pass.isGood(), false);
      assert.throws(() => pass.enter(), { code: 'UNAUTHENTICATED' });
      assert.deepEqual(await keys.revoke(key.id, 'somebody else'), revoked);
    });

    it('end when they expire', async (t) => {
      let time = '2026-11-01T12:00:00Z';
      const { keys } = await start();
      const { secret } = await keys.create({ role: 'predict', expiresAt: '2026-11-02T00:00:00Z' }, 'ada');
      const keyring = await openKeyring({ keys, clock: () => new Date(time), onLost: failed });
      t.after(() => keyring.close());
      keyring.find(secret)?.enter();
      time = '2026-11-02T00:00:00Z';
      assert.throws(() => keyring.find(secret)?.enter(), { code: 'UNAUTHENTICATED' });
    });
  });
}

describe('the models of a key', () => {
  it('are those that one of its patterns means as a whole', () => {
    const touches = createScope(['ride-*', 'tip.v2']);
    const names = ['ride-duration', 'ride-', 'tip.v2', 'tip-v2', 'a-ride-x', 'ride', ''];
    assert.deepEqual(names.filter(touches), ['ride-duration', 'ride-', 'tip.v2']);
    assert.ok(createScope(['x', '*'])('anything'));
  });
});
