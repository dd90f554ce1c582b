import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { kinds } from '../src/core/kinds/index.ts';
import { runtimes } from '../src/runtimes/index.ts';
import { table, violations } from './architecture.ts';
import {
  blindCasts,
  doubleNames,
  FUNCTION_LINES,
  lowerCase,
  MOST_LINES,
  tooLong,
  unsaidInvariants,
} from './house-style.ts';
import { kindQuestions } from './kind-questions.ts';
import { readSyntax } from './syntax.ts';

/** Lines of src/cli: what makes it longer than that belongs below it. */
const CLI_LINES = 3000;

const root = join(import.meta.dirname, '..');

const sources = new Map(
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:tsx?|json)$/.test(path))
    .map((path) => [`src/${path.replaceAll('\\', '/')}`, readFileSync(join(root, 'src', path), 'utf8')]),
);

test('cli/ holds words, options and tables: what is done is below it', () => {
  const lines = [...sources]
    .filter(([path]) => path.startsWith('src/cli/'))
    .flatMap(([, text]) => text.trimEnd().split('\n'));
  assert.ok(lines.length <= CLI_LINES, `${lines.length} lines, at most ${CLI_LINES}`);
});

test('the sources keep to the table of imports', async () => {
  assert.ok(sources.has('src/core/errors.ts') && sources.has('src/cli/main.ts'));
  assert.deepEqual(await violations(sources), []);
});

const samples: readonly (readonly [what: string, files: Readonly<Record<string, string>>, found: readonly string[]])[] =
  [
    [
      'a good file',
      { 'src/core/a.ts': "export const a = { process: 1, Buffer: 'process.exit()' }; // process.exit()" },
      [],
    ],
    [
      'an upward import',
      { 'src/core/a.ts': "import { b } from '../store/b.ts';\nb();", 'src/store/b.ts': 'export const b = () => 1;' },
      ['src/core/a.ts: core imports src/store/b.ts'],
    ],
    [
      'an upward import of a type',
      {
        'src/store/a.ts': "import type {\n  B,\n} from '../registry/b.ts';\nexport type A = B;",
        'src/registry/b.ts': 'export type B = 1;',
      },
      ['src/store/a.ts: store imports src/registry/b.ts'],
    ],
    [
      'a lazy upward import',
      {
        'src/files/a.ts': "export const a = () => import('../package/b.ts');",
        'src/package/b.ts': 'export const b = 1;',
      },
      ['src/files/a.ts: files imports src/package/b.ts'],
    ],
    [
      'a mode that imports another',
      { 'src/modes/once/a.ts': "export * from '../service/b.ts';", 'src/modes/service/b.ts': 'export const b = 1;' },
      ['src/modes/once/a.ts: modes/once imports src/modes/service/b.ts'],
    ],
    [
      'the composition root imported from below',
      {
        'src/modes/once/a.ts': "import type { App } from '../../app.ts';\nexport type A = App;",
        'src/app.ts': 'export type App = 1;',
      },
      ['src/modes/once/a.ts: modes/once imports src/app.ts'],
    ],
    [
      'a part that the table lacks',
      { 'src/helpers/a.ts': 'export {};' },
      ["src/helpers/a.ts: no row of the table names its part 'helpers'"],
    ],
    [
      'a format of model files that another part knows',
      {
        'src/package/a.ts': "import { xgboost } from '../runtimes/trees/formats/b.ts';\nxgboost();",
        'src/runtimes/trees/formats/b.ts': 'export const xgboost = () => 1;',
      },
      ['src/package/a.ts: imports src/runtimes/trees/formats/b.ts, which is behind the doors of runtimes'],
    ],
    [
      'a package in core',
      { 'src/core/a.ts': "import type { Ajv } from 'ajv';\nexport type A = Ajv;" },
      ['src/core/a.ts: core imports the package ajv'],
    ],
    [
      'a cycle of values',
      {
        'src/store/a.ts': "import { b } from './b.ts';\nexport const a = () => b;",
        'src/store/b.ts': "import { c } from './c.ts';\nexport const b = () => c;",
        'src/store/c.ts': "import { a } from './a.ts';\nexport const c = () => a;",
      },
      ['cycle: src/store/a.ts → src/store/b.ts → src/store/c.ts → src/store/a.ts'],
    ],
    [
      'a cycle that only types close',
      {
        'src/store/a.ts': "import { b } from './b.ts';\nexport const a = () => b;\nexport type A = 1;",
        'src/store/b.ts': "import type { A } from './a.ts';\nexport const b: A = 1;",
      },
      ['cycle: src/store/a.ts → src/store/b.ts → src/store/a.ts'],
    ],
    [
      'a global of Node in core',
      { 'src/core/a.ts': 'export const a = () => Buffer.from(`x`);' },
      ['src/core/a.ts: uses Buffer, but must run without Node'],
    ],
    [
      'a name that only looks like a global of Node',
      { 'src/core/a.ts': 'export const a = (process: { x: 1 }, o: { global: 1 }) => process.x + o.global;' },
      [],
    ],
    [
      'a module of Node reached from a web-standard file',
      {
        'src/modes/edge/a.ts': "import { b } from '../../package/b.ts';\nb();",
        'src/package/b.ts': "import { readFileSync } from 'node:fs';\nexport const b = () => readFileSync('x');",
      },
      ['src/package/b.ts: imports node:fs, but is loaded by src/modes/edge/a.ts, which must run without Node'],
    ],
    [
      'a column that is decoded when it is read',
      {
        'src/files/a.ts':
          "export const a = (columns: object, read: () => 1) => {\n  Object.defineProperty(columns, 'x', { enumerable: true, get: () => read() });\n};",
      },
      ['src/files/a.ts: defines a property that computes when it is read'],
    ],
    [
      'a property that is defined with a value',
      { 'src/files/a.ts': "export const a = (o: object) => Object.defineProperty(o, '__proto__', { value: 1 });" },
      [],
    ],
    [
      'a thread of its own way',
      { 'src/files/a.ts': "import { Worker } from 'node:worker_threads';\nexport const a = () => new Worker('b');" },
      ['src/files/a.ts: starts or serves a thread or process by itself, which is for src/threads'],
    ],
    [
      'a process of its own way, and one that answers',
      {
        'src/files/a.ts':
          "import { exec, fork } from 'node:child_process';\nexport const a = () => [fork('b'), exec('c')];",
        'src/files/b.ts': 'export const b = () => process.send?.(1);',
      },
      [
        'src/files/a.ts: starts or serves a thread or process by itself, which is for src/threads',
        'src/files/b.ts: starts or serves a thread or process by itself, which is for src/threads',
      ],
    ],
    [
      'a thread of src/threads, and a program that is no process of ours',
      {
        'src/threads/a.ts': "import { Worker } from 'node:worker_threads';\nexport const a = () => new Worker('b');",
        'src/files/b.ts': "import { spawn } from 'node:child_process';\nexport const b = () => spawn('chrt');",
      },
      [],
    ],
    [
      'a command that ends the process',
      { 'src/cli/commands/a.ts': 'export const a = () => process.exit(1);' },
      ['src/cli/commands/a.ts: ends the process'],
    ],
  ];

for (const [what, files, found] of samples) {
  test(`${what} is ${found.length === 0 ? 'let pass' : 'found'}`, async () => {
    assert.deepEqual(await violations(new Map(Object.entries(files))), found);
  });
}

test('the table allows only parts that it has a row for', () => {
  const parts = Object.keys(table);
  for (const allowed of Object.values(table)) {
    for (const part of allowed) assert.ok(parts.includes(part) || ['*', 'modes/*'].includes(part), part);
  }
});

const syntax = readSyntax(sources);

/** Names that docs/WORDS.md lets stand for two things, with the reason: the rows of its last table. */
const homonyms = (): Readonly<Record<string, string>> => {
  const [, table = ''] = readFileSync(join(root, 'docs/WORDS.md'), 'utf8').split('\n## One name, two types\n');
  return Object.fromEntries([...table.matchAll(/^\| `(\w+)` \| (.+) \|$/gm)].map(([, name, why]) => [name, why]));
};

test(`no function has more than ${FUNCTION_LINES} lines, or ${MOST_LINES} where it is listed`, () => {
  assert.deepEqual(tooLong(syntax), []);
});

test('no value is cast through unknown, but where it comes in from outside', () => {
  assert.deepEqual(blindCasts(syntax), []);
});

test('an exported type has its name alone, or docs/WORDS.md says why not', () => {
  assert.deepEqual(doubleNames(syntax, homonyms()), []);
});

test('a constant of a plain value is in UPPER_CASE', () => {
  assert.deepEqual(lowerCase(syntax), []);
});

test('a file that holds invariants opens with them, as each does that guards a promise', () => {
  assert.deepEqual(unsaidInvariants(sources), []);
  const holders = [...sources].filter(([, text]) => text.includes('\n * Invariants: ')).map(([path]) => basename(path));
  const guards = 'claims shards commit-shard inbox outgoing-calls parcel queue batcher transactions sender'.split(' ');
  for (const name of guards) assert.ok(holders.includes(`${name}.ts`), name);
});

test('a function that is too long is found by its name, and so is an entry that is not needed', () => {
  const lines = (count: number) => '\n'.repeat(count - 1);
  const found = readSyntax(
    new Map([
      [
        'src/a.ts',
        `/** Not counted.\n */\nexport const far = (): void => {${lines(71)}};\nconst near = () => {${lines(70)}};`,
      ],
      ['src/b/c.ts', `export class C { deep(): void {${lines(80)}} }\nexport const c = { go() {${lines(90)}} };`],
      ['src/d.ts', `export function outer() { [1].map((one) => {${lines(75)} return one; }); }`],
      [
        'src/e.ts',
        `const long = function () {${lines(101)}};\nconst over = () => {${lines(102)}};\nconst mended = () => {${lines(99)}};`,
      ],
    ]),
  );
  const listed = { 'c.ts go': 'a table', 'a.ts near': 'a table', 'e.ts long': 'a table' };
  assert.deepEqual(tooLong(found, listed, ['e.ts over', 'e.ts mended']), [
    'a.ts far: 71 lines, at most 70',
    'c.ts deep: 80 lines, at most 70',
    'd.ts outer: 75 lines, at most 70',
    'd.ts (anonymous): 75 lines, at most 70',
    'a.ts near: needs no exception any more',
    'e.ts long: 101 lines, at most 100',
    'e.ts mended: needs no exception any more',
  ]);
});

test('a cast through unknown is found, and not what only looks like one', () => {
  const found = readSyntax(
    new Map([
      ['src/a.ts', 'const a = 1;\nexport const b = a as unknown as string;'],
      ['src/b.ts', "export const b = (1 as unknown) as\n  string; // as unknown as\nexport const c = 'as unknown as';"],
      ['src/c.ts', 'export const c = 1 as unknown; /* as unknown as */ export const d = [1] as const;'],
    ]),
  );
  assert.deepEqual(blindCasts(found, { 'a.ts': 'a driver', 'c.ts': 'a driver' }), [
    'b.ts: casts through unknown in line 1',
    'c.ts: needs no exception any more',
  ]);
});

test('a constant in lower case is found, and not what is worked out, bound or within a function', () => {
  const found = readSyntax(
    new Map([
      ['src/a.ts', "export const leaseMs = 60 * 1_000;\nconst name = 'x', sign = -1;\nconst table = { a: 1 };"],
      [
        'src/b.ts',
        'export const LEASE_MS = (1 + 2) * 3; const far = Math.max(1, 2); const near = () => { const a = 1; };',
      ],
    ]),
  );
  const why = 'a plain value is in UPPER_CASE, with its unit';
  assert.deepEqual(lowerCase(found), [`a.ts leaseMs: ${why}`, `a.ts name: ${why}`, `a.ts sign: ${why}`]);
});

test('a name of two exported types is found; one that is only used, or not exported, is none', () => {
  const found = readSyntax(
    new Map([
      ['src/a.ts', 'export interface Part {}\nexport type Run = 1;\nexport class Batch {}'],
      ['src/b.ts', 'interface Part {}\nexport type { Batch } from "./a.ts";\nexport type Run = 2;'],
      ['src/c.ts', 'export enum Batch { A }\nexport const Part = 1;'],
    ]),
  );
  assert.deepEqual(doubleNames(found, { Run: 'why', Part: 'why' }), [
    'Batch: src/a.ts and src/c.ts',
    'Part: needs no exception any more',
  ]);
});

test('invariants that are held and not said, or said and not held, are found', () => {
  const said = '/**\n * A file.\n *\n * Invariants: none is lost.\n */\n';
  const held = "invariant(a >= 0, 'none is lost');";
  assert.deepEqual(
    unsaidInvariants(
      new Map([
        ['src/a.ts', `${said}${held}`],
        ['src/b.ts', `/** A file. */\n${held}\n${said}`],
        ['src/c.ts', said],
        ['src/d.ts', 'export const d = 1;'],
      ]),
    ),
    ['src/b.ts: holds invariants that its first comment does not say', 'src/c.ts: says invariants and holds none'],
  );
});

test('docs/WORDS.md says where each word lives, and it does', () => {
  const words = readFileSync(join(root, 'docs/WORDS.md'), 'utf8');
  const places = [...words.matchAll(/^\| .+ \| .+ \| (`.+`) \|$/gm)].flatMap(([, list]) => list.split(', '));
  assert.ok(places.length > 30);
  for (const place of places) assert.ok(existsSync(join(root, place.replaceAll('`', ''))), place);
});

test('a format of model files is called by its name in the table of runtimes alone', () => {
  const said = ['onnx', 'trees', 'onnxruntime'];
  const names = Object.keys(runtimes).filter((name) => !said.includes(name));
  assert.ok(names.length > 0);
  const called = new RegExp(`'(?:${names.join('|')})'|\\bruntimes\\.(?:${Object.keys(runtimes).join('|')})\\b`);
  const found = [...sources].filter(([path, text]) => !path.startsWith('src/runtimes/') && called.test(text));
  assert.deepEqual(
    found.map(([path]) => path),
    [],
  );
});

test('of what kind a field is, is asked in the folder of kinds alone', () => {
  assert.deepEqual(kindQuestions(sources, Object.keys(kinds)), []);
});

test('a question of what kind a field is is found, however it is asked', () => {
  const asked = [
    "if (field.kind === 'number') {}",
    "const isText = field?.kind !== 'text';",
    "({ kind }: Field) => kind === 'tensor'",
    "return 'boolean' === field.kind;",
    'switch (field.kind) {',
    "case 'datetime': return 1;",
    'const type = types[field.kind];',
    "['number', 'integer'].includes(field.kind)",
  ];
  const fine = [
    "if (database.kind === 'sqlite') {}",
    "profile?.kind === 'number'",
    'kindOf(field).column',
    "typeof x === 'number'",
  ];
  const found = kindQuestions(
    new Map([
      ['src/files/a.ts', [...asked, ...fine].join('\n')],
      ['src/core/kinds/a.ts', asked.join('\n')],
    ]),
    Object.keys(kinds),
  );
  assert.deepEqual(
    found.map((line) => line.split(':')[1]),
    asked.map((_, index) => String(index + 1)),
  );
});
