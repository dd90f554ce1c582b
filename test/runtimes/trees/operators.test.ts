/** One operator at a time, beside onnxruntime-node: every value that is no ordinary number, and refusals too. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openOnnxNode } from '../../../src/runtimes/onnx.node.ts';
import { readOnnx } from '../../../src/runtimes/onnx-graph.ts';
import { openTabular } from '../../../src/runtimes/trees/open-tabular.ts';
import { Unusual } from '../../../src/runtimes/trees/unusual.ts';
import { graphOf } from './operator-case.ts';
import { cases } from './operator-cases.ts';
import { feedsOf, poolsOf } from './rows.ts';
import { assertClose, assertSameBits } from './same-bits.ts';

const ROWS = 600;

describe('an operator answers as onnxruntime-node does', () => {
  for (const [name, one] of Object.entries(cases))
    test(name, async () => {
      const file = graphOf(one);
      const own = openTabular(file);
      assert.ok(!(own instanceof Unusual), own instanceof Unusual ? own.message : '');
      const theirs = await openOnnxNode(file);
      const pools = poolsOf(readOnnx(file));
      // ONNX Runtime answers a linear model's row alone in other bits than the same row in a batch, which are those here.
      const isLinear = one.node.op.startsWith('Linear');
      const { hold = assertSameBits } = one;
      let answered = 0;
      for (const [seed, size] of (one.sizes ?? [ROWS, 7, 1]).entries())
        answered += await (isLinear && size === 1 ? assertClose : hold)(
          own,
          theirs,
          feedsOf(own.inputs, pools, size === 1 ? 60 : ROWS, seed),
          size,
        );
      assert.ok(answered > 100, `${answered} rows were answered`);
      await theirs.close();
    });
});
