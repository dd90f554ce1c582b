/** What a stream does with a model that would end, or hold up, the process that runs it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '../../src/app.ts';
import { fail } from '../../src/core/errors.ts';
import { type ModelSource, openVersions } from '../../src/modes/stream/versions.ts';
import { until } from '../modes/service/serving.ts';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';
import { fatal } from './folder.ts';
import { type Deed, packageOf } from './models.ts';
import { envOf, register, writeProject, writeRows } from './registered.ts';

const settings = { mode: 'stream', model: 'hostile@production', from: 'rows', to: 'answers', partitions: 1 };

const projectOf = async (t: TestContext, deed: Deed, timeout: string): Promise<string> => {
  const cwd = tempFolder(t);
  await register(cwd, await packageOf(deed));
  writeProject(cwd, { ...settings, timeout });
  writeRows(join(cwd, 'rows.ndjson'), [1, 6, 2, 3, 7, 4]);
  await cli(cwd, 'stream', 'produce', 'rows', '--in', 'rows.ndjson');
  return cwd;
};
const cli = (cwd: string, ...argv: readonly string[]) => runCli(argv, { cwd, env: envOf(cwd) });
/** What was predicted, in no order: the topic has several partitions. */
const answersOf = async (cwd: string): Promise<readonly number[]> =>
  (await cli(cwd, 'stream', 'tail', 'answers', '--from', 'earliest', '--until-end', '--json')).stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { value: { data: { prediction: { y: number } } } }).value.data.prediction.y)
    .sort((a, b) => a - b);

describe('a stream', () => {
  for (const deed of ['crashes natively', 'loops in the transform'] as const) {
    it(`buries the events with which its model ${deed}, and predicts all others`, async (t) => {
      const cwd = await projectOf(t, deed, '1s');
      const { code, stderr } = await cli(cwd, 'stream', 'run', '--until-end');
      assert.equal(code, 1, stderr);
      assert.deepEqual(await answersOf(cwd), [2, 4, 6, 8]);
      const { stdout } = await cli(cwd, 'stream', 'dead-letters', 'hostile', '--json');
      assert.equal(stdout.match(/MODEL_FAILED/g)?.length, 2, stdout);
    });
  }

  it('stops while its model loops, and predicts nothing twice afterwards', async (t) => {
    const cwd = await projectOf(t, 'loops in the transform', '1h');
    const stop = new AbortController();
    const running = runCli(['stream', 'run'], { cwd, env: envOf(cwd), signal: stop.signal });
    await sleep(4000);
    stop.abort();
    await running;
    writeProject(cwd, { ...settings, timeout: '1s' });
    await cli(cwd, 'stream', 'run', '--until-end');
    assert.deepEqual(await answersOf(cwd), [2, 4, 6, 8]);
  });

  it('does not begin with a version that ends the process which proves it', async (t) => {
    const cwd = tempFolder(t);
    await register(cwd, await packageOf('crashes natively', { examples: [fatal] }));
    writeProject(cwd, settings);
    const { code, stderr } = await cli(cwd, 'stream', 'run', '--until-end');
    assert.equal(code, 2);
    assert.match(stderr, /BAD_MODEL.*hostile@1\.0\.0 ends the process that scores example 0: SIGFPE/);
  });
});

describe('the versions of a stream', () => {
  /** A source in which 1.0.0 is harmless, and 2.0.0 is as it is made. */
  const sourceOf = async (t: TestContext, next: Parameters<typeof packageOf>) => {
    const cwd = tempFolder(t);
    const app = createApp({ cwd, env: envOf(cwd) });
    t.after(() => app.close());
    const packages = { old: await packageOf('none'), next: await packageOf(...next) };
    let meant = packages.old;
    const source: ModelSource = {
      open: async () => meant,
      load: async (found, signal) => {
        await app.prove(found, { rowMs: 1000, signal });
        return app.loadSafely(found, { rowMs: 1000 });
      },
      resolve: async () => ({ version: meant.manifest.version, digest: meant.digest }),
    };
    const promote = (): void => {
      meant = packages.next;
    };
    return { source, promote, packages };
  };

  for (const [deed, what] of [
    ['crashes natively', /scores example 0: SIGFPE/],
    ['loops in the graph', /scores example 0: it took longer than 1 s/],
  ] as const) {
    it(`stay as they are when the new one ${deed}`, async (t) => {
      const { source, promote, packages } = await sourceOf(t, [deed, { version: '2.0.0', examples: [fatal] }]);
      const troubles: string[] = [];
      const versions = await openVersions({
        ref: 'hostile@production',
        source,
        every: 50,
        onTrouble: (error) => troubles.push((error as Error).message),
      });
      t.after(() => versions.close());
      promote();
      await until(() => troubles.length > 0);
      assert.match(troubles[0] ?? '', what);
      assert.equal(versions.current.digest, packages.old.digest);
      const [answer] = await versions.use((scorer) => scorer.score([{ x: 6 }]));
      assert.deepEqual(answer, { output: { y: 12 } });
    });
  }

  it('try again after a registry was away, which says nothing of the version', async (t) => {
    const { source, promote, packages } = await sourceOf(t, ['none', { version: '2.0.0', name: 'hostile' }]);
    let away = 2;
    const flaky: ModelSource = {
      ...source,
      open: async (ref) => {
        if ((await source.resolve?.(ref))?.version === '2.0.0' && away-- > 0) {
          throw fail('STORE_FAILED', 'The registry cannot be reached.');
        }
        return source.open(ref);
      },
    };
    const versions = await openVersions({ ref: 'hostile@production', source: flaky, every: 50 });
    t.after(() => versions.close());
    promote();
    await until(() => versions.current.digest === packages.next.digest);
  });

  it('are closed while a new one is being proven that never ends', async (t) => {
    const { source, promote } = await sourceOf(t, ['none', { version: '2.0.0', transform: 'for (;;);' }]);
    const patient: ModelSource = {
      ...source,
      load: async (found, signal) => {
        const cwd = tempFolder(t);
        const app = createApp({ cwd, env: envOf(cwd) });
        if (found.manifest.version === '2.0.0') await app.prove(found, { rowMs: 3_600_000, signal });
        return app.loadSafely(found);
      },
    };
    const versions = await openVersions({ ref: 'hostile@production', source: patient, every: 50 });
    promote();
    await sleep(1500);
    await versions.close();
  });
});
