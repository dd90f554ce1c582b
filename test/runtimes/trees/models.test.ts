import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { openOnnxNode } from '../../../src/runtimes/onnx.node.ts';
import { readOnnx } from '../../../src/runtimes/onnx-graph.ts';
import { openTabular } from '../../../src/runtimes/trees/open-tabular.ts';
import { Unusual } from '../../../src/runtimes/trees/unusual.ts';
import { feedsOf, poolsOf } from './rows.ts';
import { assertClose, assertSameBits } from './same-bits.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const folders = ['test/fixtures/models', 'examples/*/models', 'bench/models']
  .flatMap((place) => globSync(`${place}/*/model.onnx`, { cwd: root }))
  .map((path) => dirname(path));

/** ONNX Runtime's softmax of several scores adds in the order of its processor's vectors. */
const close = new Set(['test/fixtures/models/sk-logistic-zipmap']);
/** What is left to ONNX Runtime, and why. */
const foreign: Readonly<Record<string, RegExp>> = {
  'test/fixtures/models/sk-double-linear': /float64 where float32 is expected/,
};

const ROWS = 2000;

assert.ok(folders.length > 18, 'the models are found');

describe('the own runtime answers as onnxruntime-node, bit for bit', () => {
  for (const folder of folders) {
    const file = readFileSync(join(root, folder, 'model.onnx'));
    const reason = foreign[folder];
    if (reason) {
      test(`${folder} is ONNX Runtime's`, () => {
        const own = openTabular(file);
        assert.ok(own instanceof Unusual && reason.test(own.message));
      });
      continue;
    }
    test(folder, async () => {
      assert.ok(existsSync(join(root, folder, 'model.yaml')));
      const [own, theirs] = [openTabular(file), await openOnnxNode(file)];
      assert.ok(!(own instanceof Unusual));
      assert.deepEqual([own.inputs, own.outputs], [theirs.inputs, theirs.outputs]);
      const pools = poolsOf(readOnnx(file));
      const hold = close.has(folder) ? assertClose : assertSameBits;
      let answered = 0;
      for (const [seed, size] of [ROWS, 1000, 13, 4, 1].entries())
        answered += await hold(own, theirs, feedsOf(own.inputs, pools, size < 100 ? 200 : ROWS, seed), size);
      assert.ok(answered > ROWS, `${answered} rows were answered`);
      await Promise.all([own.close(), theirs.close()]);
    });
  }
});
