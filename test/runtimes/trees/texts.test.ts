/**
 * Vectorizers of texts, as converters write them, beside onnxruntime-node: in a locale that every machine has, as en_US is
 * missing on small ones.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Tensor } from '../../../src/core/types.ts';
import { openOnnxNode } from '../../../src/runtimes/onnx.node.ts';
import { openTabular } from '../../../src/runtimes/trees/open-tabular.ts';
import { Unusual } from '../../../src/runtimes/trees/unusual.ts';
import { type Attribute, buildOnnx, type Node } from '../onnx-builder.ts';
import { floats, ramp } from './operator-case.ts';
import { random } from './rows.ts';
import { assertSameBits } from './same-bits.ts';

const words = [
  'the',
  'cat',
  'sat',
  'on',
  'the mat',
  'THE',
  'Café',
  'CAFÉ',
  'ΣΑΣ',
  'naïve',
  'a_b',
  '#',
  '##',
  '東京',
  '😀',
  'ok.',
  '1st',
  '',
];
const pool = [
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

const normalizer = (attributes: Readonly<Record<string, Attribute>>, from = 'x', to = 'y'): Node => ({
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

const texts = (rows: number, seed: number): Tensor => {
  const next = random(seed);
  const text = () =>
    Array.from({ length: Math.floor(next() * 12) }, () => words[Math.floor(next() * words.length)]).join(
      next() < 0.2 ? '\n' : ' ',
    );
  return { dtype: 'string', dims: [rows], data: Array.from({ length: rows }, text) };
};

/** A vectorizer of the words of a pattern. */
const vectorizer = (pattern: string, more: Node['attributes'] = {}, split: Node['attributes'] = {}): Uint8Array =>
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

describe('texts are vectorized as onnxruntime-node does', () => {
  test('every letter that there is becomes a small one', async () => {
    const file = buildOnnx({
      inputs: [{ name: 'x', dtype: 'string', dims: ['rows'] }],
      outputs: [{ name: 'y', dtype: 'string', dims: ['rows'] }],
      nodes: [normalizer({ case_change_action: 'LOWER' })],
    });
    const own = openTabular(file);
    assert.ok(!(own instanceof Unusual));
    const theirs = await openOnnxNode(file);
    const letters: string[] = [];
    for (let code = 1; code < 0x1f000; code++)
      if (code < 0xd800 || code > 0xdfff) letters.push(`${String.fromCodePoint(code)}s`);
    const x: Tensor = { dtype: 'string', dims: [letters.length], data: letters };
    const [mine, other] = [await own.run({ x }, ['y']), await theirs.run({ x }, ['y'])];
    const differing = letters.filter((_, at) => mine.y.data[at] !== other.y.data[at]);
    // Letters that came into Unicode after the C library did.
    assert.ok(differing.length < 200, `${differing.length}: ${differing.slice(0, 80).join(' ')}`);
    const known = differing.filter((letter) => letter < '\u1c80');
    assert.deepEqual(known, []);
    await theirs.close();
  });

  for (const pattern of ['[a-zA-Z0-9_]+', '[a-z]+', '[a-zA-Z0-9_][a-zA-Z0-9_]+', '\\w\\w+', '.'])
    test(`words by ${pattern}, in any batch`, async () => {
      const file = vectorizer(pattern);
      const own = openTabular(file);
      assert.ok(!(own instanceof Unusual), own instanceof Unusual ? own.message : '');
      const theirs = await openOnnxNode(file);
      for (const [seed, size] of [200, 7, 1].entries()) {
        const { data } = texts(200, seed);
        await assertSameBits(own, theirs, { x: { dtype: 'string', dims: [200, 1], data } }, size);
      }
      await theirs.close();
    });

  for (const [name, file, reason] of [
    ['a pattern that goes back', vectorizer('([a-z]+)+b'), /by another pattern/],
    ['a pattern of letters one by one', vectorizer('[^a]+'), /by another pattern/],
    ['n-grams of what fills up rows', vectorizer('.', { pool_strings: [...pool.slice(0, -1), '#'] }), /fills up/],
    ['weights', vectorizer('.', { mode: 'TFIDF' }), /weights or gaps/],
    ['gaps', vectorizer('.', { max_skip_count: 1n }), /weights or gaps/],
    ['marks', vectorizer('.', {}, { mark: 1n }), /with marks/],
    ['an n-gram twice', vectorizer('.', { pool_strings: ['cat', ...pool.slice(1)] }), /twice/],
    ['a pool that ends too early', vectorizer('.', { ngram_counts: [0n, 7n, 14n] }), /pool of n-grams/],
  ] as const)
    test(`${name} are left to ONNX Runtime`, () => {
      const own = openTabular(file);
      assert.ok(own instanceof Unusual && reason.test(own.message), own instanceof Unusual ? own.message : 'opened');
    });
});
