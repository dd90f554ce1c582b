import type { Constant, ElementType, Model, Node } from '../onnx-builder.ts';
import { assertClose, type assertSameBits } from './same-bits.ts';

const ml = 'ai.onnx.ml';
export type Dim = readonly (number | string)[];

export interface Case {
  readonly node: Partial<Node> & { readonly op: string };
  /** Inputs, in order; the constants stand behind them. */
  readonly x?: readonly (readonly [ElementType, Dim])[];
  readonly y: readonly (readonly [ElementType, Dim])[];
  readonly constants?: readonly Constant[];
  readonly opsets?: Model['opsets'];
  readonly hold?: typeof assertSameBits;
}

const floats = (name: string, dims: readonly number[], ...data: number[]): Constant => ({
  name,
  dims,
  data: Float32Array.from(data),
});

const ints = (name: string, ...data: number[]): Constant => ({
  name,
  dims: [data.length],
  data: BigInt64Array.from(data, BigInt),
});
const ramp = (count: number): Float32Array => Float32Array.from({ length: count }, (_, at) => Math.sin(at * 7.3) * 3);
const on = (dtype: ElementType, dims: Dim = [3]): readonly (readonly [ElementType, Dim])[] => [[dtype, dims]];
const same = (op: string, dtype: ElementType = 'float32'): Case => ({ node: { op }, x: on(dtype), y: on(dtype) });

const two = (op: string, dtype: ElementType, result: ElementType = dtype): Case => ({
  node: { op },
  x: [
    [dtype, [3]],
    [dtype, [3]],
  ],
  y: on(result),
});

const of = (op: string, attributes: Node['attributes'], y: Case['y'], x: Case['x'] = on('float32')): Case => ({
  node: { op, domain: ml, attributes: attributes ?? {} },
  x,
  y,
});

export const cases: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    ['Identity', 'Abs', 'Neg', 'Sqrt', 'Floor', 'Ceil', 'Round', 'Relu', 'Sigmoid', 'Tanh'].map((op) => [op, same(op)]),
  ),
  'Abs of float64': same('Abs', 'float64'),
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
  LinearRegressor: of(
    'LinearRegressor',
    { coefficients: ramp(6), intercepts: ramp(2), targets: 2n },
    on('float32', [2]),
  ),
  ...Object.fromEntries(
    ['NONE', 'LOGISTIC', 'SOFTMAX'].flatMap((post_transform): [string, Case][] => [
      [
        `LinearClassifier of three classes, ${post_transform}`,
        {
          ...of(
            'LinearClassifier',
            { coefficients: ramp(9), intercepts: ramp(3), classlabels_ints: [4n, 5n, 9n], post_transform },
            [
              ['int64', []],
              ['float32', [3]],
            ],
          ),
          ...(post_transform === 'SOFTMAX' && { hold: assertClose }),
        },
      ],
      [
        `LinearClassifier of one score, ${post_transform}`,
        of(
          'LinearClassifier',
          { coefficients: ramp(3), intercepts: ramp(1), classlabels_strings: ['no', 'yes'], post_transform },
          [
            ['string', []],
            ['float32', [2]],
          ],
        ),
      ],
    ]),
  ),
  Scaler: of('Scaler', { offset: ramp(3), scale: Float32Array.of(2, 0.1, 1e-3) }, on('float32')),
  'Scaler of float64': of(
    'Scaler',
    { offset: ramp(3), scale: Float32Array.of(2, 0.1, 1e-3) },
    on('float32'),
    on('float64'),
  ),
  'Scaler of int64': of('Scaler', { offset: ramp(1), scale: Float32Array.of(0.1) }, on('float32'), on('int64')),
  ...Object.fromEntries(
    ['MAX', 'L1', 'L2'].map((norm): [string, Case] => [
      `Normalizer ${norm}`,
      of('Normalizer', { norm }, on('float32')),
    ]),
  ),
  Binarizer: of('Binarizer', { threshold: 0.5 }, on('float32')),
  Imputer: of(
    'Imputer',
    { imputed_value_floats: Float32Array.of(1, 2, 3), replaced_value_float: Number.NaN },
    on('float32'),
  ),
  'Imputer of zeros': of('Imputer', { imputed_value_floats: Float32Array.of(7) }, on('float32')),
  'Imputer of int64': of(
    'Imputer',
    { imputed_value_int64s: [8n], replaced_value_int64: -1n },
    on('int64'),
    on('int64'),
  ),
  OneHotEncoder: of('OneHotEncoder', { cats_strings: ['a', 'b', 'c'] }, [['float32', [3, 3]]], on('string')),
  'OneHotEncoder of numbers': of('OneHotEncoder', { cats_int64s: [0n, 1n, -1n, 5n] }, [['float32', [3, 4]]]),
  'OneHotEncoder that refuses': of(
    'OneHotEncoder',
    { cats_strings: ['a', 'b'], zeros: 0n },
    [['float32', [1, 2]]],
    on('string', [1]),
  ),
  LabelEncoder: of(
    'LabelEncoder',
    { keys_strings: ['a', 'b', 'a'], values_floats: Float32Array.of(1.5, 2, 9) },
    on('float32'),
    on('string'),
  ),
  'LabelEncoder of int64': of(
    'LabelEncoder',
    { keys_int64s: [1n, 2n, 5n], values_strings: ['x', 'y', 'z'] },
    on('string'),
    on('int64'),
  ),
  'LabelEncoder of float32': of(
    'LabelEncoder',
    { keys_floats: Float32Array.of(0, Number.NaN, 1), values_int64s: [3n, 4n, 5n] },
    on('int64'),
  ),
  'LabelEncoder of opset 4': {
    ...of('LabelEncoder', { keys_floats: Float32Array.of(0, Number.NaN, 1), values_int64s: [3n, 4n, 5n] }, on('int64')),
    opsets: { 'ai.onnx.ml': 4 },
  },
  FeatureVectorizer: of('FeatureVectorizer', { inputdimensions: [2n, 1n] }, on('float32'), [
    ['float32', [2]],
    ['float32', [1]],
  ]),
  ArrayFeatureExtractor: { ...of('ArrayFeatureExtractor', {}, on('float32', [2])), constants: [ints('i', 2, 0)] },
};
