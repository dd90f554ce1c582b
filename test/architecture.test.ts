import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { kinds } from '../src/core/kinds/index.ts';
import { runtimes } from '../src/runtimes/index.ts';
import { table, violations } from './architecture.ts';
import { samples } from './architecture-samples.ts';
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

/** Lines of src/cli for each of its commands: what makes it longer than that belongs below it. */
const CLI_LINES_A_COMMAND = 194;

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
  const commands = [...sources.keys()].filter((path) => path.startsWith('src/cli/commands/'));
  const most = CLI_LINES_A_COMMAND * commands.length;
  assert.ok(lines.length <= most, `${lines.length} lines, at most ${most}`);
});

test('the sources keep to the table of imports', async () => {
  assert.ok(sources.has('src/core/errors.ts') && sources.has('src/cli/main.ts'));
  assert.deepEqual(await violations(sources), []);
});

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
  assert.deepEqual(tooLong(found, { ...listed, 'e.ts over': 'a table' }), [
    'a.ts far: 71 lines, at most 70',
    'c.ts deep: 80 lines, at most 70',
    'd.ts outer: 75 lines, at most 70',
    'd.ts (anonymous): 75 lines, at most 70',
    'e.ts mended: 99 lines, at most 70',
    'a.ts near: needs no exception any more',
    'e.ts long: 101 lines, at most 100',
    'e.ts over: 102 lines, at most 100',
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
