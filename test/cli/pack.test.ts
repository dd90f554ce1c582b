import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const model = join(import.meta.dirname, '..', '..', 'bench', 'models', 'trees-100x6');

/** A folder that holds the model under `model/`. */
const withModel = (t: TestContext): string => {
  const cwd = tempFolder(t);
  cpSync(model, join(cwd, 'model'), { recursive: true });
  return cwd;
};

test('pack says where it registers: in the user’s home, in the project, or where MILLRACE_HOME says', async (t) => {
  const home = withModel(t);
  const project = join(home, 'rides');
  mkdirSync(project);
  const told = async (cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string | undefined> => {
    const { code, stderr } = await runCli(['pack', join(home, 'model')], { cwd, env: { HOME: home, ...env } });
    assert.equal(code, 0, stderr);
    return /; registered in (.*)\n$/.exec(stderr)?.[1];
  };
  assert.equal(await told(project), '~/.millrace/registry.db');
  writeFileSync(join(project, 'millrace.yaml'), 'environments: [live]\n');
  assert.equal(await told(project), '.millrace/registry.db');
  const elsewhere = tempFolder(t);
  assert.equal(await told(project, { MILLRACE_HOME: elsewhere }), join(elsewhere, 'registry.db'));
  assert.equal(await told(project, { MILLRACE_REGISTRY: 'sqlite:own.db' }), 'own.db');
});

test('commands that only look make no registry, and say where one would be', async (t) => {
  const cwd = withModel(t);
  const before = readdirSync(cwd);
  for (const [argv, told] of [
    [['models'], /^Nothing is registered in \.millrace\/registry\.db yet: millrace pack <dir>/],
    [['history', 'ride'], /^error UNKNOWN_MODEL/],
    [['promote', 'ride@1.0.0', '--to', 'staging'], /^error UNKNOWN_MODEL/],
    [['rollback', 'ride', '--env', 'staging'], /^error UNKNOWN_MODEL/],
    [['predict', 'ride', '--row', '{}'], /^error UNKNOWN_MODEL/],
    [['inspect', './model'], /^$/],
  ] as const) {
    assert.match((await runCli(argv, { cwd })).stderr, told);
    assert.deepEqual(readdirSync(cwd), before, argv.join(' '));
  }
  assert.ok(!existsSync(join(cwd, '.millrace')));
});

test('a row on the command line whose bytes are not UTF-8 is refused', async (t) => {
  const { code, stderr } = await runCli(['predict', './model', '--row', '{"x":"caf\uFFFD"}'], { cwd: withModel(t) });
  assert.equal(code, 2);
  assert.match(stderr, /^error BAD_JSON: --row holds U\+FFFD, which stands for bytes that are not UTF-8/);
});

test('pack writes a file whole, leaves one that holds something else, and takes its place when told', async (t) => {
  const cwd = withModel(t);
  const pack = (...argv: readonly string[]) =>
    runCli(['pack', 'model', '--no-register', '-o', 'a.tar', ...argv], { cwd });
  const bytes = (): Buffer => readFileSync(join(cwd, 'a.tar'));
  const entries = readdirSync(cwd);
  assert.match((await pack('-o', '-')).stderr, /^error USAGE: A package goes to a file/);
  writeFileSync(join(cwd, 'a.tar'), 'something else');
  const refused = await pack();
  assert.deepEqual([refused.code, bytes().toString()], [2, 'something else']);
  assert.match(
    refused.stderr,
    /^error FILE_EXISTS: a\.tar exists already, and is another package; --force replaces it/,
  );
  assert.equal((await pack('--force')).code, 0);
  const written = bytes();
  assert.match((await runCli(['inspect', './a.tar'], { cwd })).stdout, /^trees-100x6@1\.0\.0 /);
  assert.equal((await pack()).code, 0, 'the same package again changes nothing');
  assert.deepEqual(bytes(), written);
  assert.deepEqual(readdirSync(cwd), ['a.tar', ...entries]);
});
