import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { stepKinds } from '../../src/core/steps/index.ts';
import type { Dtype, Fields, Row, StepConfig, Value } from '../../src/core/types.ts';
import { prepared } from './prepared.ts';
import { flag, number, text, time } from './steps-cases.ts';

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
  // A tensor, which has its cases in images/step.test.ts.
  image: [],
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
