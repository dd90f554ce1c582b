import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { packed } from './packages.ts';
import { type Empty, fill, refused } from './registry-world.ts';

export const registryReferences = (empty: Empty): void => {
  describe('references', () => {
    it('mean a version, the latest release, a digest or its first digits, or what an environment points at', async () => {
      const { registry } = await empty();
      await fill(registry, 'ride', '1.0.0', '1.2.0', '2.0.0-beta.1');
      await registry.promote({ name: 'ride', version: '1.0.0', to: 'production' });
      const old = { name: 'ride', version: '1.0.0', digest: packed('ride', '1.0.0').digest };
      const latest = { name: 'ride', version: '1.2.0', digest: packed('ride', '1.2.0').digest };
      assert.deepEqual(await registry.resolve('ride'), latest);
      assert.deepEqual(await registry.resolve('ride@1.0.0'), old);
      assert.deepEqual(await registry.resolve('ride@production'), old);
      assert.deepEqual(await registry.resolve(`ride@${old.digest}`), old);
      assert.deepEqual(await registry.resolve(`ride@${old.digest.slice(0, 'sha256:'.length + 8)}`), old);
    });

    it('mean the highest pre-release when there is no release', async () => {
      const { registry } = await empty();
      await fill(registry, 'ride', '1.0.0-rc.9', '1.0.0-rc.10');
      assert.equal((await registry.resolve('ride')).version, '1.0.0-rc.10');
    });

    it('say what is near when nothing fits', async () => {
      const { registry } = await empty();
      await assert.rejects(registry.resolve('ride'), refused('UNKNOWN_MODEL', 'nothing is registered yet'));
      await fill(registry, 'ride-duration', '1.0.0', '1.1.0');
      await assert.rejects(registry.resolve('ride-duratoin'), refused('UNKNOWN_MODEL', 'did you mean ride-duration?'));
      await assert.rejects(registry.resolve('churn'), refused('UNKNOWN_MODEL', 'there is ride-duration'));
      await assert.rejects(
        registry.resolve('ride-duration@9.9.9'),
        refused('UNKNOWN_VERSION', 'there is 1.1.0, 1.0.0'),
      );
      await assert.rejects(
        registry.resolve('ride-duration@prodution'),
        refused('UNKNOWN_ENVIRONMENT', 'did you mean production?'),
      );
      await assert.rejects(
        registry.resolve('ride-duration@production'),
        refused('EMPTY_ENVIRONMENT', 'millrace promote ride-duration@<version> --to production'),
      );
      await assert.rejects(
        registry.resolve(`ride-duration@sha256:${'0'.repeat(64)}`),
        refused('UNKNOWN_VERSION', '0000'),
      );
      await assert.rejects(registry.resolve('./ride-duration'), refused('BAD_REF', 'is a path'));
    });

    it('refuse the first digits of a digest when several versions begin with them', async () => {
      const { registry, sql } = await empty();
      await fill(registry, 'ride', '1.0.0');
      const twin = `${packed('ride', '1.0.0').digest.slice(0, -1)}x`;
      const row = await sql.db.selectFrom('versions').selectAll().executeTakeFirstOrThrow();
      await sql.db
        .insertInto('versions')
        .values({ ...row, version: '1.0.1', digest: twin })
        .execute();
      await assert.rejects(registry.resolve(`ride@${twin.slice(0, 20)}`), refused('BAD_REF', '2 versions'));
    });
  });
};
