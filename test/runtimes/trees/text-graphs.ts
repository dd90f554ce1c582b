/** Graphs that count words, as converters write them. */
import { type Attribute, buildOnnx, type Node } from '../onnx-builder.ts';
import { floats, ramp } from './operator-case.ts';

export const pool = [
  'the',
  'cat',
  'sat',
  'on',
  'mat',
  'a_b',
  '1st',
  'the',
  'cat',
  'cat',
  'sat',
  'on',
  'the',
  'the',
  'cat',
  'sat',
];

export const normalizer = (attributes: Readonly<Record<string, Attribute>>, from = 'x', to = 'y'): Node => ({
  op: 'StringNormalizer',
  inputs: [from],
  outputs: [to],
  attributes: { is_case_sensitive: 0n, locale: 'C.UTF-8', ...attributes },
});
const tokenizer = (tokenexp: string, from: string, to: string, more: Node['attributes'] = {}): Node => ({
  op: 'Tokenizer',
  domain: 'com.microsoft',
  inputs: [from],
  outputs: [to],
  attributes: { mark: 0n, mincharnum: 1n, pad_value: '#', tokenexp, ...more },
});
const counter = (from: string, to: string, more: Node['attributes'] = {}): Node => ({
  op: 'TfIdfVectorizer',
  inputs: [from],
  outputs: [to],
  attributes: {
    mode: 'TF',
    min_gram_length: 1n,
    max_gram_length: 3n,
    max_skip_count: 0n,
    ngram_counts: [0n, 7n, 13n],
    ngram_indexes: [3n, 0n, 1n, 2n, 4n, 9n, 5n, 6n, 7n, 8n, 10n],
    pool_strings: pool,
    ...more,
  },
});
const opsets = { 'com.microsoft': 1 };

/** A vectorizer of the words of a pattern. */
export const vectorizer = (
  pattern: string,
  more: Node['attributes'] = {},
  split: Node['attributes'] = {},
): Uint8Array =>
  buildOnnx({
    inputs: [{ name: 'x', dtype: 'string', dims: ['rows', 1] }],
    outputs: [{ name: 'y', dims: ['rows', 3] }],
    constants: [
      floats('idf', [11], ...ramp(11).map(Math.abs)),
      floats('w', [11, 3], ...ramp(33)),
      { name: 'column', dims: [1], data: BigInt64Array.of(-1n) },
    ],
    nodes: [
      { op: 'Reshape', inputs: ['x', 'column'], outputs: ['flat'] },
      normalizer({ case_change_action: 'LOWER' }, 'flat', 'small'),
      tokenizer(pattern, 'small', 'words', split),
      { op: 'Flatten', inputs: ['words'], outputs: ['lists'] },
      counter('lists', 'counts', more),
      { op: 'Mul', inputs: ['counts', 'idf'], outputs: ['weighted'] },
      {
        op: 'Normalizer',
        domain: 'ai.onnx.ml',
        inputs: ['weighted'],
        outputs: ['norm'],
        attributes: { norm: 'L2' },
      },
      { op: 'MatMul', inputs: ['norm', 'w'], outputs: ['y'] },
    ],
    opsets,
  });
