/** The files of `dist/edge`, whose first build has no words, beside the sources: the same answers, refusals and sentences. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { bundleEdge } from '../../../scripts/edge-bundle.ts';
import { withoutWords } from '../../../scripts/wordless.ts';
import { createApp } from '../../../src/app.ts';
import { MillraceError, messageOf } from '../../../src/core/errors.ts';
import { openEdge } from '../../../src/modes/edge/open.ts';
import { encodeJson, type Package, toLayout } from '../../../src/package/layout.ts';
import { sha256 } from '../../../src/package/oci.ts';
import { writeTar } from '../../../src/package/tar.ts';
import { random } from '../../runtimes/trees/rows.ts';

const root = join(import.meta.dirname, '../../..');
const models = {
  'ride-duration': './examples/taxi/models/ride-duration',
  churn: './examples/churn/models/churn',
  'sk-mlp': './test/fixtures/models/sk-mlp',
  'lgbm-categorical': './test/fixtures/models/lgbm-categorical',
};
/** Damaged files of each package, and rows of each. */
const FILES = 60;
const ROWS = 300;

type Edge = typeof import('../../../src/modes/edge/edge.ts');
type Next = () => number;
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

let folder: string;
let edge: Edge;
const packages = new Map<string, Package>();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-wordless-'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const [name, code] of await bundleEdge()) await writeFile(join(folder, name), code);
  edge = await import(pathToFileURL(join(folder, 'edge.js')).href);
  const app = createApp({ cwd: root, env: { HOME: '/nonexistent', MILLRACE_REGISTRY: 'sqlite::memory:' } });
  for (const [name, path] of Object.entries(models)) packages.set(name, (await app.pack(path)).package);
  await app.close();
});
after(() => rm(folder, { recursive: true, force: true }));

/** What comes of opening a package and asking it for rows: answers, or the problem. What goes to ONNX Runtime goes nowhere here. */
const told = async (open: () => ReturnType<Edge['load']>, rows: readonly unknown[]): Promise<unknown> => {
  try {
    const scorer = await open();
    const answers = await scorer.score(rows);
    await scorer.close();
    return answers;
  } catch (error) {
    const isOurs = error instanceof MillraceError && error.code !== 'NOT_LOADED';
    return isOurs ? { ...error.problem, isSaid: messageOf(error) === error.problem.message } : 'ONNX Runtime';
  }
};

/** Holds the two together, and resolves to what both have told. */
const same = async (bytes: Uint8Array, rows: readonly unknown[]): Promise<unknown> => {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  const [built, source] = await Promise.all([
    told(() => edge.load(url), rows),
    told(() => openEdge({ url, bytes }, {}, () => Promise.reject(new Error('none'))), rows),
  ]);
  URL.revokeObjectURL(url);
  assert.deepEqual(built, source);
  return source;
};

/** A packed file in which one file is another, and every digest is right. */
const forged = async (made: Package, file: string, bytes: Uint8Array): Promise<Uint8Array> => {
  const image = JSON.parse(new TextDecoder().decode(made.blobs.get(made.digest)));
  const layer = image.layers.find((one: { annotations: object }) => Object.values(one.annotations).includes(file));
  Object.assign(layer, { digest: await sha256(bytes), size: bytes.length });
  const encoded = encodeJson(image);
  const digest = await sha256(encoded);
  const blobs = new Map([...made.blobs, [layer.digest, bytes], [digest, encoded]]);
  return writeTar(toLayout({ ...made, digest, blobs }));
};

const pick = <T>(list: readonly T[], next: Next): T => list[Math.floor(next() * list.length)];

/** Bytes changed, made extreme, or cut off. */
const damaged = (file: Uint8Array, next: Next): Uint8Array => {
  const bytes = Uint8Array.from(file);
  for (let left = 1 + Math.floor(next() * 3); left > 0; left--) {
    const at = Math.floor(next() * bytes.length);
    const how = next();
    if (how < 0.6) bytes[at] = Math.floor(next() * 256);
    else if (how < 0.8) bytes.fill(next() < 0.5 ? 0xff : 0, at, at + 8);
    else if (how < 0.9) return bytes.subarray(0, at);
  }
  return bytes;
};

const strange: readonly Json[] = [
  null,
  true,
  -1,
  1e300,
  0.5,
  '',
  'tensor',
  'number',
  [],
  {},
  ['a'],
  { min: 3, max: 1 },
];

/** A value somewhere in JSON is another, is gone, or has company. */
const altered = (value: Json, next: Next): Json => {
  if (typeof value !== 'object' || value === null || next() < 0.1) return pick(strange, next);
  const copy = structuredClone(value) as Record<string, Json>;
  const key = pick(Object.keys(copy), next) ?? 'strange';
  const how = next();
  if (how < 0.1) delete copy[key];
  else if (how < 0.2) copy[`${key}x`] = copy[key] ?? 1;
  else copy[key] = altered(copy[key] ?? null, next);
  return copy;
};

const hostile = (field: string): readonly unknown[] => [
  undefined,
  Number.NaN,
  -Infinity,
  2n ** 70n,
  new Date(Number.NaN),
  Symbol.iterator,
  `${field}\0`,
  'x'.repeat(70_000),
  Object.defineProperty({}, field, {
    enumerable: true,
    get() {
      throw new Error('no');
    },
  }),
];

describe('millrace/edge without words refuses what the sources refuse, in their words', { timeout: 240_000 }, () => {
  for (const name of Object.keys(models)) {
    const rowsOf = (made: Package) => made.examples.map(({ input }) => input);

    it(`in damaged files of ${name}`, async () => {
      const made = packages.get(name) as Package;
      const next = random(20_261_128);
      const outcomes = new Map<string, number>();
      for (let turn = 0; turn < FILES; turn++) {
        const file = pick([...made.files.keys()], next);
        const bytes = made.files.get(file) as Uint8Array;
        const isJson = file.endsWith('.json') && next() < 0.9;
        const bad = isJson
          ? encodeJson(altered(JSON.parse(new TextDecoder().decode(bytes)), next))
          : damaged(bytes, next);
        const outcome = await same(await forged(made, file, bad), rowsOf(made));
        const kind = Array.isArray(outcome) ? 'answered' : ((outcome as { code?: string }).code ?? 'left');
        outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
      }
      assert.ok((outcomes.get('DAMAGED_PACKAGE') ?? 0) > FILES / 20, JSON.stringify([...outcomes]));
      assert.ok(outcomes.size > 2, JSON.stringify([...outcomes]));
    });

    it(`in a damaged tar file of ${name}`, async () => {
      const made = packages.get(name) as Package;
      const tar = writeTar(toLayout(made));
      const next = random(7);
      for (let turn = 0; turn < FILES / 5; turn++) await same(damaged(tar, next), rowsOf(made));
    });

    it(`in rows of ${name}`, async () => {
      const made = packages.get(name) as Package;
      const tar = writeTar(toLayout(made));
      const next = random(11);
      const [row] = rowsOf(made) as Record<string, Json>[];
      const rows = Array.from({ length: ROWS }, () => {
        const field = pick(Object.keys(row), next);
        return next() < 0.5 ? altered(row, next) : { ...row, [field]: pick(hostile(field), next) };
      });
      const answers = (await same(tar, rows)) as readonly { error?: { code: string } }[];
      assert.ok(new Set(answers.map(({ error }) => error?.code)).size > 3);
    });
  }
});

describe('what is left out of the sources', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'what is thrown, and the constants that serve it',
      "const f = (a: number) => { const b = a + 1; if (b > 2) { const near = g(a); throw fail('X', `no ${near}`); } return b; };",
      'const f = (a: number) => { const b = a + 1; if (b > 2) { throw 0; } return b; };',
    ],
    ['what is thrown again is not', 'try { f(); } catch (e) { throw e; }', 'try { f(); } catch (e) { throw e; }'],
    ['what a row is refused with', "batch.refuse(row, { code: 'X' });", 'batch.refuse(row, {});'],
    [
      'what only makes problems',
      'const p = (a: string): Problem => { return { code, a }; };',
      'const p = (a: string): Problem => ({});',
    ],
    [
      'what people read of a schema',
      "const s = { type: 'a', description: 'An a' };",
      "const s = { type: 'a', ...{} };",
    ],
    [
      'what such functions would be told',
      "const p = (a: string): Problem => f(a); const g = (complain: Complain) => complain('X', p('b'));",
      'const p = (a: string): Problem => ({}); const g = (complain: Complain) => complain();',
    ],
    [
      'what is returned as words, and the constants that serve it',
      'const p = (a: string): Problem => f(a); const g = (a: string) => { const b = a + 1; return p(b); };',
      'const p = (a: string): Problem => ({}); const g = (a: string) => { return p(); };',
    ],
    ['what a value looks like', 'const s = `${show(a)} b`;', "const s = `${''} b`;"],
    ['and nothing else', "const s = f('a b c', `${a} b`);", "const s = f('a b c', `${a} b`);"],
  ];
  for (const [what, before, after] of cases)
    it(`is ${what}`, () => {
      assert.equal(withoutWords(before).replaceAll(/\s+/g, ' '), after);
    });
});
