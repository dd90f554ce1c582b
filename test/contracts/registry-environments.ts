import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { packed } from './packages.ts';
import { type Empty, fill, refused, settable } from './registry-world.ts';

export const registryEnvironments = (empty: Empty): void => {
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
};
