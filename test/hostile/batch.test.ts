/** What a batch run does with a model that would end, or hold up, the process that runs it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../modes/service/serving.ts';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';
import { type Deed, packageOf } from './models.ts';
import { envOf, register, writeProject, writeRows } from './registered.ts';

const settings = {
  mode: 'batch',
  model: 'hostile@production',
  source: { files: 'rows.ndjson' },
  sink: { file: 'out.ndjson' },
  max_rejected: '100%',
};

const projectOf = async (t: TestContext, deed: Deed, timeout: string, transform?: string): Promise<string> => {
  const cwd = tempFolder(t);
  await register(cwd, await packageOf(deed, transform === undefined ? {} : { transform }));
  writeProject(cwd, { ...settings, timeout });
  writeRows(join(cwd, 'rows.ndjson'), [1, 6, 2, 3, 7, 4]);
  return cwd;
};
const run = (cwd: string, ...more: readonly string[]) =>
  runCli(['batch', 'run', 'hostile', ...more], { cwd, env: envOf(cwd) });
const answersOf = (cwd: string): readonly unknown[] =>
  readFileSync(join(cwd, 'out.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).y);

describe('a batch run', () => {
  for (const deed of [
    'crashes natively',
    'loops in the graph',
    'loops in the transform',
    'kills its process',
  ] as const) {
    it(`rejects the rows with which its model ${deed}, and finishes`, async (t) => {
      const cwd = await projectOf(t, deed, '1s');
      const { code, stderr, stdout } = await run(cwd, '--json');
      assert.notEqual(code, 2, stderr);
      const { rows_in, rows_out, rows_rejected } = JSON.parse(stdout);
      assert.deepEqual([rows_in, rows_out, rows_rejected], [6, 4, 2]);
      assert.deepEqual(answersOf(cwd), [2, 4, 6, 8]);
    });
  }

  it('is stopped while its model loops, and goes on where it was', async (t) => {
    const cwd = await projectOf(t, 'loops in the transform', '1h');
    const stop = new AbortController();
    const running = runCli(['batch', 'run', 'hostile'], { cwd, env: envOf(cwd), signal: stop.signal });
    await sleep(4000);
    stop.abort();
    await running;
    writeProject(cwd, { ...settings, timeout: '1s' });
    const { code, stderr } = await run(cwd);
    assert.notEqual(code, 2, stderr);
    assert.deepEqual(answersOf(cwd), [2, 4, 6, 8]);
  });

  it('leaves no process behind when it is killed while its model loops', async (t) => {
    const deed = (mark: string): string => `
      import { writeFileSync } from 'node:fs';
      export const prepare = (row) => {
        if (row.x > 5) {
          writeFileSync(${JSON.stringify(mark)}, String(process.pid));
          for (;;);
        }
        return row;
      };`;
    const mark = join(tempFolder(t), 'pid');
    const cwd = await projectOf(t, 'none', '1h', deed(mark));
    const bin = join(import.meta.dirname, '..', '..', 'bin', 'millrace.js');
    const parent = spawn(process.execPath, [bin, 'batch', 'run', 'hostile'], {
      cwd,
      env: { ...process.env, ...envOf(cwd) },
      stdio: 'ignore',
    });
    await until(() => existsSync(mark) && readFileSync(mark, 'utf8') !== '');
    const worker = Number(readFileSync(mark, 'utf8'));
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await until(() => {
      try {
        return !process.kill(worker, 0);
      } catch {
        return true;
      }
    });
  });
});
