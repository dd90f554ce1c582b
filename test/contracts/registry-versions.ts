import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sql as raw } from 'kysely';
import { bytesOf, packed } from './packages.ts';
import { type Empty, fill, refused } from './registry-world.ts';

export const registryVersions = (empty: Empty): void => {
  describe('versions', () => {
    it('gives back all of a version: manifest, sizes, blobs, who and why', async () => {
      const { registry, again } = await empty({ who: 'ada', clock: () => new Date('2026-11-01T10:00:00Z') });
      const ride = packed('ride', '1.0.0');
      const expected = { name: 'ride', version: '1.0.0', digest: ride.digest };
      assert.deepEqual(await registry.register({ ...ride, why: 'first' }), { ...expected, added: true });
      const { registry: other } = await again();
      const found = await other.find('ride@1.0.0');
      assert.deepEqual(found, {
        ...expected,
        manifest: ride.manifest,
        blobs: [...ride.blobs.keys()].sort(),
        size: [...ride.blobs.values()].reduce((sum, bytes) => sum + bytes.length, 0),
        registeredAt: '2026-11-01T10:00:00.000Z',
        registeredBy: 'ada',
        why: 'first',
      });
      for (const digest of found.blobs) {
        assert.deepEqual(Buffer.from(await other.blobs.get(digest)), Buffer.from(ride.blobs.get(digest) ?? []));
      }
    });

    it('changes nothing, and says so, when the same version comes again', async () => {
      const { registry } = await empty();
      await registry.register({ ...packed('ride', '1.0.0'), who: 'ada' });
      const before = await registry.find('ride');
      assert.equal((await registry.register({ ...packed('ride', '1.0.0'), who: 'bob', why: 'again' })).added, false);
      assert.deepEqual(await registry.find('ride'), before);
    });

    it('refuses the same version with another digest, and keeps the first', async () => {
      const { registry, blobs } = await empty();
      const first = packed('ride', '1.0.0', 'first');
      const second = packed('ride', '1.0.0', 'second');
      await registry.register(first);
      await assert.rejects(registry.register(second), refused('VERSION_TAKEN', 'ride@1.0.0', first.digest));
      assert.equal((await registry.resolve('ride@1.0.0')).digest, first.digest);
      assert.equal(await blobs.has(second.digest), false);
    });

    it('has one winner when two register the same version at once', async () => {
      const { registry, again } = await empty();
      const { registry: other } = await again();
      for (const version of ['1.0.0', '1.0.1', '1.0.2', '1.0.3']) {
        const [a, b] = [packed('ride', version, 'a'), packed('ride', version, 'b')];
        const results = await Promise.allSettled([registry.register(a), other.register(b)]);
        const winners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.digest] : []));
        assert.deepEqual(winners, [(await registry.resolve(`ride@${version}`)).digest]);
        const [loser] = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
        assert.ok(refused('VERSION_TAKEN')(loser));
      }
    });

    it('keeps nothing of a package whose bytes are not what their digests say', async () => {
      const { registry } = await empty();
      const { blobs, ...ride } = packed('ride', '1.0.0');
      const [first = ''] = [...blobs.keys()].slice(1);
      const tampered = new Map(blobs).set(first, bytesOf('other'));
      await assert.rejects(registry.register({ ...ride, blobs: tampered }), refused('DAMAGED_PACKAGE', first));
      const headless = new Map([...blobs].slice(1));
      await assert.rejects(registry.register({ ...ride, blobs: headless }), refused('DAMAGED_PACKAGE', ride.digest));
      assert.deepEqual(await registry.models(), []);
    });

    it('refuses names and versions that could not be referred to', async () => {
      const { registry } = await empty();
      for (const name of ['', 'Ride', 'a/b', 'a@b', '-a', 'a'.repeat(129), '../a']) {
        await assert.rejects(registry.register(packed(name, '1.0.0')), refused('BAD_MANIFEST'));
      }
      for (const version of ['', '1', '1.0', 'v1.0.0', '1.0.0-', '01.0.0', '1.0.0 ']) {
        await assert.rejects(registry.register(packed('ride', version)), refused('BAD_MANIFEST'));
      }
    });

    it('lists versions from the highest to the lowest, as semantic versioning orders them', async () => {
      const { registry } = await empty();
      await fill(registry, 'ride', '1.9.0', '1.10.0', '2.0.0-rc.1', '1.10.0-rc.2', '0.1.0');
      const versions = (await registry.versions('ride')).map(({ version }) => version);
      assert.deepEqual(versions, ['2.0.0-rc.1', '1.10.0', '1.10.0-rc.2', '1.9.0', '0.1.0']);
    });

    it('can neither be changed nor removed behind the registry’s back', async () => {
      const { registry, sql } = await empty();
      await fill(registry, 'ride', '1.0.0', '1.1.0');
      await registry.promote({ name: 'ride', version: '1.0.0', to: 'production' });
      const { db } = sql;
      const attempts = [
        db.updateTable('versions').set({ digest: 'sha256:other' }),
        db.updateTable('versions').set({ manifest: '{}' }).where('version', '=', '1.1.0'),
        db.deleteFrom('versions').where('version', '=', '1.1.0'),
        db.deleteFrom('version_blobs'),
        db.updateTable('history').set({ to_version: '1.1.0' }),
        db.deleteFrom('history'),
      ];
      for (const attempt of attempts) await assert.rejects(attempt.execute(), refused('STORE_FAILED', 'append-only'));
      await assert.rejects(db.deleteFrom('models').execute(), refused('STORE_FAILED'));
      if (sql.kind === 'postgres') {
        const truncate = raw`truncate millrace.history`.execute(db);
        await assert.rejects(truncate, refused('STORE_FAILED', 'append-only'));
      }
      assert.equal((await registry.versions('ride')).length, 2);
      assert.equal((await registry.history('ride')).length, 1);
    });

    it('keeps who has signed one, also later, once each, and for ever', async () => {
      const { registry, sql } = await empty();
      const ride = packed('ride', '1.0.0');
      await registry.register(ride);
      assert.equal((await registry.find('ride')).signatures, undefined);
      for (const signatures of [['one'], ['two', 'one']]) await registry.register({ ...ride, signatures });
      assert.deepEqual((await registry.find('ride')).signatures, ['one', 'two']);
      for (const attempt of [sql.db.deleteFrom('signatures'), sql.db.updateTable('signatures').set({ envelope: '' })])
        await assert.rejects(attempt.execute(), refused('STORE_FAILED', 'append-only'));
    });
  });
};
