import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createApp } from '../../src/app.ts';
import type { Scorer } from '../../src/core/types.ts';
import { sourceOf } from '../../src/export/c/source.ts';
import { statuses } from '../../src/export/c/statuses.ts';
import type { Package } from '../../src/package/layout.ts';
import { readOnnx } from '../../src/runtimes/onnx-graph.ts';
import type { SumSource } from '../../src/runtimes/trees/formats/tree-file.ts';
import { runCli } from '../run-cli.ts';
import { poolsOf } from '../runtimes/trees/rows.ts';
import { tempFolder } from '../temp-folder.ts';
import { encodeAnswer, encodeRows, programOf, rowsOf } from './c-rows.ts';

const root = join(import.meta.dirname, '..', '..');
const ROWS = 10_000;
const STRICT = ['-std=c99', '-O2', '-ffp-contract=off', '-Wall', '-Wextra', '-Werror'];

const compilers = ['gcc', 'clang'].filter((name) => spawnSync(name, ['--version']).status === 0);
const missing = ['gcc', 'clang'].filter((name) => !compilers.includes(name));
if (missing.length > 0)
  process.stderr.write(`# headers in C were not compiled with ${missing.join(' and ')}: not installed\n`);

const appIn = (cwd: string) => createApp({ cwd, env: { HOME: cwd, MILLRACE_HOME: join(cwd, 'home') } });

/** A folder to pack, made of a library's own file. */
const folderOf = async (t: TestContext, path: string): Promise<string> => {
  const cwd = tempFolder(t);
  const from = join(root, path);
  const file = join(cwd, basename(path, '.gz'));
  writeFileSync(file, path.endsWith('.gz') ? gunzipSync(readFileSync(from)) : readFileSync(from));
  const { code, stderr } = await runCli(['init', file, '-o', 'model'], { cwd });
  assert.equal(code, 0, stderr);
  return join(cwd, 'model');
};

interface Exported {
  readonly found: Package;
  readonly scorer: Scorer;
  readonly folder: string;
  readonly prefix: string;
}

/** A model, opened, and its header and a program around it in a folder. */
const exported = async (t: TestContext, path: string): Promise<Exported> => {
  const folder = tempFolder(t);
  const app = appIn(folder);
  t.after(() => app.close());
  const from = /\.\w+$/.test(path) ? await folderOf(t, path) : join(root, path);
  const found = await app.open(from);
  const scorer = await app.loadSafely(found);
  t.after(() => scorer.close());
  writeFileSync(join(folder, 'model.h'), await app.exportC(from, { prefix: 'model' }));
  writeFileSync(join(folder, 'main.c'), programOf(found.manifest, 'model', statuses));
  return { found, scorer, folder, prefix: 'model' };
};

const compile = (compiler: string, flags: readonly string[], { folder }: Exported): string => {
  const program = join(folder, 'program');
  const { status, stderr } = spawnSync(
    compiler,
    [
      ...flags,
      '-DMILLRACE_SELF_TEST',
      '-DMILLRACE_NO_MAIN',
      '-I',
      folder,
      join(folder, 'main.c'),
      '-o',
      program,
      '-lm',
    ],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  return program;
};

const thresholdsIn = (sums: SumSource): readonly number[] => ('ensemble' in sums ? [...sums.ensemble.values] : [0, 1]);

const thresholdsOf = async (found: Package): Promise<readonly number[]> => {
  const source = await sourceOf(found);
  return 'graph' in source ? poolsOf(readOnnx(source.graph)).numbers : thresholdsIn(source.trees.sums);
};

/** Ten thousand rows, the same ones for every compiler, and what Millrace answers. */
const questions = async ({ found, scorer, folder }: Exported) => {
  const { manifest, examples } = found;
  const known = Object.fromEntries(
    Object.keys(manifest.inputs).map((name) => [
      name,
      examples.map(({ input }) => input[name]).filter((value) => value !== undefined),
    ]),
  );
  const rows = rowsOf(manifest.inputs, known, await thresholdsOf(found), ROWS);
  writeFileSync(join(folder, 'rows'), encodeRows(manifest, rows));
  return { rows, answers: await scorer.score(rows) };
};

/** Asks a program, and counts the rows that it answered; every answer is Millrace's to the last bit. */
const assertSame = (
  program: string,
  model: Exported,
  { rows, answers }: Awaited<ReturnType<typeof questions>>,
): number => {
  const got = execFileSync(program, [join(model.folder, 'rows')], { maxBuffer: 1 << 28 });
  let at = 0;
  let answered = 0;
  for (const [index, answer] of answers.entries()) {
    const status = got.toString('latin1', at, at + 24).replaceAll('\0', '');
    const wanted =
      status === 'OUT_OF_TIME_TABLE' ? got.subarray(at, at + 24) : encodeAnswer(model.found.manifest, answer);
    const same = got.subarray(at, at + wanted.length).equals(wanted);
    assert.ok(same, `row ${index}: ${JSON.stringify([rows[index], answer, status])}`);
    at += wanted.length;
    answered += Number(status === 'OK');
  }
  assert.equal(at, got.length);
  return answered;
};

const models = [
  'examples/taxi/models/ride-duration',
  'examples/taxi/models/ride-fare',
  'examples/taxi/models/ride-tip',
  'examples/churn/models/churn',
  'bench/models/trees-100x6',
  'test/fixtures/models/sk-logistic-zipmap',
  'test/fixtures/models/sk-mlp',
  'test/fixtures/models/sk-pipeline-columns',
  'test/fixtures/models/sk-multi-output',
  'test/fixtures/models/sk-double',
  'test/fixtures/models/lgbm-classifier-multiclass',
  'test/fixtures/tree-files/xgboost-categories.json',
  'test/fixtures/tree-files/xgboost-classes.ubj',
  'test/fixtures/tree-files/xgboost-vectors.ubj',
  'test/fixtures/tree-files/xgboost-linear-classes.ubj',
  'test/fixtures/tree-files/lightgbm-linear-classes.txt',
  'test/fixtures/tree-files/lightgbm-regression.txt',
  'test/fixtures/tree-files/lightgbm-categories.txt',
  ...['binary', 'classes', 'gamma', 'squares', 'forest'].map((name) => `test/fixtures/tree-files/lightgbm-${name}.txt`),
  ...[
    'binary',
    'classes',
    'poisson',
    'uncertainty',
    'scaled',
    'depthwise',
    'statistics',
    'together',
    'together-one-hot',
  ].map((name) => `test/fixtures/tree-files/catboost-${name}.json.gz`),
];

describe('a header in C answers as Millrace, bit for bit', () => {
  for (const path of models)
    test(path, async (t) => {
      const model = await exported(t, path);
      const asked = await questions(model);
      for (const compiler of compilers) {
        const program = compile(compiler, STRICT, model);
        const said = execFileSync(program, { encoding: 'utf8' });
        assert.match(
          said,
          new RegExp(`^${model.found.examples.length} of ${model.found.examples.length} examples hold`),
        );
        assert.ok(assertSame(program, model, asked) > ROWS * 0.9);
      }
    });

  test('where the compiler may fuse products and sums, too', async (t) => {
    const model = await exported(t, 'test/fixtures/models/sk-logistic-zipmap');
    const asked = await questions(model);
    for (const compiler of compilers)
      assertSame(compile(compiler, ['-std=gnu99', '-O3', '-march=native'], model), model, asked);
  });

  test('in 32 bits, but for sums that x87 would keep wider', async (t) => {
    const model = await exported(t, 'examples/churn/models/churn');
    const asked = await questions(model);
    for (const compiler of compilers) {
      writeFileSync(
        join(model.folder, 'none.c'),
        '#include <math.h>\n#include <stdint.h>\nint main(void) { return 0; }\n',
      );
      const probe = [join(model.folder, 'none.c'), '-o', join(model.folder, 'none'), '-lm'];
      if (spawnSync(compiler, ['-m32', ...probe]).status !== 0) continue;
      assertSame(compile(compiler, [...STRICT, '-m32', '-msse2', '-mfpmath=sse'], model), model, asked);
      const wide = spawnSync(
        compiler,
        ['-m32', '-mno-sse', '-std=c99', '-c', join(model.folder, 'main.c'), '-o', '/dev/null'],
        { encoding: 'utf8' },
      );
      assert.match(wide.stderr, /-msse2 -mfpmath=sse/);
    }
  });
});

test('a header refuses -ffast-math, and tests itself with a main of its own', async (t) => {
  const { folder } = await exported(t, 'test/fixtures/models/sk-logistic-zipmap');
  const header = join(folder, 'model.h');
  for (const compiler of compilers) {
    const program = join(folder, 'self-test');
    execFileSync(compiler, [...STRICT, '-DMILLRACE_SELF_TEST', '-x', 'c', header, '-o', program, '-lm']);
    assert.match(execFileSync(program, { encoding: 'utf8' }), /^8 of 8 examples hold/);
    const fast = spawnSync(compiler, ['-ffast-math', '-x', 'c', header, '-o', program, '-lm'], { encoding: 'utf8' });
    assert.match(fast.stderr, /without -ffast-math/);
  }
});

test('a header is the same every time, includes no more than it says, and calls nothing that allocates', async (t) => {
  const folder = tempFolder(t);
  const app = appIn(folder);
  t.after(() => app.close());
  const churn = join(root, 'examples/churn/models/churn');
  const [one, other] = [await app.exportC(churn), await app.exportC(churn)];
  assert.equal(one, other);
  const [code, selfTest] = one.split('#ifdef MILLRACE_SELF_TEST');
  assert.deepEqual(
    [...code.matchAll(/#include (.+)/g)].map(([, name]) => name),
    ['<math.h>', '<stdint.h>', '<string.h>'],
  );
  assert.deepEqual(
    [...selfTest.matchAll(/#include (.+)/g)].map(([, name]) => name),
    ['<stdio.h>'],
  );
  assert.ok(!/\b(?:malloc|calloc|alloca|printf)\(/.test(code));
});

describe('what would be answered otherwise is refused by name', () => {
  const edited = async (t: TestContext, path: string, change: (yaml: string) => string) => {
    const folder = join(tempFolder(t), 'model');
    cpSync(join(root, path), folder, { recursive: true });
    const yaml = join(folder, 'model.yaml');
    writeFileSync(yaml, change(readFileSync(yaml, 'utf8')));
    writeFileSync(join(folder, 'examples.json'), '[]');
    writeFileSync(join(folder, 'transform.ts'), 'export const prepare = (row: object) => row;\n');
    return runCli(['export', 'c', folder], { cwd: folder });
  };
  const logistic = 'test/fixtures/models/sk-logistic-zipmap';

  test('a step that reads numbers out of texts', async (t) => {
    const { code, stderr } = await edited(t, logistic, (yaml) =>
      yaml
        .replace('stem: {kind: number}', 'stem: {kind: text}')
        .replace('prepare:', 'prepare:\n- {cast: {of: stem, to: number}}'),
    );
    assert.equal(code, 2);
    assert.match(stderr, /NOT_EXPORTABLE/);
    assert.match(stderr, /prepare\[0\] \(cast\)/);
  });
  test('a transform module', async (t) => {
    const { code, stderr } = await edited(t, logistic, (yaml) => `${yaml}\ntransform: transform.ts\n`);
    assert.equal(code, 2);
    assert.match(stderr, /its transform module is JavaScript/);
  });
  test('a graph that is ONNX Runtime’s', async (t) => {
    const { code, stderr } = await edited(t, 'test/fixtures/models/sk-double-linear', (yaml) => yaml);
    assert.equal(code, 2);
    assert.match(stderr, /ONNX Runtime answers, because the graph has float64 where float32 is expected/);
  });
  test('a prefix that is no name', async (t) => {
    const { code, stderr } = await runCli(['export', 'c', join(root, logistic), '--prefix', '1x'], {
      cwd: tempFolder(t),
    });
    assert.equal(code, 2);
    assert.match(stderr, /1x cannot be the beginning of names in C/);
  });
});

test('the command line writes a file, and replaces none that is there', async (t) => {
  const cwd = tempFolder(t);
  const model = join(root, 'test/fixtures/models/sk-logistic-zipmap');
  assert.equal((await runCli(['export', 'c', model, '-o', 'flower.h', '--prefix', 'flower'], { cwd })).code, 0);
  assert.match(readFileSync(join(cwd, 'flower.h'), 'utf8'), /flower_predict\(const flower_row \*row/);
  const again = await runCli(['export', 'c', model, '-o', 'flower.h'], { cwd });
  assert.equal(again.code, 2);
  assert.match(again.stderr, /flower\.h exists already, and is another file; --force replaces it/);
  assert.equal((await runCli(['export', 'c', model, '-o', 'flower.h', '--force'], { cwd })).code, 0);
  assert.match((await runCli(['export', 'c', model], { cwd })).stdout, /sk_logistic_zipmap_predict/);
});
