import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { parse } from 'yaml';
import { MillraceError } from '../../src/core/errors.ts';
import { stepKinds } from '../../src/core/steps/index.ts';
import type { Dtype, Field, Fields, Row, StepConfig, Value } from '../../src/core/types.ts';
import { type Prepared, prepared } from './prepared.ts';

const number: Field = { kind: 'number', nullable: true };
const text: Field = { kind: 'text', nullable: true };
const flag: Field = { kind: 'boolean', nullable: true };
const time: Field = { kind: 'datetime', nullable: true };
const fields: Fields = {
  n: number,
  m: number,
  t: text,
  u: text,
  flag,
  when: time,
  since: time,
  york: { kind: 'datetime', zone: 'America/New_York' },
};
const row = {
  n: 3,
  m: null,
  t: 'a',
  u: null,
  flag: true,
  when: '2024-03-01T23:30:00Z',
  since: '2024-02-29T22:00Z',
  york: '2024-03-01T23:30',
};

interface Case {
  readonly step: StepConfig;
  readonly input?: Row;
  readonly is?: Value;
  /** Words of the message of a refusal. */
  readonly fails?: RegExp;
  readonly field?: string;
}

/** What the step's result is for one row; the result is called y. */
const resultOf = async ({ step, input }: Case, isText: boolean): Promise<{ y?: Value; error?: unknown }> => {
  const dtype: Dtype = isText ? 'string' : 'float64';
  // A missing text cannot be fed to a model: it is shown as a word.
  const shown: StepConfig[] = isText ? [{ impute: { of: 'y', with: 'MISSING' } }] : [];
  const scorer = prepared({ inputs: fields, prepare: [step, ...shown], takes: [{ name: 'y', dtype }] });
  const [answer] = await scorer.score([{ ...row, ...input }]);
  return answer?.error ? { error: answer.error } : { y: (answer?.output?.y ?? null) as Value };
};

const cases: Readonly<Record<string, readonly Case[]>> = {
  join: [
    { step: { join: { fields: ['t', 't'], with: '→', as: 'y' } }, is: 'a→a' },
    { step: { join: { fields: ['t', 't', 't'], as: 'y' } }, is: 'aaa' },
    { step: { join: { fields: ['t', 'u'], as: 'y' } }, is: 'MISSING' },
    { step: { join: { fields: ['t', 't'], with: '', as: 'y' } }, input: { t: '' }, is: '' },
  ],
  lookup: [
    { step: { lookup: { of: 't', table: { a: 1, b: 2 }, as: 'y' } }, is: 1 },
    { step: { lookup: { of: 't', table: { a: 1 }, as: 'y' } }, input: { t: 'z' }, is: null },
    { step: { lookup: { of: 't', table: { a: 1 }, default: -1, as: 'y' } }, input: { t: 'z' }, is: -1 },
    { step: { lookup: { of: 'u', table: { a: 1 }, default: -1, as: 'y' } }, is: -1 },
    { step: { lookup: { of: 't', table: { a: 'x' }, as: 'y' } }, is: 'x' },
    { step: { lookup: { of: 't', table: { a: 'x' }, as: 'y' } }, input: { t: 'z' }, is: 'MISSING' },
    { step: { lookup: { of: 'n', table: { 3: 30 }, as: 'y' } }, is: 30 },
    { step: { lookup: { of: 'n', table: { '0.1': 1 }, as: 'y' } }, input: { n: 0.1 }, is: 1 },
    { step: { lookup: { of: 'flag', table: { 1: 7, 0: 8 }, as: 'y' } }, is: 7 },
    { step: { lookup: { of: 't', table: { a: 1 }, default: 0, as: 'y' } }, input: { t: 'constructor' }, is: 0 },
    { step: { lookup: { of: 't', table: JSON.parse('{"__proto__": 5}'), as: 'y' } }, input: { t: '__proto__' }, is: 5 },
  ],
  hour: [
    { step: { hour: { of: 'when', as: 'y' } }, is: 23 },
    { step: { hour: { of: 'when', as: 'y', zone: 'Asia/Kolkata' } }, is: 5 },
    { step: { hour: { of: 'york', as: 'y' } }, is: 23 },
    { step: { hour: { of: 'york', as: 'y', zone: 'UTC' } }, is: 4 },
    { step: { hour: { of: 'when', as: 'y' } }, input: { when: null }, is: null },
    { step: { hour: { of: 'when', as: 'y' } }, input: { when: '1969-12-31T23:59:59Z' }, is: 23 },
    // Clocks go forward in New York at 07:00Z and back at 06:00Z.
    { step: { hour: { of: 'york', as: 'y' } }, input: { york: '2024-03-10T06:59:59Z' }, is: 1 },
    { step: { hour: { of: 'york', as: 'y' } }, input: { york: '2024-03-10T07:00:00Z' }, is: 3 },
    { step: { hour: { of: 'york', as: 'y' } }, input: { york: '2024-11-03T05:59:59Z' }, is: 1 },
    { step: { hour: { of: 'york', as: 'y' } }, input: { york: '2024-11-03T06:00:00Z' }, is: 1 },
  ],
  weekday: [
    { step: { weekday: { of: 'when', as: 'y' } }, is: 4 },
    { step: { weekday: { of: 'when', as: 'y', zone: 'Asia/Kolkata' } }, is: 5 },
    { step: { weekday: { of: 'when', as: 'y' } }, input: { when: '1969-12-31T00:00Z' }, is: 2 },
    { step: { weekday: { of: 'when', as: 'y' } }, input: { when: '2024-03-03T00:00Z' }, is: 6 },
    { step: { weekday: { of: 'when', as: 'y' } }, input: { when: null }, is: null },
  ],
  month: [
    { step: { month: { of: 'when', as: 'y' } }, is: 3 },
    { step: { month: { of: 'york', as: 'y', zone: 'Pacific/Auckland' } }, input: { york: '2024-03-31T10:00' }, is: 4 },
    { step: { month: { of: 'when', as: 'y' } }, input: { when: null }, is: null },
    { step: { month: { of: 'when', as: 'y' } }, input: { when: '0000-02-29T00:00Z' }, is: 2 },
  ],
  difference: [
    { step: { difference: { of: 'when', since: 'since', unit: 'hour', as: 'y' } }, is: 25.5 },
    { step: { difference: { of: 'since', since: 'when', unit: 'minute', as: 'y' } }, is: -1530 },
    { step: { difference: { of: 'when', since: 'since', unit: 'second', as: 'y' } }, is: 91_800 },
    { step: { difference: { of: 'when', since: 'since', unit: 'day', as: 'y' } }, is: 1.0625 },
    { step: { difference: { of: 'when', since: 'since', unit: 'day', as: 'y' } }, input: { since: null }, is: null },
    // A day in New York is 23 hours long when clocks go forward.
    {
      step: { difference: { of: 'when', since: 'york', unit: 'hour', as: 'y' } },
      input: { york: '2024-03-10', when: '2024-03-11T00:00-04:00' },
      is: 23,
    },
  ],
  log1p: [
    { step: { log1p: { of: 'n', as: 'y' } }, is: Math.log1p(3) },
    { step: { log1p: { of: 'n', as: 'y' } }, input: { n: 1e-20 }, is: 1e-20 },
    { step: { log1p: { of: 'm', as: 'y' } }, is: null },
    {
      step: { log1p: { of: 'n', as: 'y' } },
      input: { n: -1 },
      fails: /expected a number above -1, got -1/,
      field: 'n',
    },
    { step: { log1p: { of: 'n', as: 'y' } }, input: { n: -2 }, fails: /got -2/, field: 'n' },
  ],
  clip: [
    { step: { clip: { of: 'n', min: 0, max: 2, as: 'y' } }, is: 2 },
    { step: { clip: { of: 'n', min: 4, as: 'y' } }, is: 4 },
    { step: { clip: { of: 'n', max: 4, as: 'y' } }, is: 3 },
    { step: { clip: { of: 'm', max: 4, as: 'y' } }, is: null },
  ],
  scale: [
    { step: { scale: { of: 'n', mean: 1, std: 4, as: 'y' } }, is: 0.5 },
    { step: { scale: { of: 'm', mean: 1, std: 4, as: 'y' } }, is: null },
    {
      step: { scale: { of: 'n', mean: 0, std: 1e-300, as: 'y' } },
      input: { n: 1e300 },
      fails: /finite when scaled/,
      field: 'n',
    },
  ],
  impute: [
    { step: { impute: { of: 'm', with: 9, as: 'y' } }, is: 9 },
    { step: { impute: { of: 'n', with: 9, as: 'y' } }, is: 3 },
    { step: { impute: { of: 'flag', with: true, as: 'y' } }, input: { flag: null }, is: 1 },
    { step: { impute: { of: 'u', with: 'none', as: 'y' } }, is: 'none' },
    { step: { impute: { of: 't', with: 'none', as: 'y' } }, is: 'a' },
  ],
  cast: [
    { step: { cast: { of: 't', to: 'number', as: 'y' } }, input: { t: ' 12.5 ' }, is: 12.5 },
    { step: { cast: { of: 't', to: 'number', as: 'y' } }, input: { t: '' }, is: null },
    { step: { cast: { of: 'u', to: 'number', as: 'y' } }, is: null },
    {
      step: { cast: { of: 't', to: 'number', as: 'y' } },
      input: { t: 'x' },
      fails: /expected a numeral, got "x"/,
      field: 't',
    },
    { step: { cast: { of: 't', to: 'number', as: 'y' } }, input: { t: '0x1f' }, fails: /a numeral/, field: 't' },
    { step: { cast: { of: 't', to: 'number', as: 'y' } }, input: { t: '1e999' }, fails: /a numeral/, field: 't' },
    { step: { cast: { of: 't', to: 'integer', as: 'y' } }, input: { t: '-7.9' }, is: -7 },
    { step: { cast: { of: 'n', to: 'integer', as: 'y' } }, input: { n: 7.9 }, is: 7 },
    { step: { cast: { of: 'n', to: 'boolean', as: 'y' } }, is: 1 },
    { step: { cast: { of: 'n', to: 'boolean', as: 'y' } }, input: { n: 0 }, is: 0 },
    { step: { cast: { of: 'm', to: 'boolean', as: 'y' } }, is: null },
    { step: { cast: { of: 't', to: 'boolean', as: 'y' } }, input: { t: 'False' }, is: 0 },
    { step: { cast: { of: 't', to: 'boolean', as: 'y' } }, input: { t: 'yes' }, fails: /a numeral/, field: 't' },
    { step: { cast: { of: 'n', to: 'text', as: 'y' } }, input: { n: 0.1 }, is: '0.1' },
    { step: { cast: { of: 'n', to: 'text', as: 'y' } }, input: { n: 1e21 }, is: '1e+21' },
    { step: { cast: { of: 'flag', to: 'text', as: 'y' } }, is: '1' },
    { step: { cast: { of: 'm', to: 'text', as: 'y' } }, is: 'MISSING' },
    { step: { cast: { of: 't', to: 'text', as: 'y' } }, is: 'a' },
  ],
  concat: [],
};

describe('each step', () => {
  for (const name of Object.keys(stepKinds)) assert.ok(name in cases, `${name} has its cases`);
  for (const [name, list] of Object.entries(cases))
    for (const one of list) {
      const shown = inspect({ ...one.step[name], ...one.input }, { breakLength: Infinity });
      test(`${name} ${shown} ${one.fails ? 'fails' : `is ${inspect(one.is)}`}`, async () => {
        const { error, y } = await resultOf(one, typeof one.is === 'string');
        if (one.fails) {
          const { code, step, field, expected, got, message } = (error ?? {}) as Record<string, string>;
          assert.equal(code, 'STEP_FAILED');
          assert.equal(step, `prepare[0] (${name})`);
          assert.equal(field, one.field);
          assert.ok(expected && got);
          assert.match(message ?? '', one.fails);
          assert.ok(message?.startsWith(`prepare[0] (${name}): ${one.field}: `), message);
        } else assert.ok(Object.is(y, one.is), `${inspect(y)} ${inspect(error)}`);
      });
    }

  test('works in place when it has no other name to give', async () => {
    for (const [step, is] of [
      [{ log1p: { of: 'n' } }, Math.log1p(3)],
      [{ clip: { of: 'n', max: 1 } }, 1],
      [{ scale: { of: 'n', mean: 1, std: 2 } }, 1],
      [{ cast: { of: 'n', to: 'boolean' } }, 1],
      [{ lookup: { of: 'n', table: { 3: 4 } } }, 4],
    ] as const) {
      const scorer = prepared({ inputs: { n: number }, prepare: [step], takes: [{ name: 'n' }] });
      assert.deepEqual(await scorer.score([{ n: 3 }]), [{ output: { n: is } }]);
    }
  });

  test('sees what the steps before it made, in order', async () => {
    const prepare: StepConfig[] = [
      { impute: { of: 'n', with: 7 } },
      { scale: { of: 'n', mean: 1, std: 2, as: 'scaled' } },
      { clip: { of: 'scaled', max: 2, as: 'y' } },
    ];
    const scorer = prepared({ inputs: { n: number }, prepare, takes: [{ name: 'y' }, { name: 'n' }] });
    assert.deepEqual(await scorer.score([{ n: null }, { n: 3 }]), [
      { output: { y: 2, n: 7 } },
      { output: { y: 1, n: 3 } },
    ]);
  });

  test('an imputed or clipped datetime is still one, with its zone', async () => {
    const inputs: Fields = { at: { kind: 'datetime', zone: 'Asia/Tokyo', nullable: true } };
    const prepare: StepConfig[] = [{ impute: { of: 'at', with: 0, as: 'known' } }, { hour: { of: 'known', as: 'y' } }];
    const scorer = prepared({ inputs, prepare, takes: [{ name: 'y' }] });
    assert.deepEqual(await scorer.score([{ at: null }, { at: '2024-01-01T05:00' }]), [
      { output: { y: 9 } },
      { output: { y: 5 } },
    ]);
  });
});

describe('concat', () => {
  const concat = (dtype: Dtype, names: readonly string[], inputs: Fields, width: number | null = names.length) =>
    prepared({
      inputs,
      prepare: [{ concat: { fields: names, as: 'x' } }],
      takes: [{ name: 'x', dtype, dims: [width], shape: [names.length] }],
    });
  const numbers: Fields = { a: number, b: number };

  test('puts fields in the order given, whatever order the row has', async () => {
    const scorer = concat('float64', ['b', 'a'], numbers);
    assert.deepEqual(await scorer.score([{ a: 1, b: 2 }]), [{ output: { x: [2, 1] } }]);
    assert.deepEqual(await scorer.score([{ b: 2, a: 1 }]), [{ output: { x: [2, 1] } }]);
    const { columns } = await scorer.scoreColumns({ a: [1, 3], b: [2, 4] });
    assert.deepEqual(columns.x, Float64Array.of(2, 1, 4, 3));
  });
  test('takes the dtype of the graph, and rounds to it as NumPy does', async () => {
    const [answer] = await concat('float32', ['a', 'b'], numbers).score([{ a: 0.1, b: 16777217 }]);
    assert.deepEqual(answer?.output?.x, [Math.fround(0.1), 16777216]);
  });
  test('keeps a missing number as NaN in a float tensor', async () => {
    const { columns } = await concat('float32', ['a', 'b'], numbers).scoreColumns({ a: [1], b: [null] });
    assert.deepEqual(columns.x, Float32Array.of(1, Number.NaN));
  });
  for (const [dtype, good, bad, expected] of [
    ['int64', 2 ** 53 - 1, 2 ** 53, 'an integer of int64'],
    ['int32', -(2 ** 31), 2 ** 31, 'an integer of int32'],
    ['int16', 32767, 32768, 'an integer of int16'],
    ['uint8', 255, -1, 'an integer of uint8'],
    ['int32', 1, 1.5, 'an integer of int32'],
    ['int32', 1, null, 'an integer of int32'],
    ['bool', 1, 2, 'true or false'],
  ] as const)
    test(`refuses ${bad} in a tensor of ${dtype}, alone`, async () => {
      const scorer = concat(dtype, ['a', 'b'], numbers);
      const answers = await scorer.score([
        { a: good, b: 0 },
        { a: 1, b: bad },
        { a: 1, b: 1 },
      ]);
      const is = (value: number) => (dtype === 'bool' ? Boolean(value) : value);
      assert.deepEqual(answers[0]?.output?.x, [is(good), is(0)]);
      assert.deepEqual(answers[2]?.output?.x, [is(1), is(1)]);
      const { code, step, field, expected: wanted } = answers[1]?.error ?? {};
      assert.deepEqual([code, step, field, wanted], ['STEP_FAILED', 'prepare[0] (concat)', 'b', expected]);
    });
  test('joins texts where the graph takes strings', async () => {
    const scorer = concat('string', ['t', 'u'], { t: text, u: text });
    const answers = await scorer.score([{ t: 'a', u: 'b' }, { t: 'a' }]);
    assert.deepEqual(answers[0], { output: { x: ['a', 'b'] } });
    assert.deepEqual([answers[1]?.error?.code, answers[1]?.error?.field], ['STEP_FAILED', 'u']);
  });
  test('fills a width that the graph leaves open', async () => {
    const scorer = concat('float64', ['a', 'b'], numbers, null);
    assert.deepEqual(await scorer.score([{ a: 1, b: 2 }]), [{ output: { x: [1, 2] } }]);
  });
});

describe('a step that cannot work is refused before any row', () => {
  const inputs: Fields = {
    distance: number,
    zone: text,
    pickup: time,
    vector: { kind: 'tensor', dtype: 'float32', shape: [3] },
  };
  const refusals: readonly (readonly [string, StepConfig, RegExp])[] = [
    [
      'a name that is nearly right',
      { log1p: { of: 'distanse', as: 'y' } },
      /prepare\[0\] \(log1p\): there is no "distanse" here\. Did you mean distance\?/,
    ],
    ['a name of a later step', { log1p: { of: 'y' } }, /there is no "y"/],
    ['a step that does not exist', { logp1: { of: 'distance' } }, /there is no such step\. Did you mean log1p\?/],
    ['no step at all', {}, /there is no such step/],
    ['two steps in one', { log1p: { of: 'distance' }, clip: { of: 'distance', min: 0 } }, /a step has one name/],
    ['a name that objects have', { constructor: { of: 'distance' } } as unknown as StepConfig, /there is no such step/],
    ['a setting that does not exist', { log1p: { off: 'distance' } }, /there is no setting off\. Did you mean of\?/],
    ['a setting that is missing', { scale: { of: 'distance', mean: 1 } }, /std is missing/],
    ['numbers out of a text', { log1p: { of: 'zone' } }, /zone is a string column; this step needs number/],
    [
      'a text out of numbers',
      { join: { fields: ['zone', 'distance'], as: 'y' } },
      /distance is a number column; this step needs string/,
    ],
    ['a tensor as a number', { clip: { of: 'vector', min: 0 } }, /vector is a tensor column/],
    ['a cast of a tensor', { cast: { of: 'vector', to: 'text' } }, /vector is a tensor column/],
    ['the hour of a number', { hour: { of: 'distance', as: 'y' } }, /distance is not a datetime/],
    [
      'a difference from a number',
      { difference: { of: 'pickup', since: 'distance', unit: 'hour', as: 'y' } },
      /distance is not a datetime/,
    ],
    [
      'a zone that does not exist',
      { hour: { of: 'pickup', as: 'y', zone: 'America/New_Yrok' } },
      /no time zone "America\/New_Yrok"/,
    ],
    ['a range upside down', { clip: { of: 'distance', min: 2, max: 1, as: 'y' } }, /min 2 is above max 1/],
    ['a number in place of a text', { impute: { of: 'zone', with: 1 } }, /zone is a string column/],
    ['a table of two kinds', { lookup: { of: 'zone', table: { a: 1, b: 'x' }, as: 'y' } }, /numbers and texts/],
    [
      'a default of another kind',
      { lookup: { of: 'zone', table: { a: 1 }, default: 'x', as: 'y' } },
      /numbers and texts/,
    ],
    ['a text among the features', { concat: { fields: ['distance', 'zone'], as: 'x' } }, /zone is a string column/],
  ];
  for (const [what, step, message] of refusals)
    test(what, () => {
      const make = () => prepared({ inputs, prepare: [step], takes: [{ name: 'y' }] });
      assert.throws(make, (error) => {
        assert.ok(error instanceof MillraceError);
        assert.equal(error.code, 'BAD_MANIFEST');
        assert.match(error.message, message);
        return true;
      });
    });

  const feeds: readonly (readonly [string, Omit<Prepared, 'inputs'>, RegExp])[] = [
    [
      'nothing feeds an input of the graph',
      { takes: [{ name: 'distanc' }] },
      /Nothing feeds .*Did you mean it by distance\?/,
    ],
    ['a text where the graph takes numbers', { takes: [{ name: 'zone' }] }, /cannot be fed by a string column/],
    [
      'a number where the graph takes strings',
      { takes: [{ name: 'distance', dtype: 'string' }] },
      /cannot be fed by a number column/,
    ],
    ['a tensor of another dtype', { takes: [{ name: 'vector', dims: [3] }] }, /cannot be fed by a float32 tensor/],
    [
      'a tensor of another width',
      { takes: [{ name: 'vector', dtype: 'float32', dims: [4] }] },
      /takes 4 values a row; vector is a tensor of shape \[3\]/,
    ],
    [
      'a tensor of another rank',
      { takes: [{ name: 'vector', dtype: 'float32', dims: [null, 2] }] },
      /vector is a tensor of shape \[3\]/,
    ],
    [
      'one number where the graph takes several',
      { takes: [{ name: 'distance', dims: [4] }] },
      /takes 4 values a row; distance is one/,
    ],
    [
      'too few features',
      { prepare: [{ concat: { fields: ['distance'], as: 'x' } }], takes: [{ name: 'x', dims: [2] }] },
      /takes 2 features, not 1/,
    ],
    [
      'a concat of another dtype',
      { prepare: [{ concat: { fields: ['distance'], as: 'x', dtype: 'float32' } }], takes: [{ name: 'x' }] },
      /cannot be fed by a float32 tensor/,
    ],
  ];
  for (const [what, parts, message] of feeds)
    test(what, () => {
      assert.throws(() => prepared({ inputs, ...parts }), { code: 'BAD_MANIFEST', message });
    });
});

test('a number is fed to a graph of integers where it is one', async () => {
  const scorer = prepared({
    inputs: { n: number, b: flag },
    takes: [
      { name: 'n', dtype: 'int32' },
      { name: 'b', dtype: 'bool' },
    ],
  });
  const answers = await scorer.score([
    { n: 5, b: true },
    { n: 5.5, b: true },
    { n: 2 ** 40, b: true },
    { b: true },
    { n: 1 },
  ]);
  assert.deepEqual(answers[0], { output: { n: 5, b: true } });
  assert.deepEqual(
    answers.slice(1).map(({ error }) => [error?.code, error?.field]),
    [
      ['NOT_INTEGER', 'n'],
      ['OUT_OF_RANGE', 'n'],
      ['NULL_VALUE', 'n'],
      ['NULL_VALUE', 'b'],
    ],
  );
  assert.match(answers[3]?.error?.message ?? '', /A step such as impute or cast can mend that/);
});

test('a tensor keeps its shape where the graph leaves dimensions open', async () => {
  for (const dims of [[2, 3], [null, 3], [2, null], [null, null], [6], [null]]) {
    const shape = dims.length === 1 ? [6] : [2, 3];
    const scorer = prepared({
      inputs: { x: { kind: 'tensor', dtype: 'float32', shape: [2, 3] } },
      takes: [{ name: 'x', dtype: 'float32', dims, shape }],
    });
    const [answer] = await scorer.score([{ x: [1, 2, 3, 4, 5, 6] }]);
    assert.deepEqual(
      answer?.output?.x,
      shape.length === 1
        ? [1, 2, 3, 4, 5, 6]
        : [
            [1, 2, 3],
            [4, 5, 6],
          ],
    );
  }
});

/** A row of anything that the fields allow, with values at the edges of what the steps take. */
const anyRow = fc.record({
  n: fc.option(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(-1, 0, -0, 1e300, 3))),
  m: fc.option(fc.integer({ min: -5, max: 5 })),
  t: fc.option(fc.constantFrom('', 'a', 'b', '1', '12.5', 'x', 'true', '__proto__')),
  u: fc.option(fc.string({ maxLength: 3 })),
  flag: fc.option(fc.boolean()),
  when: fc.option(fc.date({ noInvalidDate: true })),
  since: fc.option(fc.date({ noInvalidDate: true })),
  york: fc.constantFrom('2024-03-10T02:30', '2024-11-03T01:30', '2024-06-01T12:00Z'),
});

describe('a step’s result does not depend on the batch', () => {
  for (const [name, list] of Object.entries(cases)) {
    for (const [index, { step, is }] of list.entries())
      test(`${name}, ${index + 1}`, async () => {
        const isText = typeof is === 'string';
        const shown: StepConfig[] = isText ? [{ impute: { of: 'y', with: 'MISSING' } }] : [];
        const dtype = isText ? 'string' : 'float64';
        const scorer = prepared({ inputs: fields, prepare: [step, ...shown], takes: [{ name: 'y', dtype }] });
        await fc.assert(
          fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 8 }), async (rows) => {
            const together = await scorer.score(rows);
            for (const [at, one] of rows.entries()) assert.deepEqual((await scorer.score([one]))[0], together[at]);
          }),
          { numRuns: 25 },
        );
      });
  }
});

describe('docs/STEPS.md', () => {
  const rows = readFileSync(join(import.meta.dirname, '../../docs/STEPS.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| [a-z0-9]+ \|/.test(line))
    .map((line) => line.slice(2, -2).split(' | '))
    .filter(([name]) => name !== 'step');
  test('has a line for every step, and for no other', () => {
    assert.deepEqual(rows.map(([name]) => name).sort(), Object.keys(stepKinds).sort());
  });
  for (const [name = '', settings = '', , , example = ''] of rows) {
    test(`${name}: its settings are those of the code`, () => {
      const { properties = {}, required = [] } = (stepKinds[name] ?? assert.fail(name)).schema as {
        properties?: object;
        required?: readonly string[];
      };
      const shown = Object.keys(properties).map((key) => (required.includes(key) ? key : `${key}?`));
      assert.deepEqual(settings.split(', ').sort(), shown.sort());
    });
    test(`${name}: its example is true`, async () => {
      const [, step = '', given = '', is = ''] = /^`(.+)` of `(.+)` is `(.+)`$/.exec(example) ?? assert.fail(example);
      const isText = is.startsWith('"');
      const scorer = prepared({
        inputs: { a: text, b: text, n: number, m: number, at: time, from: time },
        prepare: [parse(step) as StepConfig],
        takes: [
          is.startsWith('[')
            ? { name: 'y', dtype: 'float32', dims: [2] }
            : { name: 'y', dtype: isText ? 'string' : 'float64' },
        ],
      });
      assert.deepEqual(await scorer.score([parse(given)]), [{ output: { y: parse(is) } }]);
    });
  }
});
