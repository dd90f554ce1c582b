/** What a process reads before it answers: nothing that this answer does not need. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadedUntilReady } from './loaded.ts';
import { tempFolder } from './temp-folder.ts';

const root = join(import.meta.dirname, '..');

/** The files that `millrace serve` of a model of trees has read when it says that it is ready, below the repository. */
const loadedToServe = (t: TestContext): Promise<readonly string[]> => {
  const cwd = tempFolder(t);
  cpSync(join(root, 'bench', 'models', 'trees-100x6'), join(cwd, 'model'), { recursive: true });
  return loadedUntilReady(t, {
    cwd,
    root,
    words: [join(root, 'bin', 'millrace.js'), 'serve', './model', '--port', '0'],
  });
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
