/** Weights in a file of their own: packed, kept and opened without ever being whole in memory. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { type App, createApp } from '../../src/app.ts';
import { MillraceError } from '../../src/core/errors.ts';
import type { Package } from '../../src/package/layout.ts';
import { openPackage } from '../../src/package/open.ts';
import { startPostgres, stopPostgres } from '../postgres.ts';
import { runCli } from '../run-cli.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';
import { tempFolder } from '../temp-folder.ts';

after(stopPostgres);

const WIDTH = 50_000;
const large = Float32Array.from({ length: WIDTH }, (_, at) => at / 7);
const small = Float32Array.of(0.5);

/** x, of which each row picks an element of `large`, and `small` is added: weights in two files, in places that are no pages. */
const modelFolder = (t: TestContext, changes: { readonly yaml?: string; readonly outside?: string } = {}): string => {
  const folder = join(tempFolder(t), 'model');
  mkdirSync(folder);
  const { yaml = 'weights: beside', outside = 'a.bin' } = changes;
  const graph = buildOnnx({
    inputs: [{ name: 'x', dtype: 'int64', dims: ['rows', 1] }],
    outputs: [{ name: 'y', dims: ['rows', 1] }],
    nodes: [
      { op: 'Gather', inputs: ['large', 'x'], outputs: ['picked'] },
      { op: 'Gather', inputs: ['again', 'x'], outputs: ['second'] },
      { op: 'Add', inputs: ['picked', 'second'], outputs: ['both'] },
      { op: 'Add', inputs: ['both', 'small'], outputs: ['y'] },
    ],
    constants: [
      { name: 'large', dims: [WIDTH], data: large, outside, offset: 3, length: 4 * WIDTH },
      { name: 'again', dims: [WIDTH], data: large, outside: 'weights/b.bin', length: 4 * WIDTH },
      { name: 'small', dims: [1], data: small, outside: 'weights/b.bin', offset: 4 * WIDTH },
    ],
  });
  writeFileSync(join(folder, 'model.onnx'), graph);
  writeFileSync(join(folder, 'a.bin'), Buffer.concat([new Uint8Array(3), new Uint8Array(large.buffer)]));
  mkdirSync(join(folder, 'weights'));
  writeFileSync(
    join(folder, 'weights', 'b.bin'),
    Buffer.concat([new Uint8Array(large.buffer), new Uint8Array(small.buffer)]),
  );
  writeFileSync(
    join(folder, 'model.yaml'),
    `name: apart
version: 1.0.0
model: model.onnx
${yaml}
inputs:
  x: { kind: integer, min: 0, max: ${WIDTH - 1} }
outputs:
  y: { kind: number, at: 0 }
`,
  );
  return folder;
};

const rows = [0, 1, 4999, WIDTH - 1].map((x) => ({ x }));
const expected = rows.map(({ x }) => ({ output: { y: Math.fround(Math.fround(large[x] + large[x]) + 0.5) } }));

const answers = async (app: App, ref: string): Promise<unknown> => {
  const scorer = await app.scorer(ref);
  try {
    return await scorer.score(rows);
  } finally {
    await scorer.close();
  }
};

const appIn = (t: TestContext, home: string, env: Readonly<Record<string, string>> = {}): App => {
  const app = createApp({ cwd: home, env: { HOME: home, MILLRACE_HOME: join(home, '.millrace'), ...env } });
  t.after(() => app.close());
  return app;
};

const register = async (app: App, folder: string): Promise<Package> => {
  const { package: packed } = await app.pack(folder);
  const { largeBlobsOf } = await import('../../src/package/file-parts.ts');
  const { manifest, digest, blobs, weights } = packed;
  await (await app.registry()).register({ manifest, digest, blobs, large: largeBlobsOf(weights) });
  return packed;
};

const coded = (code: string, part: RegExp) => (error: unknown) =>
  error instanceof MillraceError && error.code === code && part.test(error.message);

describe('weights in a file of their own', () => {
  it('are no part of what is in memory, and answer as those within the model do', async (t) => {
    const folder = modelFolder(t);
    const app = appIn(t, tempFolder(t));
    const { package: packed, tar, pieces } = await app.pack(folder);
    assert.equal(packed.weights?.size, 4096 * Math.ceil((4 * WIDTH) / 4096) + 4 * WIDTH);
    const held = [...packed.blobs.values(), ...packed.files.values()].reduce((sum, { length }) => sum + length, 0);
    assert.ok(held < 20_000, `${held} bytes`);
    assert.equal(tar.length, 0);
    assert.ok(pieces.length > 5);
    assert.deepEqual(await answers(app, folder), expected);
    assert.deepEqual(await answers(app, modelFolder(t, { yaml: '' })), expected);
  });

  it('have one digest, wherever they lay', async (t) => {
    const app = appIn(t, tempFolder(t));
    const folder = modelFolder(t);
    const { digest } = (await app.pack(folder)).package;
    assert.equal((await app.pack(modelFolder(t))).package.digest, digest);
    appendFileSync(join(folder, 'a.bin'), 'more');
    assert.equal((await app.pack(folder)).package.digest, digest);
  });

  it('go through a package file, the registry and the service, when the folder is gone', async (t) => {
    const folder = modelFolder(t);
    const home = tempFolder(t);
    const env = { HOME: home, MILLRACE_HOME: join(home, '.millrace') };
    const packed = await runCli(['pack', folder, '-o', 'apart.tar', '--json'], { cwd: home, env });
    assert.equal(packed.code, 0, packed.stderr);
    const { bytes, digest } = JSON.parse(packed.stdout);
    assert.equal(readFileSync(join(home, 'apart.tar')).length, bytes);
    const again = await runCli(['pack', folder, '-o', 'apart.tar'], { cwd: home, env });
    assert.equal(again.code, 0, again.stderr);
    rmSync(folder, { recursive: true });
    for (const ref of ['./apart.tar', 'apart', `apart@${digest}`]) {
      const { stdout, stderr } = await runCli(['predict', ref, '--row', '{"x":4999}', '--json'], { cwd: home, env });
      assert.match(stdout, /"y": ?1428\.78/, stderr);
    }
    const inspected = await runCli(['inspect', 'apart', '--json'], { cwd: home, env });
    assert.match(inspected.stdout, /file of their own/, inspected.stderr);
    const app = appIn(t, home);
    assert.deepEqual(await answers(app, 'apart'), expected);
    const { createService } = await import('../../src/modes/service/service.ts');
    const service = await createService({ refs: ['apart'], source: app });
    t.after(() => service.close());
    const url = await service.listen({ host: '127.0.0.1', port: 0 });
    const headers = { 'content-type': 'application/json' };
    const asked = await fetch(`${url}/predict/apart`, { method: 'POST', headers, body: JSON.stringify({ rows }) });
    const { predictions } = (await asked.json()) as { predictions: readonly { prediction: unknown }[] };
    assert.deepEqual(
      predictions.map(({ prediction }) => ({ output: prediction })),
      expected,
    );
  });

  it('go through a registry in PostgreSQL, and lie on each machine as a file', async (t) => {
    const url = await (await startPostgres()).database();
    const [here, there] = [tempFolder(t), tempFolder(t)];
    await register(appIn(t, here, { MILLRACE_REGISTRY: url }), modelFolder(t));
    const other = appIn(t, there, { MILLRACE_REGISTRY: url });
    assert.deepEqual(await answers(other, 'apart'), expected);
    const { weights } = await other.open('apart');
    assert.ok(weights?.parts[0].path?.startsWith(there));
    assert.deepEqual(await answers(other, 'apart'), expected);
  });

  it('that are damaged, cut off or gone are refused by name', async (t) => {
    const home = tempFolder(t);
    const app = appIn(t, home);
    const { weights } = await register(app, modelFolder(t));
    const blob = join(home, '.millrace', 'blobs', 'sha256', weights?.digest.slice(7) ?? '');
    truncateSync(blob, 5);
    await assert.rejects(app.open('apart'), coded('DAMAGED_PACKAGE', new RegExp(weights?.digest ?? '')));
    rmSync(blob);
    await assert.rejects(app.open('apart'), coded('DAMAGED_PACKAGE', /missing/));
    await register(app, modelFolder(t));
    assert.deepEqual(await answers(app, 'apart'), expected);
    const folder = modelFolder(t);
    truncateSync(join(folder, 'a.bin'), 100);
    await assert.rejects(app.pack(folder), coded('BAD_MODEL', /cut off/));
  });

  it('lie in the folder of the model and nowhere else, and not in a browser', async (t) => {
    const app = appIn(t, tempFolder(t));
    await assert.rejects(
      app.pack(modelFolder(t, { outside: '../a.bin' })),
      coded('BAD_MODEL', /outside of its folder/),
    );
    const { pieces } = await app.pack(modelFolder(t));
    const { readParts } = await import('../../src/package/file-parts.ts');
    const parts: Uint8Array[] = [];
    for await (const piece of readParts(pieces)) parts.push(piece.slice());
    await assert.rejects(openPackage(Buffer.concat(parts)), coded('BAD_MODEL', /A browser cannot map files/));
  });
});
