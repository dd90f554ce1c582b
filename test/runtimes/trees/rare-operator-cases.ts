/** Operators that few models have. */
import type { Tensor } from '../../../src/core/types.ts';
import { type Case, floats, ints, of, on, ramp, same, two } from './operator-case.ts';
import { assertClose, assertSameBits } from './same-bits.ts';

/** Of three columns one. */
const reduced = (op: string, keepdims = 1n): Case => ({
  node: { op, attributes: { axes: [1n], keepdims } },
  y: on('float32', keepdims === 1n ? [1] : []),
});
/** ONNX Runtime adds in the order of its vectors, and has other polynomials. */
const close = (one: Case): Case => ({ ...one, hold: assertClose });
/** Where NaN or a negative zero stands decides of them in ONNX Runtime. */
const withoutNaN: typeof assertSameBits = (own, theirs, feeds, size) =>
  assertSameBits(
    own,
    theirs,
    Object.fromEntries(
      Object.entries(feeds).map(([name, { data, ...rest }]): [string, Tensor] => {
        if (!(data instanceof Float32Array || data instanceof Float64Array)) return [name, { data, ...rest }];
        return [name, { ...rest, data: data.map((value) => (Number.isNaN(value) ? 1 : value + 0)) }];
      }),
    ),
    size,
  );
const class3 = floats('t', [2, 4], ...ramp(8));

export const rareCases: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    [
      'ReduceSum',
      'ReduceMean',
      'ReduceProd',
      'ReduceSumSquare',
      'ReduceL1',
      'ReduceL2',
      'ReduceLogSum',
      'ReduceLogSumExp',
    ].map((op) => [op, { ...close(reduced(op)), opsets: { '': 12 } }]),
  ),
  ...Object.fromEntries(
    ['ReduceMax', 'ReduceMin'].flatMap((op): [string, Case][] => [
      [op, { ...reduced(op), opsets: { '': 12 }, hold: withoutNaN }],
      [
        `${op} of float64, the axis behind it`,
        {
          node: { op, attributes: { keepdims: 0n } },
          x: on('float64', [5, 9]),
          y: on('float64', [9]),
          constants: [ints('a', 1)],
          opsets: { '': 18 },
          hold: withoutNaN,
        },
      ],
      ...(['int64', 'int32'] as const).map((dtype): [string, Case] => [
        `${op} of ${dtype}`,
        { ...reduced(op), x: on(dtype, [17]), y: on(dtype, [1]) },
      ]),
      [`${op} of many`, { ...reduced(op, 0n), x: on('float32', [37]), hold: withoutNaN }],
    ]),
  ),
  ...Object.fromEntries(
    ['ReduceMean', 'ReduceProd', 'ReduceSumSquare', 'ReduceL2'].map((op) => [
      `${op} of opset 18`,
      close({ node: { op }, y: on('float32', [1]), constants: [ints('a', 1)], opsets: { '': 18 } }),
    ]),
  ),
  'ReduceSum without its dimension': {
    node: { op: 'ReduceSum', attributes: { keepdims: 0n } },
    x: on('float32', [2, 3]),
    y: on('float32', [3]),
    constants: [ints('a', -2)],
    hold: assertClose,
  },
  'ReduceSumSquare of two dimensions': {
    node: { op: 'ReduceSumSquare', attributes: { axes: [2n, 1n], keepdims: 0n } },
    x: on('float32', [2, 3]),
    y: on('float32', []),
    hold: assertClose,
  },
  ...Object.fromEntries(
    [1n, 2n].flatMap((p): [string, Case][] => [
      [`LpNormalization, ${p}`, { node: { op: 'LpNormalization', attributes: { p } }, y: on('float32') }],
      [
        `LpNormalization of float64, ${p}`,
        {
          node: { op: 'LpNormalization', attributes: { p, axis: 1n } },
          x: on('float64', [5, 2]),
          y: on('float64', [5, 2]),
        },
      ],
      [
        `LpNormalization of many, ${p}`,
        { node: { op: 'LpNormalization', attributes: { p } }, x: on('float32', [37]), y: on('float32', [37]) },
      ],
    ]),
  ),
  CumSum: { node: { op: 'CumSum' }, y: on('float32'), constants: [ints('a', 1)] },
  'CumSum of int64': { node: { op: 'CumSum' }, x: on('int64'), y: on('int64'), constants: [ints('a', -1)] },
  ...Object.fromEntries(
    ['Sum', 'Max', 'Min'].map((op): [string, Case] => [
      `${op} of three`,
      { node: { op }, x: [...on('float32'), ...on('float32', [1]), ...on('float32')], y: on('float32') },
    ]),
  ),
  'Max of one': { node: { op: 'Max' }, y: on('float32') },
  'Max beside a constant': { node: { op: 'Max' }, y: on('float32'), constants: [floats('c', [1], 1e-6)] },
  Log: close(same('Log')),
  Reciprocal: same('Reciprocal'),
  Sign: same('Sign'),
  'Pow of two': { node: { op: 'Pow' }, y: on('float32'), constants: [floats('c', [], 2)] },
  'Pow of three': { node: { op: 'Pow' }, y: on('float32'), constants: [floats('c', [1], 3)] },
  Pow: close(two('Pow', 'float32')),
  Transpose: {
    node: { op: 'Transpose', attributes: { perm: [0n, 2n, 1n] } },
    x: on('float32', [2, 3]),
    y: on('float32', [3, 2]),
  },
  'Transpose of texts': {
    node: { op: 'Transpose', attributes: { perm: [0n, 2n, 1n] } },
    x: on('string', [2, 3]),
    y: on('string', [3, 2]),
  },
  GatherElements: {
    node: { op: 'GatherElements', attributes: { axis: 1n } },
    x: [
      ['float32', [3]],
      ['int64', [2]],
    ],
    y: on('float32', [2]),
  },
  'ArrayFeatureExtractor of three dimensions': {
    ...of('ArrayFeatureExtractor', {}, on('float32', [2, 2]), on('float32', [2, 3])),
    constants: [ints('i', 2, 0)],
  },
  'Gather of a table by two': {
    node: { op: 'Gather', inputs: ['t', 'x0'] },
    x: [['int64', [2]]],
    y: [['float32', [2, 4]]],
    constants: [class3],
  },
  'MatMul by a list': close({
    node: { op: 'MatMul' },
    y: on('float32', []),
    constants: [floats('w', [3], 0.5, -2, 1e-3)],
  }),
  'Gemm that scales': {
    node: { op: 'Gemm', inputs: ['x0', 'w', 'x1'], attributes: { transB: 1n, alpha: -2 } },
    x: [...on('float32', [7]), ...on('float32', [1])],
    y: on('float32', [6]),
    constants: [floats('w', [6, 7], ...ramp(42))],
  },
  'Gemm that adds nothing': {
    node: { op: 'Gemm', attributes: { alpha: -2, beta: 0 } },
    x: on('float32', [7]),
    y: on('float32', [6]),
    constants: [floats('w', [7, 6], ...ramp(42)), floats('b', [6], ...ramp(6))],
  },
};
