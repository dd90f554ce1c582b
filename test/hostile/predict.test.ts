/** What `predict` and `replay` do with a model that would end, or hold up, the process that runs it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '../../src/app.ts';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';
import { folderOf } from './folder.ts';
import { type Deed, packageOf } from './models.ts';
import { envOf, register, writeRows } from './registered.ts';

const lines = (path: string): readonly Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('predict', () => {
  for (const deed of ['crashes natively', 'loops in the graph', 'loops in the transform'] as const) {
    it(`refuses the rows with which a model ${deed}, and answers all others`, async (t) => {
      const cwd = folderOf(t, deed);
      writeRows(join(cwd, 'rows.ndjson'), [1, 6, 2, 3, 7, 4]);
      const files = ['--in', 'rows.ndjson', '--out', 'out.ndjson', '--rejects', 'rejects.ndjson'];
      const { code, stderr } = await runCli(['predict', '.', ...files, '--timeout', '1s'], { cwd, env: envOf(cwd) });
      assert.equal(code, 1, stderr);
      const out = [1, 2, 3, 4].map((x) => ({ x, y: 2 * x }));
      assert.deepEqual(lines(join(cwd, 'out.ndjson')), out);
      const rejects = lines(join(cwd, 'rejects.ndjson'));
      assert.deepEqual(
        rejects.map(({ input }) => input),
        [{ x: 6 }, { x: 7 }],
      );
      assert.match(JSON.stringify(rejects[0]), /MODEL_FAILED/);
    });
  }

  for (const deed of ['kills its process', 'ends its process'] as const) {
    it(`tells of one row with which a registered model ${deed}`, async (t) => {
      const cwd = tempFolder(t);
      await register(cwd, await packageOf(deed));
      const row = ['predict', 'hostile@production', '--timeout', '20s', '--json', '--row'];
      const { code, stdout } = await runCli([...row, '{"x":6}'], { cwd, env: envOf(cwd) });
      assert.equal(code, 1);
      assert.equal(JSON.parse(stdout).error.code, 'MODEL_FAILED');
      assert.equal((await runCli([...row, '{"x":2}'], { cwd, env: envOf(cwd) })).code, 0);
    });
  }

  it('is stopped by Ctrl-C while the model loops, and leaves nothing behind', async (t) => {
    const cwd = folderOf(t, 'loops in the transform');
    writeRows(join(cwd, 'rows.ndjson'), [1, 6]);
    const stop = new AbortController();
    const files = ['--in', 'rows.ndjson', '--out', 'out.ndjson', '--timeout', '1h'];
    const running = runCli(['predict', '.', ...files], { cwd, env: envOf(cwd), signal: stop.signal });
    await sleep(4000);
    stop.abort();
    const { code } = await running;
    assert.equal(code, 130);
    assert.ok(!existsSync(join(cwd, 'out.ndjson')));
  });
});

describe('replay', () => {
  /** A prediction that was recorded before the model did its worst with the row, in the registry that has the model. */
  const recorded = async (t: TestContext, deed: Deed): Promise<string> => {
    const cwd = tempFolder(t);
    const found = await packageOf(deed);
    await register(cwd, found);
    const app = createApp({ cwd, env: envOf(cwd) });
    const { name, version } = found.manifest;
    const from = { deployment: 'hostile', model: name, version, digest: found.digest, variant: 'stable' };
    const what = { ...from, coerced: false, ms: 1 };
    await (await app.records()).append([
      { id: 'fatal', at: '2026-11-01T12:00:00.000Z', input: '{"x":6}', output: '{"y":12}', ...what },
      { id: 'harmless', at: '2026-11-01T12:00:00.000Z', input: '{"x":1}', output: '{"y":2}', ...what },
    ]);
    await app.close();
    return cwd;
  };

  for (const deed of [
    'crashes natively',
    'loops in the graph',
    'loops in the transform',
    'ends its process',
  ] as const) {
    it(`says that the row was not answered again, and why, when the model ${deed}`, async (t) => {
      const cwd = await recorded(t, deed);
      const again = (id: string, ...words: readonly string[]) =>
        runCli(['replay', id, '--timeout', '2s', ...words], { cwd, env: envOf(cwd) });
      const fatal = await again('fatal');
      assert.equal(fatal.code, 1, fatal.stderr);
      assert.match(fatal.stdout, /^different {2}hostile@1\.0\.0/);
      assert.match(fatal.stdout, /MODEL_FAILED/);
      const { same, now } = JSON.parse((await again('fatal', '--json')).stdout);
      assert.deepEqual([same, now.code], [false, 'MODEL_FAILED']);
      const harmless = await again('harmless');
      assert.deepEqual([harmless.code, /^same/.test(harmless.stdout)], [0, true], harmless.stderr);
    });
  }
});
