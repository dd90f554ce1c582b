/** What a process reads before it answers: nothing that this answer does not need. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { tempFolder } from './temp-folder.ts';

const root = join(import.meta.dirname, '..');

const hook = `import { registerHooks } from 'node:module';
import { appendFileSync } from 'node:fs';
registerHooks({
  load(url, context, next) {
    appendFileSync(process.env.LOADED, url + '\\n');
    return next(url, context);
  },
});
`;

/** The files that \`millrace serve\` of a model of trees has read when it says that it is ready, below the repository. */
const loadedToServe = async (t: TestContext): Promise<readonly string[]> => {
  const cwd = tempFolder(t);
  cpSync(join(root, 'bench', 'models', 'trees-100x6'), join(cwd, 'model'), { recursive: true });
  writeFileSync(join(cwd, 'hook.mjs'), hook);
  const loaded = join(cwd, 'loaded.txt');
  const words = ['--import', pathToFileURL(join(cwd, 'hook.mjs')).href, join(root, 'bin', 'millrace.js')];
  const child = spawn(process.execPath, [...words, 'serve', './model', '--port', '0'], {
    cwd,
    env: { ...process.env, HOME: cwd, LOADED: loaded, NODE_OPTIONS: '' },
  });
  t.after(() => child.kill('SIGKILL'));
  let told = '';
  for await (const part of child.stdout) {
    told += part;
    if (/^ready on/m.test(told)) break;
  }
  assert.match(told, /^ready on/m);
  const below = `${pathToFileURL(root).href}/`;
  return readFileSync(loaded, 'utf8')
    .split('\n')
    .flatMap((url) => (url.startsWith(below) ? [url.slice(below.length)] : []));
};

const unneeded = [
  'onnxruntime-node',
  '@duckdb/',
  '@platformatic/',
  'pg/',
  'kysely',
  'esbuild',
  '@opentelemetry/sdk-trace',
  '@opentelemetry/exporter-trace-otlp-proto',
  '@marcbachmann/cel-js',
];

test('a service of trees reads no other runtime, no database, no broker, no bundler and no tracing', async (t) => {
  const loaded = await loadedToServe(t);
  assert.ok(loaded.includes('src/modes/service/service.ts'));
  const packages = loaded.flatMap((path) => path.split('node_modules/')[1] ?? []);
  assert.deepEqual(
    packages.filter((path) => unneeded.some((name) => path.startsWith(name))),
    [],
  );
  const parts =
    /^src\/(?:workers\/pool|workers\/proof|modes\/service\/publish\/publishing|modes\/(?:batch|stream|decide)\/)/;
  assert.deepEqual(
    loaded.filter((path) => parts.test(path)),
    [],
  );
});
