/** What a stream does with a model that would end, or hold up, the process that runs it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
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
