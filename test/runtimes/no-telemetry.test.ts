import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createApp } from '../../src/app.ts';
import { tempFolder } from '../temp-folder.ts';

const root = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

const inThisThread = `
import { loadScorer, openPackage } from '${root}/src/package/open.ts';
import { runtimes } from '${root}/src/runtimes/index.ts';
import { openInNode } from '${root}/src/runtimes/open.node.ts';
import { readFileSync } from 'node:fs';
const scorer = await loadScorer(await openPackage(readFileSync('model.tar')), (file) => openInNode(file, runtimes.onnxruntime));
await scorer.close();`;

const inThreads = `
import { openPackage } from '${root}/src/package/open.ts';
import { createScorerPool } from '${root}/src/workers/scorer-pool.ts';
import { readFileSync } from 'node:fs';
const pool = await createScorerPool(await openPackage(readFileSync('model.tar')), 2);
await pool.close();`;

for (const [where, script] of [
  ['in this thread', inThisThread],
  ['in threads of its own', inThreads],
] as const) {
  test(`a model loaded ${where} leaves no id of this machine and nothing to send`, async (t) => {
    const cwd = tempFolder(t);
    const home = tempFolder(t);
    const app = createApp({ cwd, env: { HOME: cwd } });
    t.after(() => app.close());
    writeFileSync(join(cwd, 'model.tar'), (await app.pack(join(root, 'bench', 'models', 'trees-100x6'))).tar);
    writeFileSync(join(cwd, 'score.mts'), script);
    // Nothing but these: under CI, ONNX Runtime is silent anyway.
    await run(process.execPath, [join(cwd, 'score.mts')], { cwd, env: { PATH: process.env.PATH, HOME: home } });
    assert.deepEqual(readdirSync(home), []);
  });
}
