import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createApp, MillraceError } from '../src/index.ts';
import { encodeJson, makePackage, toLayout } from '../src/package/layout.ts';
import { writeTar } from '../src/package/tar.ts';
import { tempFolder } from './temp-folder.ts';

const model = join(import.meta.dirname, '..', 'bench', 'models', 'trees-100x6');
const name = 'trees-100x6';

/** An app whose folder holds a copy of the model. */
const appOf = (t: TestContext, env: NodeJS.ProcessEnv = {}, cwd = tempFolder(t)) => {
  cpSync(model, join(cwd, name), { recursive: true });
  const app = createApp({ cwd, env: { HOME: cwd, MILLRACE_WHO: 'ann', ...env } });
  t.after(() => app.close());
  return { app, cwd };
};

const register = async (app: ReturnType<typeof createApp>) => {
  const { package: packed, tar } = await app.pack(name);
  const { manifest, digest, blobs } = packed;
  await (await app.registry()).register({ manifest, digest, blobs });
  return { digest, tar };
};

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof MillraceError, `not refused, or not by us: ${error}`);
  return error.code;
};

test('a package for a runtime that is not there can be looked at, and is refused by the name of its runtime', async (t) => {
  const { app, cwd } = appOf(t);
  const { manifest } = await app.open(`./${name}`);
  const later = { ...manifest, runtime: 'abacus' } as unknown as typeof manifest;
  const made = await makePackage(new Map([['model.json', encodeJson(later)]]));
  writeFileSync(join(cwd, 'later.tar'), writeTar(toLayout(made)));
  assert.equal((await app.open('later.tar')).digest, made.digest);
  await assert.rejects(app.scorer('later.tar'), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'BAD_MODEL');
    assert.match(error.message, /needs the runtime abacus/);
    return true;
  });
});

test('every kind of reference gives the same package and the same answer', async (t) => {
  const { app, cwd } = appOf(t);
  const { digest, tar } = await register(app);
  await (await app.registry()).promote({ name, version: '1.0.0', to: 'production' });
  writeFileSync(join(cwd, 'a.tar'), tar);
  const [example] = JSON.parse(readFileSync(join(model, 'examples.json'), 'utf8'));
  const answers = new Set<string>();
  const refs = ['1.0.0', 'production', digest, digest.slice(0, 20)].map((at) => `${name}@${at}`);
  for (const ref of [...refs, name, `./${name}`, join(cwd, name), 'a.tar']) {
    const scorer = await app.scorer(ref);
    assert.equal(scorer.digest, digest, ref);
    answers.add(JSON.stringify(await scorer.score([example.input])));
    await scorer.close();
  }
  assert.equal(answers.size, 1);
});

test('a registry is made when it is first asked for, and not before', async (t) => {
  const { app } = appOf(t);
  assert.ok(!existsSync(app.home));
  await app.open(`./${name}`);
  assert.ok(!existsSync(app.home));
  assert.deepEqual(await (await app.registry()).models(), []);
  assert.ok(existsSync(join(app.home, 'registry.db')));
});

test('looking things up makes no registry, and finds the one that another makes meanwhile', async (t) => {
  const { app } = appOf(t);
  const empty = await app.lookup();
  assert.deepEqual(await empty.models(), []);
  assert.equal(empty.place, `sqlite:${join(app.home, 'registry.db')}`);
  assert.equal(await codeOf(app.open(`${name}@1.0.0`)), 'UNKNOWN_MODEL');
  assert.ok(!existsSync(app.home));
  const other = appOf(t, { MILLRACE_HOME: app.home });
  const { digest } = await register(other.app);
  assert.equal((await app.open(`${name}@1.0.0`)).digest, digest);
  assert.equal((await app.lookup()).place, (await other.app.registry()).place);
});

test('MILLRACE_REGISTRY goes before the project, whose paths start from its folder', async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'millrace.yaml'), 'registry: sqlite:state/own.db\nenvironments: [only]\n');
  mkdirSync(join(cwd, 'below'));
  const own = appOf(t, {}, join(cwd, 'below')).app;
  assert.deepEqual((await own.registry()).environments, ['only']);
  assert.ok(existsSync(join(cwd, 'state', 'own.db')));
  const other = appOf(t, { MILLRACE_REGISTRY: 'sqlite:other.db' }, join(cwd, 'below')).app;
  await other.registry();
  assert.ok(existsSync(join(cwd, 'below', 'other.db')));
});

test('two projects on one registry find the same packages', async (t) => {
  const shared = `sqlite:${join(tempFolder(t), 'shared.db')}`;
  const { digest } = await register(appOf(t, { MILLRACE_REGISTRY: shared }).app);
  const { app } = appOf(t, { MILLRACE_REGISTRY: shared });
  assert.equal((await app.open(name)).digest, digest);
});

test('the history names who MILLRACE_WHO says', async (t) => {
  const { app } = appOf(t);
  await register(app);
  const registry = await app.registry();
  await registry.promote({ name, version: '1.0.0', to: 'staging' });
  assert.deepEqual(
    (await registry.history(name)).map(({ who }) => who),
    ['ann'],
  );
});

test('what is not there is refused with the code that says so', async (t) => {
  const { app, cwd } = appOf(t);
  writeFileSync(join(cwd, 'b.tar'), 'not a package');
  assert.equal(await codeOf(app.open('./absent')), 'FILE_NOT_FOUND');
  assert.equal(await codeOf(app.open('absent')), 'UNKNOWN_MODEL');
  assert.equal(await codeOf(app.open('A B')), 'BAD_REF');
  assert.equal(await codeOf(app.open('b.tar')), 'DAMAGED_PACKAGE');
  assert.equal(await codeOf(app.open(cwd)), 'FILE_NOT_FOUND');
});

test('a bare name that is only a folder says how to write the path', async (t) => {
  const { app } = appOf(t);
  await assert.rejects(app.open(name), {
    code: 'UNKNOWN_MODEL',
    message: new RegExp(`for the path write \\./${name}$`),
  });
});

test('a reference row that cannot be read is refused with its place', async (t) => {
  const { app, cwd } = appOf(t);
  const yaml = join(cwd, name, 'model.yaml');
  writeFileSync(yaml, `${readFileSync(yaml, 'utf8')}\nreference: reference.csv\n`);
  const fields = Array.from({ length: 16 }, (_, i) => `f${i}`);
  const rows = (last: string) => `${fields}\n${fields.map((_, i) => i)}\n${last}\n`;
  writeFileSync(join(cwd, name, 'reference.csv'), rows(String(fields.map((_, i) => i + 1))));
  const profile = (await app.pack(name)).package.files.get('profile.json');
  assert.equal(JSON.parse(Buffer.from(profile ?? []).toString()).rows, 2);
  writeFileSync(join(cwd, name, 'reference.csv'), rows('1,2'));
  await assert.rejects(app.pack(name), { code: 'BAD_REFERENCE', message: /row 2: / });
});
