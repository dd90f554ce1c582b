import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { loadedUntilReady } from './loaded.ts';
import { tempFolder } from './temp-folder.ts';

const root = join(import.meta.dirname, '..');
const run = promisify(execFile);

/** A caller's environment: nothing of the npm that may have started this test, and a home of its own. */
const envOf = (home: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^MILLRACE_|^NODE_OPTIONS$/i.test(name))),
  HOME: home,
});

const consumer = `import { createApp, MillraceError, type Scorer } from 'millrace';
const app = createApp({ cwd: process.cwd(), env: process.env });
const scorer: Scorer = await app.scorer('trees-100x6@production');
process.stdout.write(JSON.stringify(await scorer.score([JSON.parse(process.argv[2] ?? '')])));
await scorer.close();
await app.close();
// @ts-expect-error: what the package exports has its types
export const wrong: number = app;
export const refused = (error: unknown): boolean => error instanceof MillraceError;
`;

test('a packed tarball, installed in an empty folder, packs, promotes and predicts', {
  timeout: 300_000,
}, async (t) => {
  const temp = tempFolder(t);
  const cwd = join(temp, 'project');
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'package.json'), '{ "private": true, "type": "module" }\n');
  // npm keeps its cache below the user's home: a second download of everything would prove nothing more.
  const npmEnv = { ...envOf(temp), HOME: process.env.HOME };

  const packed = await run('npm', ['pack', '--json', '--pack-destination', temp], { cwd: root, env: npmEnv });
  const [{ filename, files }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('[')));
  const paths: readonly string[] = files.map(({ path }: { readonly path: string }) => path);
  for (const path of [
    'bin/millrace.js',
    'dist/cli-main.js',
    'dist/types/index.d.ts',
    'dist/LICENSES.txt',
    'LICENSE',
    'README.md',
  ]) {
    assert.ok(paths.includes(path), `the tarball lacks ${path}`);
  }
  assert.deepEqual(
    paths.filter((path) => /^(?:src|test|bench|examples)\/|\.ts$/.test(path) && !path.endsWith('.d.ts')),
    [],
  );
  const install = ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', join(temp, filename)];
  await run('npm', install, { cwd, env: npmEnv });

  const bin = join(cwd, 'node_modules', 'millrace', 'bin', 'millrace.js');
  const millrace = (...argv: readonly string[]) => run(process.execPath, [bin, ...argv], { cwd, env: envOf(cwd) });

  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.equal((await millrace('--version')).stdout, `${version}\n`);

  cpSync(join(root, 'bench', 'models', 'trees-100x6'), join(cwd, 'model'), { recursive: true });
  assert.match((await millrace('pack', './model')).stdout, /^trees-100x6@1\.0\.0 sha256:[0-9a-f]{64}/m);
  await millrace('promote', 'trees-100x6@1.0.0', '--to', 'production');
  const [{ input, output }] = JSON.parse(readFileSync(join(cwd, 'model', 'examples.json'), 'utf8'));
  const predicted = await millrace('predict', 'trees-100x6@production', '--row', JSON.stringify(input), '--json');
  const { score } = JSON.parse(predicted.stdout).prediction;
  assert.ok(Math.abs(score - output.score) < 1e-4, `expected ${output.score}, got ${score}`);
  // Parquet is written by a worker, which must be found in the installed package too.
  writeFileSync(join(cwd, 'rows.ndjson'), `${JSON.stringify(input)}\n`.repeat(3));
  await millrace('predict', './model', '--in', 'rows.ndjson', '--out', 'scored.parquet');
  const again = await millrace(
    'predict',
    './model',
    '--in',
    'scored.parquet',
    '--format',
    'ndjson',
    '--only-predictions',
  );
  assert.deepEqual(
    again.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    Array(3).fill({ predicted_score: score }),
  );

  // What a service is made of lies together: each file that is looked for and linked delays its first answer.
  const served = await loadedUntilReady(t, {
    cwd,
    root: join(cwd, 'node_modules', 'millrace', 'dist'),
    words: [bin, 'serve', 'trees-100x6@production', '--port', '0'],
  });
  assert.ok(served.length > 3 && served.length < 30, `${served.length} files: ${served.join(', ')}`);

  // Processes and threads of a service are files of their own, and so is the definition of gRPC.
  const words = [
    'trees-100x6@production',
    '--port',
    '0',
    '--workers',
    '2',
    '--isolation',
    'workers',
    '--record',
    'all',
  ];
  const service = spawn(process.execPath, [bin, 'serve', ...words], {
    cwd,
    env: envOf(cwd),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => service.kill('SIGKILL'));
  let url: string | undefined;
  let grpc: string | undefined;
  for await (const line of createInterface(service.stdout)) {
    grpc ??= /^gRPC on (\S+)$/.exec(line)?.[1];
    url = /^ready on ([^;]+);/.exec(line)?.[1];
    if (url !== undefined) break;
  }
  assert.ok(grpc !== undefined);
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(input);
  const answer = await (await fetch(`${url}/predict/trees-100x6`, { method: 'POST', headers, body })).json();
  assert.equal(answer.prediction.score, score);
  service.kill('SIGTERM');
  assert.deepEqual(await once(service, 'exit'), [0, null]);
  assert.match((await millrace('replay', answer.id)).stdout, /^same {2}trees-100x6@1\.0\.0/);

  // As a library, with its types.
  writeFileSync(join(cwd, 'consumer.mts'), consumer);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const strict = ['--noEmit', '--strict', '--target', 'es2024', '--module', 'nodenext', '--skipLibCheck'];
  const types = ['--typeRoots', join(root, 'node_modules', '@types'), '--types', 'node'];
  await run(process.execPath, [tsc, ...strict, ...types, 'consumer.mts'], { cwd });
  const scored = await run(process.execPath, ['consumer.mts', JSON.stringify(input)], { cwd, env: envOf(cwd) });
  assert.equal(JSON.parse(scored.stdout)[0].output.score, score);

  // What an older Node is told, in one line.
  const old = join(temp, 'old-node.cjs');
  writeFileSync(
    old,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } });\n",
  );
  await assert.rejects(run(process.execPath, ['--require', old, bin, '--version'], { cwd, env: envOf(cwd) }), {
    code: 2,
    stdout: '',
    stderr: /^millrace \S+ needs Node 24 or later, and this is \S+: install it from \S+\n$/,
  });
});

test('npm i -g . in the checkout puts millrace on the path of every folder', { timeout: 300_000 }, async (t) => {
  const temp = tempFolder(t);
  const env = { ...envOf(temp), HOME: process.env.HOME, npm_config_prefix: join(temp, 'global') };
  await run('npm', ['install', '--global', '--no-audit', '--no-fund', '.'], { cwd: root, env });
  const cwd = join(temp, 'elsewhere');
  mkdirSync(cwd);
  const { stdout } = await run(join(temp, 'global', 'bin', 'millrace'), ['models', '--json'], {
    cwd,
    env: envOf(temp),
  });
  assert.deepEqual(JSON.parse(stdout), []);
});
