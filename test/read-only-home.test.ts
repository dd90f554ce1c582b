/** A home that may only be read scores and serves; what would write to it says so. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { openReadOnly } from '../src/store/read-only.ts';

const root = join(import.meta.dirname, '..');
const model = join(root, 'test', 'fixtures', 'models', 'int-inputs');
const isRoot = process.getuid?.() === 0;
/** Permissions bind everybody but root, who gives them up. */
const NOBODY = 65_534;
const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

let folder: string;
let home: string;

const environment = () => ({ ...process.env, HOME: folder, MILLRACE_HOME: home });
const millrace = (args: readonly string[], as: object = identity) =>
  spawnSync(process.execPath, [join(root, 'bin', 'millrace.js'), ...args], {
    cwd: folder,
    env: environment(),
    encoding: 'utf8',
    ...as,
  });

const modes = (mode: { readonly folder: number; readonly file: number }, path = home): void => {
  const isFolder = statSync(path).isDirectory();
  if (isFolder) for (const name of readdirSync(path)) modes(mode, join(path, name));
  chmodSync(path, isFolder ? mode.folder : mode.file);
};

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-read-only-'));
  home = join(folder, 'home');
  chmodSync(folder, 0o755);
  cpSync(model, join(folder, 'model'), { recursive: true });
  modes({ folder: 0o755, file: 0o644 }, join(folder, 'model'));
  for (const args of [
    ['pack', 'model'],
    ['promote', 'int-inputs@1.0.0', '--to', 'development'],
  ]) {
    const { status, stderr } = millrace(args, {});
    assert.equal(status, 0, stderr);
  }
  // Another version, which pack would register.
  cpSync(model, join(folder, 'other'), { recursive: true });
  modes({ folder: 0o755, file: 0o644 }, join(folder, 'other'));
  const yaml = readFileSync(join(model, 'model.yaml'), 'utf8');
  writeFileSync(join(folder, 'other', 'model.yaml'), yaml.replace('version: 1.0.0', 'version: 2.0.0'));
  modes({ folder: 0o555, file: 0o444 });
});
after(() => {
  modes({ folder: 0o755, file: 0o644 });
  rmSync(folder, { recursive: true, force: true });
});

test('predict, inspect, models and history read it, and leave nothing behind', () => {
  const before = readdirSync(home).sort();
  const scored = millrace(['predict', 'int-inputs@development', '--row', '{"units": 3, "price": 4}', '--json']);
  assert.equal(scored.status, 0, scored.stderr);
  assert.deepEqual(JSON.parse(scored.stdout).prediction, { total: 12, over: false });
  for (const args of [['inspect', 'int-inputs@1.0.0'], ['models'], ['history', 'int-inputs']]) {
    const { status, stdout, stderr } = millrace(args);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /1\.0\.0/);
  }
  assert.deepEqual(readdirSync(home).sort(), before);
});

test('serve answers, says that nothing is recorded, and follows nothing into the home', async () => {
  const served = spawn(
    process.execPath,
    [join(root, 'bin', 'millrace.js'), 'serve', 'int-inputs@development', '--port', '0', '--record', 'all'],
    { cwd: folder, env: environment(), stdio: ['ignore', 'pipe', 'pipe'], ...identity },
  );
  let told = '';
  try {
    const address = await new Promise<string>((resolve, reject) => {
      const hear = (text: Buffer): void => {
        told += text;
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(told)?.[0];
        if (found) resolve(found);
      };
      served.stdout.on('data', hear);
      served.stderr.on('data', hear);
      served.on('exit', () => reject(new Error(told)));
    });
    const response = await fetch(`${address}/predict/int-inputs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"units": 3, "price": 4}',
    });
    assert.equal(response.status, 200, told);
  } finally {
    served.kill();
    await once(served, 'close');
  }
  assert.match(told, /no records are kept, as the home may only be read/);
});

test('serve does not start where no answer may be without its record', () => {
  const words = ['serve', 'int-inputs@development', '--port', '0', '--no-grpc', '--record', 'all', '--record-wait'];
  const { status, stderr } = millrace(words);
  assert.equal(status, 2, stderr);
  assert.match(stderr, /READ_ONLY/);
});

test('pack and promote say that it may only be read, and how to go on', () => {
  for (const args of [
    ['pack', 'other'],
    ['promote', 'int-inputs@1.0.0', '--to', 'production'],
  ]) {
    const { status, stderr } = millrace(args);
    assert.equal(status, 2, stderr);
    assert.match(stderr, /READ_ONLY/);
    assert.match(stderr, /MILLRACE_HOME|home that may be written to/);
  }
});

test('what somebody else writes is seen by a reader that is open, also where they left a log', async () => {
  const path = join(folder, 'shared.db');
  const writer = new DatabaseSync(path);
  writer.exec('pragma journal_mode = wal; create table t (x); insert into t values (1)');
  writer.close();
  const reader = openReadOnly(path, 'shared.db');
  const count = () => reader.current().prepare('select count(*) as rows from t').get()?.rows;
  assert.equal(count(), 1);
  const again = new DatabaseSync(path);
  again.exec('insert into t values (2)');
  assert.equal(count(), 2);
  again.exec('insert into t values (3)');
  assert.equal(count(), 3);
  again.close();
  assert.equal(count(), 3);
  assert.throws(() => reader.current().exec('insert into t values (4)'), /readonly/);
  reader.close();
});
