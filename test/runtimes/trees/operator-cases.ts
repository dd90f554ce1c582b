/** Every operator of the own runtime. */
import { mlCases } from './ml-operator-cases.ts';
import { type Case, floats, ints, on, ramp, same, two } from './operator-case.ts';
import { rareCases } from './rare-operator-cases.ts';
import { assertClose } from './same-bits.ts';
import { supportVectorCases } from './support-vector-cases.ts';
import { treeEnsembleCases } from './tree-ensemble-cases.ts';

export const cases: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    ['Identity', 'Abs', 'Neg', 'Sqrt', 'Floor', 'Ceil', 'Round', 'Relu', 'Sigmoid', 'Tanh'].map((op) => [op, same(op)]),
  ),
  'Abs of float64': same('Abs', 'float64'),
  'Neg of int64': same('Neg', 'int64'),
  'Round of float64': same('Round', 'float64'),
  Exp: { ...same('Exp'), hold: assertClose },
  Softmax: { ...same('Softmax'), hold: assertClose },
  ...Object.fromEntries(['Add', 'Sub', 'Mul', 'Div'].map((op) => [op, two(op, 'float32')])),
  ...Object.fromEntries(['Add', 'Sub', 'Mul'].map((op) => [`${op} of int64`, two(op, 'int64')])),
  ...Object.fromEntries(['Add', 'Sub', 'Mul'].map((op) => [`${op} of int32`, two(op, 'int32')])),
  'Mul of float64': two('Mul', 'float64'),
  ...Object.fromEntries(
    ['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual'].map((op) => [op, two(op, 'float32', 'bool')]),
  ),
  'Equal of texts': { ...two('Equal', 'string', 'bool'), opsets: { '': 19 } },
  'Less of int64': two('Less', 'int64', 'bool'),
  ...Object.fromEntries(['And', 'Or', 'Xor'].map((op) => [op, two(op, 'bool')])),
  Not: same('Not', 'bool'),
  IsNaN: { node: { op: 'IsNaN' }, y: on('bool') },
  'Add of a row for all': { node: { op: 'Add' }, y: on('float32'), constants: [floats('c', [3], 1, -2.5, 3e38)] },
  'Sub of one for all': { node: { op: 'Sub' }, y: on('float32'), constants: [floats('c', [1, 1], 0.1)] },
  'Mul over three dimensions': {
    node: { op: 'Mul' },
    x: [['float32', [2, 3]]],
    y: [['float32', [2, 3]]],
    constants: [floats('c', [2, 1], 2, -0.5)],
  },
  'Div of a column by columns': {
    node: { op: 'Div' },
    x: [
      ['float32', [3]],
      ['float32', [1]],
    ],
    y: on('float32'),
  },
  Clip: { node: { op: 'Clip' }, y: on('float32'), constants: [floats('low', [], -1), floats('high', [], 2.5)] },
  Where: {
    node: { op: 'Where' },
    x: [
      ['bool', [3]],
      ['float32', [3]],
      ['float32', [3]],
    ],
    y: on('float32'),
  },
  'Where of texts': {
    node: { op: 'Where' },
    x: [
      ['bool', [3]],
      ['string', [3]],
      ['string', [1]],
    ],
    y: on('string'),
  },
  ...Object.fromEntries(
    (
      [
        ['float32', 'int64'],
        ['float32', 'int32'],
        ['float32', 'float64'],
        ['float32', 'bool'],
        ['float64', 'float32'],
        ['float64', 'int64'],
        ['float64', 'int32'],
        ['int64', 'float32'],
        ['int64', 'float64'],
        ['int64', 'int32'],
        ['int64', 'bool'],
        ['int64', 'string'],
        ['int32', 'float32'],
        ['int32', 'int64'],
        ['bool', 'float32'],
        ['bool', 'int64'],
      ] as const
    ).map(([from, to]): [string, Case] => {
      const types = { float32: 1n, int32: 6n, int64: 7n, string: 8n, bool: 9n, float64: 11n };
      return [
        `Cast of ${from} to ${to}`,
        { node: { op: 'Cast', attributes: { to: types[to] } }, x: on(from), y: on(to) },
      ];
    }),
  ),
  Concat: {
    node: { op: 'Concat', attributes: { axis: 1n } },
    x: [
      ['float32', [2]],
      ['float32', [1]],
    ],
    y: on('float32'),
  },
  'Concat of texts': {
    node: { op: 'Concat', attributes: { axis: -1n } },
    x: [
      ['string', [2]],
      ['string', [1]],
    ],
    y: on('string'),
  },
  'Concat of three dimensions': {
    node: { op: 'Concat', attributes: { axis: 1n } },
    x: [
      ['float32', [2, 2]],
      ['float32', [1, 2]],
    ],
    y: [['float32', [3, 2]]],
  },
  Gather: {
    node: { op: 'Gather', attributes: { axis: 1n } },
    y: on('float32', [4]),
    constants: [ints('i', 2, 0, -1, 1)],
  },
  'Gather out of a table': {
    node: { op: 'Gather', inputs: ['t', 'x0'] },
    x: [['int64', [2]]],
    y: [['float32', [2, 2]]],
    constants: [floats('t', [6, 2], ...ramp(12))],
  },
  Slice: { node: { op: 'Slice' }, y: on('float32', [2]), constants: [ints('s', -2), ints('e', 100), ints('a', 1)] },
  Split: {
    node: { op: 'Split', attributes: { axis: 1n } },
    y: [
      ['float32', [1]],
      ['float32', [2]],
    ],
    constants: [ints('s', 1, 2)],
  },
  Flatten: { node: { op: 'Flatten' }, x: [['float32', [3, 2]]], y: on('float32', [6]) },
  Reshape: {
    node: { op: 'Reshape' },
    x: [['float32', [6]]],
    y: [['float32', [2, 3]]],
    constants: [ints('s', -1, 2, 3)],
  },
  'Reshape that keeps the rows': {
    node: { op: 'Reshape' },
    x: [['float32', [6]]],
    y: [['float32', [3, 2]]],
    constants: [ints('s', 0, -1, 2)],
  },
  Squeeze: { node: { op: 'Squeeze' }, x: [['float32', [1, 3]]], y: on('float32'), constants: [ints('a', 1)] },
  Unsqueeze: { node: { op: 'Unsqueeze' }, y: [['float32', [3, 1]]], constants: [ints('a', 2)] },
  ...Object.fromEntries(
    ['ArgMax', 'ArgMin'].map((op): [string, Case] => [
      op,
      { node: { op, attributes: { axis: 1n } }, y: on('int64', [1]) },
    ]),
  ),
  'ArgMax without its dimension': {
    node: { op: 'ArgMax', attributes: { axis: -1n, keepdims: 0n } },
    y: on('int64', []),
  },
  MatMul: {
    node: { op: 'MatMul' },
    x: on('float32', [7]),
    y: on('float32', [5]),
    constants: [floats('w', [7, 5], ...ramp(35))],
  },
  'MatMul of many columns': {
    node: { op: 'MatMul' },
    x: on('float32', [600]),
    y: on('float32', [3]),
    constants: [floats('w', [600, 3], ...ramp(1800))],
  },
  Gemm: {
    node: { op: 'Gemm', attributes: { transB: 1n } },
    x: on('float32', [7]),
    y: on('float32', [6]),
    constants: [floats('w', [6, 7], ...ramp(42)), floats('b', [6], ...ramp(6))],
  },
  'MatMul of many weights': {
    node: { op: 'MatMul' },
    x: on('float32', [90]),
    y: on('float32', [90]),
    constants: [floats('w', [90, 90], ...ramp(8100))],
  },
  'Gemm of many columns': {
    node: { op: 'Gemm' },
    x: on('float32', [700]),
    y: on('float32', [11]),
    constants: [floats('w', [700, 11], ...ramp(7700)), floats('b', [11], ...ramp(11))],
  },
  ...mlCases,
  ...rareCases,
  ...supportVectorCases,
  ...treeEnsembleCases,
};
