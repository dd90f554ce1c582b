import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../../../src/core/types.ts';
import { alphabetOf } from '../../../src/monitor/profile/alphabet.ts';
import { startCounting } from '../../../src/monitor/profile/counting.ts';
import { startGathering } from '../../../src/monitor/profile/gathering.ts';
import { measuresOf } from '../../../src/monitor/profile/measures.ts';
import { binsOf, referenceOf } from '../../../src/monitor/profile/reference.ts';

test('a text is written in its scripts and digits', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', 'empty'],
    ['Grüße, 2 mal', 'digits, Latin'],
    ['привет', 'Cyrillic'],
    ['日本語 とても', 'Kana, Han'],
    ['42', 'digits'],
    ['… — !', 'signs'],
    ['good 😀', 'Latin, pictures'],
    [`${'a'.repeat(64)}9`, 'Latin'],
  ];
  for (const [text, alphabet] of cases) assert.equal(alphabetOf(text), alphabet, text);
});

const fields: Fields = {
  note: { kind: 'text', nullable: true },
  pixels: { kind: 'tensor', dtype: 'float32', shape: [2, 2], nullable: true },
  words: { kind: 'tensor', dtype: 'string', shape: [3] },
};

test('texts have an alphabet, tensors of numbers mean, spread and saturation', () => {
  assert.deepEqual(Object.keys(measuresOf(fields)), [
    'note alphabet',
    'pixels mean',
    'pixels spread',
    'pixels saturation',
  ]);
  const taken = measuresOf({ note: { kind: 'text' }, 'note alphabet': { kind: 'category' } });
  assert.deepEqual(Object.keys(taken), [], 'a field of that name goes before');
});

const rows = Array.from({ length: 700 }, (_, row) => ({
  note: row % 7 === 0 ? null : row % 3 === 0 ? `ride ${row}` : 'поездка',
  pixels:
    row % 11 === 0
      ? null
      : [
          [row / 10, 0.1],
          [row % 2, 0.1],
        ],
  words: ['a', 'b', 'c'],
}));
const columns = {
  note: rows.map(({ note }) => note),
  pixels: Float32Array.from(rows.flatMap(({ pixels }) => pixels?.flat() ?? [NaN, NaN, NaN, NaN])),
};

test('rows, columns and parts of them give the same profile, bit for bit', () => {
  const known = referenceOf(fields, columns);
  const bins = binsOf(fields, known, {});
  assert.deepEqual(Object.keys(bins), ['note', 'note alphabet', 'pixels mean', 'pixels spread', 'pixels saturation']);
  const counted = startCounting(fields, bins);
  counted.add(columns);
  const [byRows, byColumns] = [startGathering(fields, bins), startGathering(fields, bins)];
  for (const row of rows) byRows.addRow(row);
  byColumns.addColumns(columns, rows.length);
  const profile = counted.profile();
  assert.deepEqual(byRows.profile(0), profile);
  assert.deepEqual(byColumns.profile(0), profile);
  const alphabet = profile['note alphabet'];
  assert.deepEqual([alphabet.count, alphabet.missing], [600, 100]);
  assert.deepEqual('counts' in alphabet && alphabet.counts, { Cyrillic: 400, 'digits, Latin': 200 });
  assert.deepEqual([profile['pixels mean'].count, profile['pixels mean'].missing], [636, 64]);
});

test('whatever a row has in place of a tensor is missing, however deep or long it is', () => {
  let deep: unknown = 1;
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  const none = { toString: 1, valueOf: null };
  const measure = measuresOf(fields)['pixels mean'];
  const strange = [
    none,
    [none, none, none, none],
    deep,
    [],
    [[1, 2], [3]],
    'pixels',
    new Array(1e6).fill(1),
    undefined,
  ];
  assert.deepEqual(
    strange.map(measure.value),
    strange.map(() => Number.NaN),
  );
  assert.equal(measure.value([1, 2, [3, 6]]), 3);
  assert.equal(measure.value(Float32Array.of(1, 2, 3, 6)), 3);
});

test('mean, spread and saturation are those of the elements', () => {
  const known = referenceOf(fields, { pixels: Float32Array.of(0, 0, 1, 3) });
  const of = (what: string) => {
    const field = known[`pixels ${what}`];
    return 'mean' in field ? field.mean : undefined;
  };
  assert.deepEqual([of('mean'), of('spread'), of('saturation')], [1, Math.sqrt(1.5), 0.75]);
});

const lengths: Fields = {
  tokens: { kind: 'tensor', dtype: 'int64', shape: [null] },
  vectors: { kind: 'tensor', dtype: 'float32', shape: [null, 2] },
  words: { kind: 'tensor', dtype: 'string', shape: [null] },
};

test('tensors of any length have a length, and mean, spread and saturation where they are numbers, in rows and columns alike', () => {
  const ragged = Array.from({ length: 300 }, (_, row) => ({
    tokens: Array.from({ length: 1 + (row % 9) }, (__, at) => row + at),
    vectors: Array.from({ length: 1 + (row % 4) }, (__, at) => [row / 10, at]),
    words: row % 50 === 0 ? null : new Array<string>(1 + (row % 3)).fill('word'),
  }));
  const nested = {
    tokens: ragged.map(({ tokens }) => tokens),
    vectors: ragged.map(({ vectors }) => vectors),
    words: ragged.map(({ words }) => words),
  };
  const flat = {
    ...nested,
    tokens: ragged.map(({ tokens }) => BigInt64Array.from(tokens, BigInt)),
    vectors: ragged.map(({ vectors }) => Float32Array.from(vectors.flat())),
  };
  const known = referenceOf(lengths, nested);
  const bins = binsOf(lengths, known, {});
  assert.deepEqual(Object.keys(bins), [
    'tokens length',
    'tokens mean',
    'tokens spread',
    'tokens saturation',
    'vectors length',
    'vectors mean',
    'vectors spread',
    'vectors saturation',
    'words length',
  ]);
  const profiles = [nested, flat].map((columns) => {
    const counting = startCounting(lengths, bins);
    counting.add(columns);
    return counting.profile();
  });
  const byRows = startGathering(lengths, bins);
  for (const row of ragged) byRows.addRow(row);
  assert.deepEqual(profiles[1], profiles[0]);
  assert.deepEqual(byRows.profile(0), profiles[0]);
  const of = (name: string) => profiles[0][name];
  assert.deepEqual([of('words length').count, of('words length').missing], [294, 6]);
  assert.deepEqual(
    [of('tokens length'), of('vectors length')].map((one) => 'min' in one && [one.min, one.max]),
    [
      [1, 9],
      [2, 8],
    ],
  );
});

test('whatever a row has in place of a tensor of any length is missing', () => {
  let deep: unknown = 1;
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  for (const name of ['vectors length', 'vectors mean'])
    for (const strange of [{}, [], 'vectors', undefined, null, 7])
      assert.equal(measuresOf(lengths)[name].value(strange), Number.NaN, name);
  assert.equal(measuresOf(lengths)['vectors mean'].value(deep), Number.NaN);
  assert.equal(measuresOf(lengths)['tokens mean'].value([1, 'a']), Number.NaN);
});
