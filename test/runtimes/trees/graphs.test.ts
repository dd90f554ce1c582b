/** Graphs as converters write them, whose rows are counted by any dimension, beside onnxruntime-node. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openOnnxNode } from '../../../src/runtimes/onnx.node.ts';
import { openTabular } from '../../../src/runtimes/trees/open-tabular.ts';
import { Unusual } from '../../../src/runtimes/trees/unusual.ts';
import { buildOnnx, type Model } from '../onnx-builder.ts';
import { body, ml, neighbours, node, squares } from './neighbour-graphs.ts';
import { floats, ints } from './operator-case.ts';
import { random } from './rows.ts';
import { assertClose } from './same-bits.ts';

const graphs: Readonly<Record<string, Model>> = {
  'the nearest rows of a table': neighbours(body()),
  'the nearest by absolute differences': neighbours(
    body([squares[0], node('Abs', 'd', 'a'), node('ReduceSum', 'a axis', 'sum', { keepdims: 0n })], [ints('axis', 1)]),
  ),
  'the mean of several models, each in front of the rows': {
    inputs: [{ name: 'x', dims: ['rows', 4] }],
    outputs: [
      { name: 'mean', dims: ['rows', 4] },
      { name: 'label', dtype: 'int64', dims: ['rows'] },
    ],
    constants: [ints('shape', 1, -1, 4), floats('two', [1], 2), ints('flat', -1), ints('classes', 7, 8, 9, 5)],
    nodes: [
      node('Reshape', 'x shape', 'a'),
      node('Mul', 'x two', 'twice'),
      node('Reshape', 'twice shape', 'b'),
      node('Concat', 'a b', 'both', { axis: 0n }),
      node('ReduceMean', 'both', 'mean', { axes: [0n], keepdims: 0n }),
      node('ArgMax', 'mean', 'best', { axis: 1n }),
      node('ArrayFeatureExtractor', 'classes best', 'found', {}, ml),
      node('Reshape', 'found flat', 'label'),
    ],
  },
  'ones in the shape of a value, and constants made of constants': {
    inputs: [{ name: 'x', dims: ['rows', 4] }],
    outputs: [{ name: 'y', dims: ['rows', 4] }],
    constants: [floats('c', [4], 0.5, 1, 2, 3), floats('one', [1], 1), ints('first', 0), ints('width', 4)],
    nodes: [
      node('Shape', 'x', 'shape'),
      node('Gather', 'shape first', 'rows'),
      node('Concat', 'rows width', 'wanted', { axis: 0n }),
      node('ConstantOfShape', 'wanted', 'ones', {
        value: { tensor: { name: '', dims: [1], data: Float32Array.of(1) } },
      }),
      node('Mul', 'c c', 'square'),
      node('Sub', 'one square', 'less'),
      node('ReduceSum', 'less', 'total', { keepdims: 1n }),
      node('Add', 'ones less', 'sum'),
      node('Mul', 'sum x', 'times'),
      node('Add', 'times total', 'y'),
    ],
  },
};

describe('a graph answers as in onnxruntime-node, in any batch', () => {
  for (const [name, graph] of Object.entries(graphs))
    test(name, async () => {
      const file = buildOnnx(graph);
      const own = openTabular(file);
      assert.ok(!(own instanceof Unusual), own instanceof Unusual ? own.message : '');
      const theirs = await openOnnxNode(file);
      for (const [seed, size] of [120, 7, 1].entries()) {
        const next = random(seed);
        const data = Float32Array.from({ length: 480 }, () => (next() - 0.5) * 8);
        assert.equal(await assertClose(own, theirs, { x: { dtype: 'float32', dims: [120, 4], data } }, size), 120);
      }
      await theirs.close();
    });

  for (const [name, graph] of Object.entries({
    'does anything else': body([
      node('Sub', 'state one', 'd'),
      node('ReduceL2', 'd', 'sum', { axes: [1n], keepdims: 0n }),
    ]),
    'changes what it keeps': body(squares, [], node('Neg', 'state', 'kept')),
    'takes the table from the rows': body([node('Sub', 'one state', 'd'), squares[1]]),
    'adds over the rows': body([squares[0], node('ReduceSumSquare', 'd', 'sum', { axes: [0n], keepdims: 0n })]),
    'leads back to itself': body([node('Identity', 'sum', 'sum')]),
  }))
    test(`a Scan that ${name} is left to ONNX Runtime`, () => {
      const own = openTabular(buildOnnx(neighbours(graph)));
      assert.ok(own instanceof Unusual && /a Scan of another kind/.test(own.message));
    });

  test('a shape that mixes rows is left to ONNX Runtime', () => {
    const own = openTabular(
      buildOnnx({
        inputs: [{ name: 'x', dims: ['rows', 4] }],
        outputs: [{ name: 'y', dims: [4, 'rows'] }],
        constants: [ints('shape', 4, -1)],
        nodes: [node('Reshape', 'x shape', 'y')],
      }),
    );
    assert.ok(own instanceof Unusual && /moves values between rows/.test(own.message));
  });
});
