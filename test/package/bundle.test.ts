import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { bundleTransform } from '../../src/package/bundle.ts';
import { loadTransform } from '../../src/package/transform-module.ts';
import { tempFolder } from '../temp-folder.ts';

type Files = Readonly<Record<string, string>>;

/** Writes files below a new folder, and answers that folder. */
const folderOf = (t: TestContext, files: Files): string => {
  const folder = tempFolder(t);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
};
const bundled = async (t: TestContext, files: Files, entry = 'transform.ts'): Promise<string> =>
  new TextDecoder().decode(await bundleTransform(join(folderOf(t, files), entry)));

const modern: Files = {
  'node_modules/modern/package.json': '{"name":"modern","version":"1.0.0","type":"module","exports":"./index.js"}',
  'node_modules/modern/index.js': 'export const twice = (x) => 2 * x; export const now = () => Date.now();',
};
const old: Files = {
  'node_modules/old/package.json': '{"name":"old","version":"1.0.0","main":"lib.js"}',
  'node_modules/old/lib.js':
    'const inner = require("./inner"); module.exports.thrice = (x) => inner(x); exports.k = 1;',
  'node_modules/old/inner.js': 'module.exports = (x) => 3 * x;',
};

describe('a transform module', () => {
  test('is bundled with what it imports, TypeScript, JSON and npm packages of both kinds', async (t) => {
    const files = {
      ...modern,
      ...old,
      'transform.ts': `
        import { thrice } from 'old';
        import { twice } from 'modern';
        import zones from './zones.json';
        import { type Named, nameOf } from './lib/name.ts';
        enum Unit { Mile = 7 }
        export const prepare = (row: Named): object =>
          ({ x: twice(thrice(row.n)), zone: zones[row.zone], name: nameOf(row), unit: Unit.Mile });`,
      'zones.json': '{"a": 5}',
      'lib/name.ts':
        'export interface Named { n: number; zone: string } export const nameOf = ({ n }: Named) => `n${n}`;',
    };
    const code = await bundled(t, files);
    const { prepare, finish } = await loadTransform(new TextEncoder().encode(code));
    assert.deepEqual(prepare?.({ n: 4, zone: 'a' }), { x: 24, zone: 5, name: 'n4', unit: 7 });
    assert.equal(finish, undefined);
    assert.doesNotMatch(code, /import|require|node_modules|Date/);
  });

  test('gives the same bytes from any folder, under any tsconfig, with any line ends and comments', async (t) => {
    const source =
      "import { thrice } from 'old';\nexport class Point { x = 1 }\nexport const prepare = (row) => ({ x: thrice(row.n), p: new Point().x, t: `a\nb` });\n";
    const near = await bundled(t, { ...old, 'transform.ts': source });
    const far = await bundled(
      t,
      {
        ...old,
        'tsconfig.json': '{"compilerOptions":{"target":"ES5","useDefineForClassFields":false,"alwaysStrict":true}}',
        'a/b/transform.ts': `// another comment\n${source}`.replaceAll('\n', '\r\n'),
      },
      'a/b/transform.ts',
    );
    assert.equal(near, far);
  });

  for (const [what, source, message, more = {}] of [
    [
      'a module of Node',
      "import { readFileSync } from 'node:fs'; export const prepare = () => readFileSync('x');",
      /transform\.ts:1:\d+: Could not resolve "node:fs"/,
    ],
    [
      'a module of Node by its short name',
      "import fs from 'fs'; export const prepare = () => fs;",
      /Could not resolve "fs"/,
    ],
    [
      'a module that is not there',
      "import x from './gone.ts'; export const prepare = () => x;",
      /transform\.ts:1:\d+: Could not resolve "\.\/gone\.ts"/,
    ],
    [
      'a package that is not there',
      "import x from 'gone'; export const prepare = () => x;",
      /Could not resolve "gone"/,
    ],
    [
      'a module of the network',
      "import x from 'https://example.com/x.js'; export const prepare = () => x;",
      /it imports https:\/\/example\.com\/x\.js, which cannot be put into the package/,
    ],
    [
      'an import of what is known later',
      'export const prepare = (row) => import(row.x);',
      /imports something that is known only when it runs/,
    ],
    [
      'a require of what is known later',
      "import f from './f.cjs'; export const prepare = f;",
      /require for something that is known only when it runs/,
      { 'f.cjs': 'module.exports = (row) => require(row.x);' },
    ],
    ['process', 'export const prepare = () => ({ x: process.env.HOME });', /it uses process, which only Node has/],
    ['Buffer', "export const prepare = () => ({ x: Buffer.from('a') });", /it uses Buffer, which only Node has/],
    ['__dirname', 'export const prepare = () => ({ x: __dirname });', /it uses __dirname/],
    [
      'chance',
      'export const prepare = () => ({ x: Math.random() });',
      /it uses Math\.random, so the same row could be answered differently/,
    ],
    ['the clock', 'export const prepare = () => ({ x: Date.now() });', /it uses Date\.now/],
    [
      'the clock by its constructor',
      'export const prepare = () => ({ x: new Date().getUTCHours() });',
      /it reads the clock/,
    ],
    [
      'the clock by its constructor without parentheses',
      'export const prepare = () => ({ x: +new Date });',
      /it reads the clock/,
    ],
    ['the clock as a text', 'export const prepare = () => ({ x: Date() });', /it reads the clock/],
    [
      'the clock in a package',
      "import { now } from 'modern'; export const prepare = () => ({ x: now() });",
      /it uses Date\.now/,
      modern,
    ],
    ['the network', "export const prepare = () => ({ x: fetch('x') });", /it uses fetch/],
    ['a syntax error', 'export const prepare = (row => {', /transform\.ts:1:\d+: /],
    [
      'nothing that is called',
      'export const prepere = () => ({});',
      /exports neither prepare\(row\) nor finish\(output, row\), but prepere/,
    ],
    ['a default export', 'export default { prepare() {} };', /but default/],
    ['another name outside', 'const prepare = () => ({}); export { prepare as make };', /but make/],
  ] as const)
    test(`that needs or has ${what} is refused`, async (t) => {
      await assert.rejects(bundled(t, { ...more, 'transform.ts': source }), { code: 'BAD_TRANSFORM', message });
    });

  test('may use times that it is given, globalThis, and its own things of those names', async (t) => {
    const code = await bundled(t, {
      'transform.ts': `
        const process = (x) => x + 1;
        const store = { fetch: (x) => x, now: 1 };
        const isHere = typeof global === 'object';
        export const prepare = ({ at }) => ({ hour: new Date(at).getUTCHours(), x: process(store.fetch(2)), isHere });
        export const finish = (output) => ({ due: new Date(Date.UTC(2024, 0, 1)).toISOString() });`,
    });
    const { prepare, finish } = await loadTransform(new TextEncoder().encode(code));
    assert.deepEqual(prepare?.({ at: 3_600_000 }), { hour: 1, x: 3, isHere: true });
    assert.deepEqual(finish?.({}, {}), { due: '2024-01-01T00:00:00.000Z' });
  });

  test('that is not there is refused by its name', async (t) => {
    await assert.rejects(bundleTransform(join(tempFolder(t), 'transform.ts')), {
      code: 'BAD_TRANSFORM',
      message: /transform\.ts/,
    });
  });
});

describe('loading a bundled module', () => {
  const load = (code: string) => loadTransform(new TextEncoder().encode(code));
  test('that throws when it is loaded is refused', async () => {
    await assert.rejects(load('throw new Error("not today")'), { code: 'BAD_TRANSFORM', message: /not today/ });
  });
  test('whose prepare is no function is refused', async () => {
    await assert.rejects(load('export const prepare = 5;'), {
      code: 'BAD_TRANSFORM',
      message: /prepare is 5, not a function/,
    });
  });
});

test('a transform module that prints is refused: it would write between the predictions', async (t) => {
  const files = { 'transform.ts': 'export const prepare = (row: object) => { console.log(row); return row; };' };
  await assert.rejects(bundled(t, files), { code: 'BAD_TRANSFORM', message: /prints \(console\)/ });
});
