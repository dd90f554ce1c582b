/** Operators on texts of opset 20, and patterns, beside onnxruntime-node. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Tensor } from '../../../src/core/types.ts';
import { openOnnxNode } from '../../../src/runtimes/onnx.node.ts';
import { openTabular } from '../../../src/runtimes/trees/open-tabular.ts';
import { Unusual } from '../../../src/runtimes/trees/unusual.ts';
import { buildOnnx, type Graph, type Node } from '../onnx-builder.ts';
import { random } from './rows.ts';
import { assertSameBits } from './same-bits.ts';

const words = [
  'a',
  'ab',
  'b',
  'x1',
  '42',
  ' ',
  '\n',
  '  \t',
  ',',
  ',,',
  '-',
  'é',
  '東',
  '😀',
  '',
  'A_b',
  '.',
  'abba',
  '\u00a0',
  'ß',
];
const texts = (rows: number, seed: number, most = 5): Tensor => {
  const next = random(seed);
  const text = () =>
    Array.from({ length: Math.floor(next() * most) }, () => words[Math.floor(next() * words.length)]).join('');
  return { dtype: 'string', dims: [rows], data: Array.from({ length: rows }, text) };
};

const graph = (nodes: readonly Node[], outputs: Graph['outputs'], inputs = ['x']): Uint8Array =>
  buildOnnx({
    inputs: inputs.map((name) => ({ name, dtype: 'string', dims: ['rows'] })),
    outputs,
    nodes,
    opsets: { '': 20 },
  });

const hold = async (file: Uint8Array, most?: number): Promise<void> => {
  const own = openTabular(file);
  assert.ok(!(own instanceof Unusual), own instanceof Unusual ? own.message : '');
  const theirs = await openOnnxNode(file);
  for (const [seed, size] of [400, 7, 1].entries()) {
    const feeds = own.inputs.map(({ name }, index) => [name, texts(size === 1 ? 60 : 400, seed * 2 + index, most)]);
    await assertSameBits(own, theirs, Object.fromEntries(feeds), size);
  }
  await theirs.close();
};

const matching = (pattern: string): Uint8Array =>
  graph(
    [{ op: 'RegexFullMatch', inputs: ['x'], outputs: ['y'], attributes: { pattern } }],
    [{ name: 'y', dtype: 'bool', dims: ['rows'] }],
  );

describe('a text is of a pattern as for onnxruntime-node', () => {
  for (const pattern of [
    'ab',
    '',
    '.*',
    '.',
    '(a|b)*',
    '(?:a|ab)+b?',
    '[ab]{2,4}',
    '[^ab]+',
    '[\\w-]+',
    '\\d+',
    '\\w*',
    '\\W+',
    '\\s*',
    '\\S{3}',
    '^a.*b$',
    'a|b|',
    '(a*)*b',
    '(a+)+$',
    'x1|\\.',
    'a{2}|b{1,}',
    'a*?b+?',
    '[a-zA-Z_.,-]*',
    '\\n|\\t|é',
    '[^\\s]+',
    '[東-東😀]',
    '((a|b)(a|b))*',
    'a{0,3}b{0}',
  ])
    test(JSON.stringify(pattern), () => hold(matching(pattern)));

  test('a pattern that other engines try in all ways takes no longer than its length and the text’s', async () => {
    const own = openTabular(matching('(a*)*(a*)*(a|aa)+c'));
    assert.ok(!(own instanceof Unusual));
    const x: Tensor = { dtype: 'string', dims: [1], data: ['a'.repeat(100_000)] };
    assert.deepEqual([...((await own.run({ x }, ['y'])).y.data as Uint8Array)], [0]);
  });

  for (const pattern of [
    '\\bword\\b',
    '\\pL+',
    '(?i)a',
    '[[:alpha:]]+',
    'a**',
    '(?P<n>a)',
    'a{300}',
    '((){999}){999}{999}',
    '(((){999}){999}){999}',
    '\\x41',
    'a{',
    'a$b',
    '\\_',
    '(a',
    'a)',
  ])
    test(`${JSON.stringify(pattern)} is left to ONNX Runtime`, () => {
      const own = openTabular(matching(pattern));
      assert.ok(
        own instanceof Unusual && /a pattern /.test(own.message),
        own instanceof Unusual ? own.message : 'read',
      );
    });
});

const counted = (attributes: Node['attributes']): Uint8Array =>
  graph(
    [
      { op: 'StringSplit', inputs: ['x'], outputs: ['parts', 'count'], attributes: attributes ?? {} },
      {
        op: 'TfIdfVectorizer',
        inputs: ['parts'],
        outputs: ['y'],
        attributes: {
          mode: 'TF',
          min_gram_length: 1n,
          max_gram_length: 2n,
          max_skip_count: 0n,
          ngram_counts: [0n, 6n],
          ngram_indexes: [0n, 1n, 2n, 3n, 4n, 5n, 6n],
          pool_strings: ['a', 'ab', 'b', '42', ' ', 'a ', 'a', 'b'],
        },
      },
    ],
    [
      { name: 'count', dtype: 'int64', dims: ['rows'] },
      { name: 'y', dims: ['rows', 7] },
    ],
  );

describe('texts are split and put together as by onnxruntime-node', () => {
  const ways: readonly NonNullable<Node['attributes']>[] = [
    {},
    { delimiter: ',' },
    { delimiter: 'ab' },
    { maxsplit: 0n },
    { maxsplit: 1n },
    { delimiter: ',', maxsplit: 2n },
  ];
  for (const attributes of ways)
    test(`split by ${JSON.stringify(attributes, (_, value) => (typeof value === 'bigint' ? Number(value) : value))}`, () =>
      hold(counted(attributes), 9));

  test('put together', () =>
    hold(
      graph(
        [{ op: 'StringConcat', inputs: ['x', 'z'], outputs: ['y'] }],
        [{ name: 'y', dtype: 'string', dims: ['rows'] }],
        ['x', 'z'],
      ),
    ));

  test('a text that doubles at every step is refused before it is too long', async () => {
    const names = Array.from({ length: 41 }, (_, at) => (at === 0 ? 'x' : `x${at}`));
    const nodes = names.slice(1).map((name, at) => ({
      op: 'StringConcat',
      inputs: [names[at], names[at]],
      outputs: [name],
    }));
    const own = openTabular(graph(nodes, [{ name: 'x40', dtype: 'string', dims: ['rows'] }]));
    assert.ok(!(own instanceof Unusual));
    const feeds = { x: { dtype: 'string', dims: [1], data: ['ab'] } satisfies Tensor };
    await assert.rejects(own.run(feeds, ['x40']), /A text of more than 1048576 letters/);
  });

  test('parts that are themselves the answer are left to ONNX Runtime, as their number is the longest text’s of a batch', () => {
    const file = graph(
      [{ op: 'StringSplit', inputs: ['x'], outputs: ['y', 'count'] }],
      [{ name: 'y', dtype: 'string', dims: ['rows', 'parts'] }],
    );
    const own = openTabular(file);
    assert.ok(own instanceof Unusual && /another shape/.test(own.message));
  });
});
