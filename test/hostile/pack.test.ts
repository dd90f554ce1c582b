/** What `pack`, `inspect` and `promote` do with a model that would end, or hold up, the process that runs it. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createApp } from '../../src/app.ts';
import { toLayout } from '../../src/package/layout.ts';
import { writeTar } from '../../src/package/tar.ts';
import { runCli } from '../run-cli.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';
import { tempFolder } from '../temp-folder.ts';
import { fatal, folderOf, harmless } from './folder.ts';
import { type Deed, packageOf } from './models.ts';

const env = (cwd: string): NodeJS.ProcessEnv => ({
  HOME: cwd,
  MILLRACE_HOME: join(cwd, 'home'),
  MILLRACE_WHO: 'a test',
});

/** A registry in which a version was put that no `pack` would have let in. */
const registered = async (t: TestContext, deed: Deed): Promise<string> => {
  const cwd = tempFolder(t);
  const app = createApp({ cwd, env: env(cwd) });
  const { manifest, digest, blobs } = await packageOf(deed, { examples: [fatal] });
  await (await app.registry()).register({ manifest, digest, blobs });
  await app.close();
  return cwd;
};

describe('pack', () => {
  const refused: readonly (readonly [Deed, RegExp])[] = [
    ['crashes natively', /ends the process that scores example 1: SIGFPE/],
    ['loops in the graph', /ends the process that scores example 1: it took longer than 2 s/],
    ['loops in the transform', /ends the process that scores example 1: it took longer than 2 s/],
    ['takes the heap without end', /ends the process that scores example 1: (?:SIGABRT|SIGTRAP|it took)/],
  ];
  for (const [deed, message] of refused) {
    it(`refuses a model that ${deed}, saying on which example`, async (t) => {
      const folder = folderOf(t, deed, { examples: [harmless, fatal] });
      const { code, stderr } = await runCli(['pack', folder, '--timeout', '2s'], { cwd: folder });
      assert.equal(code, 2, stderr);
      assert.match(stderr, /BAD_MODEL/);
      assert.match(stderr, message);
    });
  }

  it('scores a made-up row where there are no examples', async (t) => {
    const folder = folderOf(t, 'none', { examples: [], transform: 'export const prepare = () => { for (;;); };\n' });
    const { code, stderr } = await runCli(['pack', folder, '--timeout', '1s'], { cwd: folder });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /BAD_MODEL.* ends the process that scores a made-up row, \{"x":1\}: it took longer than 1 s/);
  });

  it('refuses code that does not even load', async (t) => {
    const folder = folderOf(t, 'none', { transform: 'for (;;);\nexport const prepare = (row: object) => row;\n' });
    const { code, stderr } = await runCli(['pack', folder, '--timeout', '1s'], { cwd: folder });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /BAD_MODEL.* ends the process that loads it: it took longer than 6 s/);
  });

  it('takes a model that behaves on its examples, in a process of its own', async (t) => {
    for (const deed of ['crashes natively', 'loops in the transform'] as const) {
      const folder = folderOf(t, deed);
      assert.equal((await runCli(['pack', folder], { cwd: folder })).code, 0, deed);
    }
  });

  it('gives the same digest, wherever the model was scored', async (t) => {
    const folder = folderOf(t, 'loops in the transform');
    const digests = await Promise.all(
      [1, 2].map(async () => JSON.parse((await runCli(['pack', folder, '--json'], { cwd: folder })).stdout).digest),
    );
    assert.equal(digests[0], digests[1]);
  });

  it('refuses a graph that draws at random, naming the node', async (t) => {
    const model = buildOnnx({
      inputs: [{ name: 'x', dims: ['rows', 1] }],
      outputs: [{ name: 'y', dims: ['rows', 1] }],
      nodes: [
        { op: 'RandomNormalLike', inputs: ['x'], outputs: ['r'] },
        { op: 'Add', inputs: ['x', 'r'], outputs: ['y'] },
      ],
    });
    const folder = folderOf(t, 'none', { model, examples: [] });
    const { code, stderr } = await runCli(['pack', folder], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /BAD_MODEL.*the RandomNormalLike node that gives r draws at random/);
  });

  it('refuses weights in another file, wherever they stand', async (t) => {
    const outside = { name: 'c', dims: [1], data: Float32Array.of(0), outside: 'model.yaml' };
    const model = buildOnnx({
      inputs: [{ name: 'x', dims: ['rows', 1] }],
      outputs: [{ name: 'y', dims: ['rows', 1] }],
      nodes: [
        { op: 'Constant', inputs: [], outputs: ['c'], attributes: { value: { tensor: outside } } },
        { op: 'Add', inputs: ['x', 'c'], outputs: ['y'] },
      ],
    });
    const folder = folderOf(t, 'none', { model, examples: [] });
    const { code, stderr } = await runCli(['pack', folder], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /BAD_MODEL.*weights in another file, model\.yaml \(c, in the Constant node that gives c\)/);
  });
});

describe('promote', () => {
  for (const deed of [
    'crashes natively',
    'loops in the graph',
    'loops in the transform',
    'ends its process',
  ] as const) {
    it(`leaves an environment where it is when the version ${deed}`, async (t) => {
      const cwd = await registered(t, deed);
      const to = ['promote', 'hostile@1.0.0', '--to', 'production', '--timeout', '2s'];
      const { code, stderr } = await runCli(to, { cwd, env: env(cwd) });
      assert.equal(code, 2, stderr);
      assert.match(stderr, /BAD_MODEL.*hostile@1\.0\.0 ends the process that scores example 0/);
      const { stdout } = await runCli(['models', '--json'], { cwd, env: env(cwd) });
      assert.doesNotMatch(stdout, /"production"/);
    });
  }

  it('proves through the library as on the command line', async (t) => {
    const cwd = await registered(t, 'crashes natively');
    const app = createApp({ cwd, env: env(cwd) });
    t.after(() => app.close());
    await assert.rejects(app.promote('hostile@1.0.0', { to: 'production' }), { code: 'BAD_MODEL' });
    await assert.rejects(app.promote('hostile@1.0.0', { to: 'prod' }), { code: 'UNKNOWN_ENVIRONMENT' });
    assert.deepEqual((await (await app.registry()).models())[0].pointers, []);
  });
});

describe('inspect', () => {
  it('refuses a folder of one’s own whose model ends its process', async (t) => {
    const folder = folderOf(t, 'crashes natively', { examples: [fatal] });
    const { code, stderr } = await runCli(['inspect', folder], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /BAD_MODEL.*ends the process that scores example 0: SIGFPE/);
  });

  it('runs nothing of a package from elsewhere, and says what code it has', async (t) => {
    const cwd = tempFolder(t);
    const mark = join(cwd, 'ran');
    const code = `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(mark)}, '');\nexport const prepare = (row) => row;\n`;
    const made = await packageOf('none', { transform: code });
    writeFileSync(join(cwd, 'theirs.tar'), writeTar(toLayout(made)));
    const app = createApp({ cwd, env: env(cwd) });
    await (await app.registry()).register(made);
    await app.close();
    for (const ref of ['./theirs.tar', 'hostile@1.0.0', `hostile@${made.digest}`]) {
      const { code: exit, stdout } = await runCli(['inspect', ref], { cwd, env: env(cwd) });
      assert.equal(exit, 0);
      const sha = made.digests.get('transform.js')?.slice('sha256:'.length);
      assert.match(stdout, new RegExp(`transform module +yes, ${code.length} bytes, sha256 ${sha}`));
      assert.match(stdout, /known to be safe +no: it has a transform module/);
      const told = JSON.parse((await runCli(['inspect', ref, '--json'], { cwd, env: env(cwd) })).stdout);
      assert.deepEqual(told.code.transform, { bytes: code.length, sha256: sha });
      assert.equal(told.serving, null);
    }
    assert.ok(!existsSync(mark));
  });

  it('names functions and operators that are not the standard’s', async (t) => {
    const cwd = tempFolder(t);
    const model = buildOnnx({
      inputs: [{ name: 'x', dims: ['rows', 1] }],
      outputs: [{ name: 'y', dims: ['rows', 1] }],
      nodes: [
        { op: 'Twice', domain: 'mine', inputs: ['x'], outputs: ['t'] },
        { op: 'Gelu', domain: 'com.microsoft', inputs: ['t'], outputs: ['y'] },
      ],
      functions: [
        {
          name: 'Twice',
          domain: 'mine',
          inputs: ['a'],
          outputs: ['b'],
          nodes: [{ op: 'Add', inputs: ['a', 'a'], outputs: ['b'] }],
        },
      ],
    });
    writeFileSync(join(cwd, 'theirs.tar'), writeTar(toLayout(await packageOf('none', { model }))));
    const { stdout } = await runCli(['inspect', './theirs.tar', '--json'], { cwd });
    const { functions, custom, risk } = JSON.parse(stdout).code;
    assert.deepEqual(functions, ['mine.Twice']);
    assert.deepEqual(custom, ['com.microsoft.Gelu']);
    assert.match(risk, /operators of its own/);
  });

  it('says of a package that is known to be safe that it is, and how long a row takes', async (t) => {
    const cwd = tempFolder(t);
    writeFileSync(join(cwd, 'safe.tar'), writeTar(toLayout(await packageOf('none'))));
    const { stdout } = await runCli(['inspect', './safe.tar'], { cwd });
    assert.match(stdout, /transform module +no/);
    assert.match(stdout, /known to be safe +yes/);
    assert.match(stdout, /one row takes +\d/);
  });
});
