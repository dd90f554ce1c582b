import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { createApp } from '../src/app.ts';
import type { Packed } from '../src/package/pack.ts';
import { postgresStore } from './contracts/stores.ts';
import { doubling } from './package/model-folder.ts';
import { runCli } from './run-cli.ts';
import { tempFolder } from './temp-folder.ts';

/** The registry's own suite makes do with any bytes; what is promoted here is proven first, so these are packages that answer. */
const yaml = (name: string, version: string): string => `name: ${name}
version: ${version}
description: Twice two numbers
model: model.onnx
inputs:
  x: { kind: tensor, dtype: float32, shape: [2] }
outputs:
  y: { kind: tensor, dtype: float32, shape: [2] }
`;
const packages = new Map<string, Packed['package']>();
before(async () => {
  for (const [name, version] of [
    ['ride', '1.0.0'],
    ['ride', '1.1.0'],
    ['fare', '2.0.0'],
  ] as const) {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
    writeFileSync(join(folder, 'model.yaml'), yaml(name, version));
    writeFileSync(join(folder, 'model.onnx'), doubling);
    const app = createApp({ cwd: folder, env: { HOME: folder } });
    packages.set(`${name}@${version}`, (await app.pack(folder)).package);
    await app.close();
    rmSync(folder, { recursive: true });
  }
});
const packed = (name: string, version: string): Packed['package'] => {
  const found = packages.get(`${name}@${version}`);
  assert.ok(found, `${name}@${version} was not packed`);
  return found;
};

/** A project with ride 1.0.0 and 1.1.0 and fare 2.0.0, and how to call the command line in it. */
const project = async (t: TestContext, more: NodeJS.ProcessEnv = {}) => {
  const cwd = tempFolder(t);
  const env = { HOME: cwd, MILLRACE_HOME: join(cwd, 'home'), MILLRACE_WHO: 'ada', ...more };
  const app = createApp({ cwd, env });
  const registry = await app.registry();
  for (const version of ['1.0.0', '1.1.0']) await registry.register(packed('ride', version));
  await registry.register(packed('fare', '2.0.0'));
  await app.close();
  const run = (line: string, ...rest: readonly string[]) => runCli([...line.split(' '), ...rest], { cwd, env });
  const ok = async (line: string, ...rest: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(line, ...rest);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const refused = async (line: string): Promise<string> => {
    const { code, stdout, stderr } = await run(line);
    assert.deepEqual([code, stdout], [2, '']);
    return stderr;
  };
  return { cwd, run, ok, refused };
};

const short = (name: string, version: string): string => packed(name, version).digest.slice(0, 19);
const time = /\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}Z/g;

describe('millrace promote and rollback', () => {
  it('move an environment, and say from what to what', async (t) => {
    const { ok } = await project(t);
    assert.equal(
      await ok('promote ride@1.0.0 --to production'),
      `ride@production is now 1.0.0 (was empty)  ${short('ride', '1.0.0')}\n`,
    );
    await ok('promote ride --to staging');
    assert.match(
      await ok('promote ride@staging --to production'),
      /^ride@production is now 1\.1\.0 \(was 1\.0\.0\) {2}/,
    );
    assert.equal(
      await ok('promote ride@1.1.0 --to production'),
      'ride@production is 1.1.0 already; nothing has changed\n',
    );
    assert.equal(
      await ok('rollback ride --env production'),
      `ride@production is back at 1.0.0 (was 1.1.0)  ${short('ride', '1.0.0')}\n`,
    );
  });

  it('with --json tell programs the same', async (t) => {
    const { ok } = await project(t);
    const { digest } = packed('ride', '1.0.0');
    const moved = { name: 'ride', version: '1.0.0', digest, environment: 'production', from: null, changed: true };
    assert.deepEqual(JSON.parse(await ok('promote ride@1.0.0 --to production --json')), moved);
    await ok('promote ride@1.1.0 --to production');
    const back = JSON.parse(await ok('rollback ride --env production --json'));
    assert.deepEqual(back, { ...moved, from: '1.1.0' });
  });

  it('refuse what is not there, and name what is near', async (t) => {
    const { refused } = await project(t);
    assert.match(await refused('promote rdie@1.0.0 --to production'), /^error UNKNOWN_MODEL: .*did you mean ride\?/);
    assert.match(
      await refused('promote ride@1.0.1 --to production'),
      /^error UNKNOWN_VERSION: .*did you mean 1\.0\.0\?/,
    );
    assert.match(await refused('promote ride@1.0.0 --to prodution'), /^error UNKNOWN_ENVIRONMENT: .*mean production\?/);
    assert.match(
      await refused('promote ride@1.0.0'),
      /^error USAGE: .*--to.*\n.*one of development, staging, production/,
    );
    assert.match(await refused('promote ride@1.0.0 --ot production'), /^error USAGE: unknown option '--ot'/);
    assert.match(await refused('rollback ride'), /^error USAGE: .*--env/);
    assert.match(await refused('rollback ride --env production'), /^error NOTHING_TO_ROLL_BACK: /);
    assert.match(await refused('rollback rdie --env production'), /^error UNKNOWN_MODEL: /);
  });

  it('know the environments of the project', async (t) => {
    const { cwd, ok, refused } = await project(t);
    mkdirSync(join(cwd, 'live'));
    writeFileSync(join(cwd, 'live', 'p.yaml'), 'environments: [live]\n');
    assert.match(await ok('-f live/p.yaml promote ride@1.0.0 --to live'), /^ride@live is now 1\.0\.0/);
    assert.match(await refused('promote ride@1.0.0 --to live'), /^error UNKNOWN_ENVIRONMENT/);
  });
});

describe('millrace history', () => {
  it('shows who moved what, when and why, the oldest first', async (t) => {
    const { ok } = await project(t);
    await ok('promote ride@1.0.0 --to production');
    await ok('promote ride@1.1.0 --to production --why', 'MAE 3.1 → 2.9\nat last\u001b[31m');
    await ok('rollback ride --env production --as bob --why complaints');
    const lines = (await ok('history ride')).replace(time, 'T'.repeat(20)).split('\n');
    assert.deepEqual(lines, [
      'when                  environment  action    from   to     digest               who  why',
      `TTTTTTTTTTTTTTTTTTTT  production   promote   –      1.0.0  ${short('ride', '1.0.0')}  ada`,
      `TTTTTTTTTTTTTTTTTTTT  production   promote   1.0.0  1.1.0  ${short('ride', '1.1.0')}  ada  MAE 3.1 → 2.9 at last [31m`,
      `TTTTTTTTTTTTTTTTTTTT  production   rollback  1.1.0  1.0.0  ${short('ride', '1.0.0')}  bob  complaints`,
      '',
    ]);
  });

  it('with --json and --env tells programs one environment’s moves', async (t) => {
    const { ok } = await project(t);
    await ok('promote ride@1.0.0 --to production');
    await ok('promote ride@1.1.0 --to staging --why try');
    const [move, ...rest] = JSON.parse(await ok('history ride --env staging --json'));
    assert.deepEqual(rest, []);
    assert.deepEqual([move.from, move.to, move.who, move.why], [null, '1.1.0', 'ada', 'try']);
    assert.equal(move.digest, packed('ride', '1.1.0').digest);
    assert.deepEqual(JSON.parse(await ok('history fare --json')), []);
  });

  it('says when there is none, and refuses a model or an environment that does not exist', async (t) => {
    const { run, refused } = await project(t);
    const { code, stdout, stderr } = await run('history fare');
    assert.deepEqual([code, stdout, stderr], [0, '', 'fare has not been promoted anywhere yet\n']);
    assert.match(await refused('history rdie'), /^error UNKNOWN_MODEL/);
    assert.match(await refused('history ride --env prodution'), /^error UNKNOWN_ENVIRONMENT/);
    assert.match(await refused('history ride --env prodution --at 2026-11-01'), /^error UNKNOWN_ENVIRONMENT/);
  });

  it('--at tells where environments pointed at that moment', async (t) => {
    const { ok, run } = await project(t);
    await ok('promote ride@1.0.0 --to production');
    const { code, stdout, stderr } = await run('history ride --at 9999-12-31');
    assert.deepEqual([code, stderr], [0, 'ride at 9999-12-31 23:59:59Z\n']);
    assert.deepEqual(stdout.replace(time, 'T'.repeat(20)).split('\n'), [
      'environment  version  digest               since                 who  why',
      'development  –',
      'staging      –',
      `production   1.0.0    ${short('ride', '1.0.0')}  TTTTTTTTTTTTTTTTTTTT  ada`,
      '',
    ]);
    const before = JSON.parse(await ok('history ride --env production --at 2020-02-29T12:00+02:00 --json'));
    assert.deepEqual(before, [{ environment: 'production', version: null }]);
  });

  it('--at refuses what is not one moment', async (t) => {
    const { refused } = await project(t);
    for (const date of ['yesterday', '2026-02-30', '2026-13-01', '2026-11-01T12:00', '2026-11-01T25:00Z', '1']) {
      assert.match(await refused(`history ride --at ${date}`), /^error USAGE: .* is not a date/);
    }
  });
});

describe('millrace models', () => {
  it('lists every version with its digest, and the environments that point at it', async (t) => {
    const { ok } = await project(t);
    for (const to of ['production', 'development']) await ok(`promote ride@1.0.0 --to ${to}`);
    assert.deepEqual((await ok('models')).replace(time, 'T'.repeat(20)).split('\n'), [
      'model       digest               environments             registered            by',
      `fare@2.0.0  ${short('fare', '2.0.0')}                           TTTTTTTTTTTTTTTTTTTT  ada`,
      `ride@1.1.0  ${short('ride', '1.1.0')}                           TTTTTTTTTTTTTTTTTTTT  ada`,
      `ride@1.0.0  ${short('ride', '1.0.0')}  development, production  TTTTTTTTTTTTTTTTTTTT  ada`,
      '',
    ]);
    const [fare, ride] = JSON.parse(await ok('models --json'));
    assert.deepEqual([fare.name, fare.latest.digest], ['fare', packed('fare', '2.0.0').digest]);
    assert.deepEqual(
      ride.versions.map(({ version }: { version: string }) => version),
      ['1.1.0', '1.0.0'],
    );
    assert.equal(ride.pointers[1].version, '1.0.0');
  });

  it('says what to do when there are none', async (t) => {
    const cwd = tempFolder(t);
    const { code, stdout, stderr } = await runCli(['models'], { cwd });
    assert.deepEqual([code, stdout], [0, '']);
    assert.match(stderr, /millrace pack/);
  });
});

describe('the command line on PostgreSQL', () => {
  const store = postgresStore();
  after(() => store.remove());

  it('does the same', async (t) => {
    const { ok } = await project(t, { MILLRACE_REGISTRY: (await store.empty()).url });
    await ok('promote ride@1.0.0 --to production');
    await ok('promote ride@1.1.0 --to production');
    assert.match(await ok('rollback ride --env production'), /is back at 1\.0\.0/);
    assert.equal(JSON.parse(await ok('history ride --json')).length, 3);
    assert.match(await ok('models'), /ride@1\.0\.0 .* production /);
  });
});
