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
import { buildOnnx } from '../onnx-builder.ts';
import { random } from './rows.ts';
import { assertSameBits } from './same-bits.ts';
import { normalizer, pool, vectorizer } from './text-graphs.ts';

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
const texts = (rows: number, seed: number): Tensor => {
  const next = random(seed);
  const text = () =>
    Array.from({ length: Math.floor(next() * 12) }, () => words[Math.floor(next() * words.length)]).join(
      next() < 0.2 ? '\n' : ' ',
    );
  return { dtype: 'string', dims: [rows], data: Array.from({ length: rows }, text) };
};

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
