/** Operators of ai.onnx.ml. */

import { type Case, ints, of, on, ramp } from './operator-case.ts';
import { assertClose } from './same-bits.ts';

export const mlCases: Readonly<Record<string, Case>> = {
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
  'LinearRegressor of many columns': of(
    'LinearRegressor',
    { coefficients: ramp(1200), intercepts: ramp(2), targets: 2n },
    on('float32', [2]),
    on('float32', [600]),
  ),
  'LinearClassifier of many columns': of(
    'LinearClassifier',
    { coefficients: ramp(1800), intercepts: ramp(3), classlabels_ints: [4n, 5n, 9n], post_transform: 'LOGISTIC' },
    [
      ['int64', []],
      ['float32', [3]],
    ],
    on('float32', [600]),
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
