import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import type { createScorer } from '../../src/core/scorer.ts';
import type { Manifest } from '../../src/core/types.ts';
import { echoSession } from './echo.ts';

const bundle = (entry: string, platform: 'browser' | 'neutral') =>
  build({
    entryPoints: [join(import.meta.dirname, '../../src', entry)],
    bundle: true,
    write: false,
    metafile: true,
    format: 'iife',
    globalName: 'millrace',
    platform,
    logLevel: 'silent',
  });

for (const entry of ['core/scorer.ts', 'package/open.ts'])
  test(`${entry} bundles for a browser without a shim and without an import`, async () => {
    for (const platform of ['browser', 'neutral'] as const) {
      const { metafile, warnings } = await bundle(entry, platform);
      assert.deepEqual(warnings, []);
      const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
      assert.deepEqual(imports, []);
      for (const path of Object.keys(metafile.inputs))
        assert.match(path, /^src\/(core|text|package|runtimes\/trees)\/|^src\/runtimes\/index\.ts$/);
    }
  });

test('the core scores where there is nothing but JavaScript itself', async () => {
  const { outputFiles } = await bundle('core/scorer.ts', 'neutral');
  const bare = createContext({});
  runInContext(outputFiles[0]?.text ?? '', bare);
  const core = runInContext('millrace', bare) as { createScorer: typeof createScorer };
  const manifest: Manifest = {
    name: 'bare',
    version: '1.0.0',
    runtime: 'onnx',
    inputs: { at: { kind: 'datetime', zone: 'America/New_York' }, n: { kind: 'number' } },
    outputs: { y: { kind: 'tensor', dtype: 'float64', shape: [2], from: 'x out' } },
    prepare: [{ hour: { of: 'at', as: 'hour' } }, { concat: { fields: ['hour', 'n'], as: 'x' } }],
  };
  const session = echoSession([{ name: 'x', dtype: 'float64', dims: [null, 2] }]);
  const scorer = core.createScorer({ manifest, digest: 'sha256:0', session });
  const answers = await scorer.score([
    { at: '2024-07-01T09:30', n: 0.1 },
    { at: 'soon', n: 1 },
  ]);
  assert.deepEqual(JSON.parse(JSON.stringify(answers[0])), { output: { y: [9, 0.1] } });
  assert.equal(answers[1]?.error?.code, 'BAD_DATETIME');
});
