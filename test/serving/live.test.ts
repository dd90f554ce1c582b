/** What every mode that runs for long does with a reference that moves: the versions of a service and of a stream are this. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '../../src/app.ts';
import { fail, problemOf } from '../../src/core/errors.ts';
import type { Scorer } from '../../src/core/types.ts';
import type { Package } from '../../src/package/layout.ts';
import { follow } from '../../src/serving/follow.ts';
import { createLive, type News } from '../../src/serving/live.ts';
import type { ModelSource } from '../../src/serving/source.ts';
import { warm } from '../../src/serving/warm.ts';
import { fatal } from '../hostile/folder.ts';
import { packageOf } from '../hostile/models.ts';
import { envOf } from '../hostile/registered.ts';
import { until } from '../modes/service/serving.ts';
import { tempFolder } from '../temp-folder.ts';

const REF = 'hostile@production';

/** A source in which 1.0.0 is harmless and the next version is as it is made; what it proves, by version. */
const start = async (t: TestContext, next: Parameters<typeof packageOf>) => {
  const cwd = tempFolder(t);
  const app = createApp({ cwd, env: envOf(cwd) });
  t.after(() => app.close());
  const packages = { old: await packageOf('none'), next: await packageOf(...next) };
  let meant = packages.old;
  const proven: string[] = [];
  const source: ModelSource = {
    open: async () => meant,
    async prove(found, { signal }) {
      proven.push(found.manifest.version);
      await app.prove(found, { rowMs: 1000, signal });
    },
    load: (found) => app.loadSafely(found, { rowMs: 1000 }),
    resolve: async () => ({ version: meant.manifest.version, digest: meant.digest }),
  };
  const point = (found: Package): void => {
    meant = found;
  };
  return { app, source, packages, point, proven };
};

/** Opens it and looks at it all the time, until the test ends. */
const followed = async (t: TestContext, source: ModelSource) => {
  const news: News<Scorer>[] = [];
  const live = createLive<Scorer>({
    ref: REF,
    source,
    load: async (found, { signal }) => warm(await source.load(found, signal), found),
  });
  await live.open();
  const stop = follow(() => [{ live, hear: (one) => news.push(one) }], 20);
  const close = async (): Promise<void> => {
    const stopped = stop();
    await live.close();
    await stopped;
  };
  t.after(close);
  return { live, news, close };
};

const problems = (news: readonly News<Scorer>[]) =>
  news.flatMap((one) => (one.kind === 'replaced' ? [] : [[one.kind, problemOf(one.error)] as const]));

describe('a live reference', () => {
  for (const [deed, what] of [
    ['crashes natively', /scores example 0: SIGFPE/],
    ['loops in the graph', /scores example 0: it took longer than 1 s/],
  ] as const) {
    it(`stays what it is when the new version ${deed}, and tries that no more`, async (t) => {
      const { source, point, packages, proven } = await start(t, [deed, { version: '2.0.0', examples: [fatal] }]);
      const { live, news } = await followed(t, source);
      point(packages.next);
      await until(() => news.length > 0);
      const [[kind, problem]] = problems(news);
      assert.equal(kind, 'refused');
      assert.match(problem.message, what);
      assert.equal(live.current?.digest, packages.old.digest);
      const [answer] = await live.use((scorer) => scorer.score([{ x: 6 }]));
      assert.deepEqual(answer, { output: { y: 12 } });
      await sleep(200);
      assert.deepEqual([news.length, proven], [1, ['2.0.0']]);
    });
  }

  it('proves in another process a version that is known to be safe too, but for the first one at the start', async (t) => {
    const { source, point, packages, proven } = await start(t, ['none', { version: '2.0.0' }]);
    const { live } = await followed(t, source);
    assert.deepEqual(proven, []);
    point(packages.next);
    await until(() => live.current?.digest === packages.next.digest);
    assert.deepEqual(proven, ['2.0.0']);
    // It has worked here, and is what it was.
    point(packages.old);
    await until(() => live.current?.digest === packages.old.digest);
    assert.deepEqual(proven, ['2.0.0']);
  });

  it('proves a first version that is not known to be safe', async (t) => {
    const { source, point, packages, proven } = await start(t, ['loops in the transform', { version: '2.0.0' }]);
    point(packages.next);
    await followed(t, source);
    assert.deepEqual(proven, ['2.0.0']);
  });

  it('tries a version again after the store was away, which says nothing of the version', async (t) => {
    const { source, point, packages } = await start(t, ['none', { version: '2.0.0' }]);
    let away = 2;
    const flaky: ModelSource = {
      ...source,
      open: async (ref) => {
        const found = await source.open(ref);
        if (found === packages.next && away-- > 0) throw fail('STORE_FAILED', 'The registry cannot be reached.');
        return found;
      },
    };
    const { live, news } = await followed(t, flaky);
    point(packages.next);
    await until(() => live.current?.digest === packages.next.digest);
    assert.deepEqual(
      news.map(({ kind }) => kind),
      ['refused', 'refused', 'replaced'],
    );
  });

  it('says once more each time that the reference cannot be asked, and which of these is the first', async (t) => {
    const { source } = await start(t, ['none']);
    let isAway = false;
    const flaky: ModelSource = {
      ...source,
      resolve: async (ref) => {
        if (isAway) throw fail('STORE_FAILED', 'The registry cannot be reached.');
        return source.resolve?.(ref);
      },
    };
    const { live, news } = await followed(t, flaky);
    isAway = true;
    await until(() => news.length > 1);
    assert.deepEqual(
      news.slice(0, 2).map((one) => one.kind === 'unreachable' && one.isNew),
      [true, false],
    );
    assert.ok(live.current);
  });

  it('keeps a version open until the work that began with it has ended, and closes it then', async (t) => {
    const { source, point, packages } = await start(t, ['none', { version: '2.0.0' }]);
    const closed: string[] = [];
    const watched: ModelSource = {
      ...source,
      async load(found, signal) {
        const scorer = await source.load(found, signal);
        const close = async (): Promise<void> => {
          closed.push(found.manifest.version);
          await scorer.close();
        };
        return { ...scorer, close };
      },
    };
    const { live } = await followed(t, watched);
    const gate = Promise.withResolvers<void>();
    const work = live.use(async (scorer) => {
      await gate.promise;
      return scorer.score([{ x: 1 }]);
    });
    point(packages.next);
    await until(() => live.current?.digest === packages.next.digest);
    await sleep(50);
    assert.deepEqual(closed, []);
    gate.resolve();
    assert.deepEqual(await work, [{ output: { y: 2 } }]);
    await until(() => closed.length > 0);
    assert.deepEqual(closed, ['1.0.0']);
  });

  it('is closed while a new version is being proven that never ends', async (t) => {
    const { app, source, point, packages } = await start(t, ['none', { version: '2.0.0', transform: 'for (;;);' }]);
    const proving = Promise.withResolvers<void>();
    const patient: ModelSource = {
      ...source,
      async prove(found, { signal }) {
        proving.resolve();
        await app.prove(found, { rowMs: 3_600_000, signal });
      },
    };
    const { live, close } = await followed(t, patient);
    point(packages.next);
    await proving.promise;
    await close();
    assert.equal(live.current, undefined);
  });
});
