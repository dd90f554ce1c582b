import assert from 'node:assert/strict';
import { appendFileSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const taxi = join(import.meta.dirname, '..', '..', 'examples', 'taxi', 'models', 'ride-duration');

test('inspect shows what becomes of a row before the model sees it, a line a step, in order', async (t) => {
  const { code, stdout } = await runCli(['inspect', taxi], { cwd: tempFolder(t) });
  assert.equal(code, 0);
  const lines = stdout.split('\n');
  const [heading, hour, , join, lookup] = lines.slice(lines.indexOf('preparation') + 1);
  assert.match(heading ?? '', /^step +gives +settings$/);
  assert.match(hour ?? '', /^hour +hour +of: "pickup"$/);
  assert.match(join ?? '', /^join +route +fields: \["pickup_borough","dropoff_borough"\], with: "→"$/);
  assert.match(lookup ?? '', /^lookup +pickup_pace +default: .*of: "pickup_zone", table: .*…$/, 'a long one is cut');
});

test('inspect says that a package brings code, and shows nothing where nothing is prepared', async (t) => {
  const cwd = tempFolder(t);
  const fixture = join(import.meta.dirname, '..', 'fixtures', 'models', 'int-inputs');
  assert.doesNotMatch((await runCli(['inspect', fixture], { cwd })).stdout, /^preparation$/m);
  cpSync(fixture, join(cwd, 'model'), { recursive: true });
  writeFileSync(join(cwd, 'model', 'transform.ts'), 'export const finish = (output: object) => output;\n');
  appendFileSync(join(cwd, 'model', 'model.yaml'), '\ntransform: transform.ts\n');
  assert.match((await runCli(['inspect', './model'], { cwd })).stdout, /^preparation\n.*\ntransform +code of the/m);
});
