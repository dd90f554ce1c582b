/** Networks as PyTorch exports them: a newcomer's way to answers, which are PyTorch's own. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readHeldOut } from './newcomer/held-out.ts';
import { startService } from './newcomer/service.ts';
import { type Answered, askService, follow, type Way } from './newcomer/way.ts';
import { tempFolder } from './temp-folder.ts';

const fixtures = join(import.meta.dirname, 'fixtures', 'torch');
/** Of today's exporter, and what it cannot write; `npm run check:newcomer` takes all of them. */
const names = ['mlp', 'cnn', 'lstm', 'encoder', 'int8-traced', 'float16', 'float16-traced'];
/** Folders that millrace_export.py wrote, which need no `init`. */
const exported = ['mlp', 'cnn', 'lstm', 'encoder', 'int8', 'float16', 'bfloat16'].map((name) => `${name}-exported`);

test('init, pack, predict and serve, from nothing but the export', async (t) => {
  const home = tempFolder(t);
  const answered: Answered[] = [];
  for (const name of [...names, ...exported])
    await t.test(`${name}: init, pack and predict`, async () => {
      const folder = join(home, name);
      cpSync(join(fixtures, name), folder, { recursive: true });
      const heldOut = readHeldOut(join(folder, 'held-out.json'));
      const file = names.includes(name) && { file: 'model.onnx' };
      const way: Way = { name, folder, ...file, exact: false, named: true, heldOut };
      const found = await follow(way, home);
      answered.push(found);
      assert.equal(found.answers.length, heldOut.rows.length);
    });
  await t.test('serve', async (served) => {
    const folders = answered.map(({ way }) => way.folder);
    const { url, stop } = await startService(folders, home);
    served.after(stop);
    for (const one of answered) await askService(one, url);
    assert.equal(answered.length, names.length + exported.length);
  });
});
