import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { sql as raw } from 'kysely';
import { MillraceError } from '../../src/core/errors.ts';
import type { Registry } from '../../src/registry/types.ts';
import { bytesOf, packed } from './packages.ts';
import { type Opened, type OpenOptions, open, type Place, type Store } from './stores.ts';

const refused =
  (code: string, ...parts: readonly string[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code);
    for (const part of parts) assert.ok(error.message.includes(part), `${error.message}\nlacks: ${part}`);
    return true;
  };

/** Registers these versions of one model. */
const fill = async (registry: Registry, name: string, ...versions: readonly string[]): Promise<void> => {
  for (const version of versions) await registry.register(packed(name, version));
};

/** A clock that stands still until it is set. */
const settable = (start: string) => {
  let now = new Date(start);
  return {
    clock: () => now,
    set: (to: string) => {
      now = new Date(to);
    },
  };
};

/** What every registry promises, wherever it is stored. */
export const registryContract = (store: Store): void => {
  describe(`the registry on ${store.name}`, () => {
    const opened: Opened[] = [];
    const openAt = async (place: Place, options?: OpenOptions): Promise<Opened> => {
      const one = await open(place, options);
      opened.push(one);
      return one;
    };
    const empty = async (options?: OpenOptions) => {
      const place = await store.empty();
      return { ...(await openAt(place, options)), again: (other?: OpenOptions) => openAt(place, other ?? options) };
    };

    after(async () => {
      for (const { registry } of opened) await registry.close();
      await store.remove();
    });

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
    });

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
        await assert.rejects(
          registry.resolve('ride-duratoin'),
          refused('UNKNOWN_MODEL', 'did you mean ride-duration?'),
        );
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

    describe('environments', () => {
      it('point at what was promoted to them, each on its own', async () => {
        const { registry, again } = await empty({ who: 'ada', clock: () => new Date('2026-11-01T10:00:00Z') });
        await fill(registry, 'ride', '1.0.0', '1.1.0');
        await fill(registry, 'fare', '3.0.0');
        await registry.promote({ name: 'ride', version: '1.1.0', to: 'staging', why: 'try it' });
        const moved = await registry.promote({ name: 'ride', version: '1.0.0', to: 'production', who: 'bob' });
        const { digest } = packed('ride', '1.0.0');
        assert.deepEqual(moved, {
          name: 'ride',
          version: '1.0.0',
          digest,
          environment: 'production',
          from: null,
          changed: true,
        });
        const { registry: other } = await again();
        const since = '2026-11-01T10:00:00.000Z';
        assert.deepEqual(await other.pointers('ride'), [
          {
            environment: 'staging',
            version: '1.1.0',
            digest: packed('ride', '1.1.0').digest,
            since,
            who: 'ada',
            why: 'try it',
          },
          { environment: 'production', version: '1.0.0', digest, since, who: 'bob' },
        ]);
        assert.deepEqual(await other.pointers('fare'), []);
        assert.deepEqual(await other.pointers('unheard-of'), []);
        const models = await other.models();
        assert.deepEqual(
          models.map(({ name, latest, pointers }) => [name, latest.version, pointers.map(({ version }) => version)]),
          [
            ['fare', '3.0.0', []],
            ['ride', '1.1.0', ['1.1.0', '1.0.0']],
          ],
        );
      });

      it('write nothing, and say so, when they already point there', async () => {
        const { registry } = await empty();
        await fill(registry, 'ride', '1.0.0');
        await registry.promote({ name: 'ride', version: '1.0.0', to: 'production' });
        const again = await registry.promote({ name: 'ride', version: '1.0.0', to: 'production', why: 'again' });
        assert.deepEqual([again.changed, again.from], [false, '1.0.0']);
        assert.equal((await registry.history('ride')).length, 1);
      });

      it('are those of the project, and no others', async () => {
        const { registry } = await empty({ environments: ['test', 'live'] });
        await fill(registry, 'ride', '1.0.0');
        await registry.promote({ name: 'ride', version: '1.0.0', to: 'live' });
        assert.equal((await registry.resolve('ride@live')).version, '1.0.0');
        for (const name of ['ride', 'unheard-of']) {
          await assert.rejects(
            registry.promote({ name, version: '1.0.0', to: 'production' }),
            refused('UNKNOWN_ENVIRONMENT', 'there is test, live'),
          );
        }
        await assert.rejects(registry.rollback({ name: 'ride', env: 'liev' }), refused('UNKNOWN_ENVIRONMENT', 'live?'));
        const at = registry.at({ name: 'ride', env: 'production', date: new Date() });
        await assert.rejects(at, refused('UNKNOWN_ENVIRONMENT'));
      });

      it('take only versions that are registered', async () => {
        const { registry } = await empty();
        await fill(registry, 'ride', '1.0.0');
        const to = 'production';
        const wrongVersion = registry.promote({ name: 'ride', version: '1.0.1', to });
        await assert.rejects(wrongVersion, refused('UNKNOWN_VERSION', 'did you mean 1.0.0?'));
        const wrongModel = registry.promote({ name: 'rid', version: '1.0.0', to });
        await assert.rejects(wrongModel, refused('UNKNOWN_MODEL', 'did you mean ride?'));
        await assert.rejects(registry.rollback({ name: 'rid', env: to }), refused('UNKNOWN_MODEL'));
        assert.deepEqual(await registry.history('ride'), []);
      });

      it('roll back as an editor undoes: again goes further back, a promotion begins anew from there', async () => {
        const { registry } = await empty();
        await fill(registry, 'ride', '1.0.0', '2.0.0', '3.0.0', '4.0.0');
        const promote = async (version: string) =>
          (await registry.promote({ name: 'ride', version, to: 'production' })).version;
        const rollback = async () => (await registry.rollback({ name: 'ride', env: 'production' })).version;
        for (const version of ['1.0.0', '2.0.0', '3.0.0']) await promote(version);
        assert.equal(await rollback(), '2.0.0');
        assert.equal(await promote('4.0.0'), '4.0.0');
        assert.equal(await rollback(), '2.0.0');
        assert.equal(await rollback(), '1.0.0');
        const end = registry.rollback({ name: 'ride', env: 'production' });
        await assert.rejects(end, refused('NOTHING_TO_ROLL_BACK', 'production points at 1.0.0'));
        assert.equal((await registry.resolve('ride@production')).version, '1.0.0');
        const other = registry.rollback({ name: 'ride', env: 'staging' });
        await assert.rejects(other, refused('NOTHING_TO_ROLL_BACK', 'staging is empty'));
      });

      it('remember who moved them, when, why, from what and to what, for ever', async () => {
        const { clock, set } = settable('2026-11-01T10:00:00Z');
        const { registry, again } = await empty({ clock, who: 'ada' });
        await fill(registry, 'ride', '1.0.0', '1.1.0');
        await registry.promote({ name: 'ride', version: '1.0.0', to: 'production' });
        set('2026-11-02T11:00:00Z');
        await registry.promote({ name: 'ride', version: '1.1.0', to: 'production', who: 'bob', why: 'MAE 3.1 → 2.9' });
        set('2026-11-02T12:30:00Z');
        await registry.rollback({ name: 'ride', env: 'production', why: 'complaints' });
        const { registry: other } = await again();
        const history = (await other.history('ride')).map(({ id: _, ...move }) => move);
        const common = { name: 'ride', environment: 'production' };
        assert.deepEqual(history, [
          { ...common, action: 'promote', from: null, to: '1.0.0', who: 'ada', at: '2026-11-01T10:00:00.000Z' },
          {
            ...common,
            action: 'promote',
            from: '1.0.0',
            to: '1.1.0',
            who: 'bob',
            why: 'MAE 3.1 → 2.9',
            at: '2026-11-02T11:00:00.000Z',
          },
          {
            ...common,
            action: 'rollback',
            from: '1.1.0',
            to: '1.0.0',
            who: 'ada',
            why: 'complaints',
            at: '2026-11-02T12:30:00.000Z',
          },
        ]);
        await assert.rejects(other.history('rid'), refused('UNKNOWN_MODEL', 'did you mean ride?'));
        await assert.rejects(other.history('ride', 'prod'), refused('UNKNOWN_ENVIRONMENT'));
        assert.deepEqual(await other.history('ride', 'staging'), []);
        const { registry: renamed } = await again({ environments: ['live'] });
        assert.equal((await renamed.history('ride', 'production')).length, 3);
      });

      it('tell where they pointed at any moment', async () => {
        const { clock, set } = settable('2026-11-01T10:00:00Z');
        const { registry } = await empty({ clock });
        await fill(registry, 'ride', '1.0.0', '1.1.0');
        await registry.promote({ name: 'ride', version: '1.0.0', to: 'production' });
        set('2026-11-05T10:00:00Z');
        await registry.promote({ name: 'ride', version: '1.1.0', to: 'production' });
        await registry.promote({ name: 'ride', version: '1.1.0', to: 'staging' });
        set('2026-11-06T10:00:00Z');
        await registry.rollback({ name: 'ride', env: 'production' });
        const at = async (date: string) =>
          (await registry.at({ name: 'ride', env: 'production', date: new Date(date) }))?.version;
        assert.equal(await at('2026-11-01T09:59:59.999Z'), undefined);
        assert.equal(await at('2026-11-01T10:00:00Z'), '1.0.0');
        assert.equal(await at('2026-11-05T09:59:59.999Z'), '1.0.0');
        assert.equal(await at('2026-11-05T12:00:00+02:00'), '1.1.0');
        assert.equal(await at('2026-11-06T09:00:00Z'), '1.1.0');
        assert.equal(await at('2030-01-01T00:00:00Z'), '1.0.0');
        const unknown = registry.at({ name: 'rid', env: 'production', date: new Date() });
        await assert.rejects(unknown, refused('UNKNOWN_MODEL'));
      });

      it('never let time run backwards, even when a machine’s clock does', async () => {
        const { clock, set } = settable('2026-11-05T10:00:00Z');
        const { registry } = await empty({ clock });
        await fill(registry, 'ride', '1.0.0', '1.1.0');
        await registry.promote({ name: 'ride', version: '1.0.0', to: 'production' });
        set('2026-11-04T00:00:00Z');
        await registry.promote({ name: 'ride', version: '1.1.0', to: 'production' });
        const times = (await registry.history('ride')).map(({ at }) => at);
        assert.deepEqual(times, ['2026-11-05T10:00:00.000Z', '2026-11-05T10:00:00.000Z']);
        const date = new Date('2026-11-05T10:00:00Z');
        assert.equal((await registry.at({ name: 'ride', env: 'production', date }))?.version, '1.1.0');
      });

      it('keep one line of history when many move them at once', async () => {
        const { registry, again } = await empty();
        const versions = ['1.0.0', '2.0.0', '3.0.0'];
        await fill(registry, 'ride', ...versions);
        const movers = [registry, (await again()).registry, (await again()).registry];
        const moved = await Promise.all(
          Array.from({ length: 60 }, (_, i) =>
            movers[i % 3]?.promote({ name: 'ride', version: versions[(i * 7) % 3] ?? '', to: 'production' }),
          ),
        );
        const history = await registry.history('ride');
        assert.equal(history.length, moved.filter((move) => move?.changed).length);
        for (const [i, { from }] of history.entries()) assert.equal(from, history[i - 1]?.to ?? null);
      });
    });

    it('survives being closed twice', async () => {
      const { registry } = await empty();
      await registry.close();
      await registry.close();
    });
  });
};
