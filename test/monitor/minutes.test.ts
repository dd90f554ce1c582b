/** What was answered, counted: the same rows tell the same, whichever way they came. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Answer, ColumnInput, Fields } from '../../src/core/types.ts';
import type { Answered, Answerer } from '../../src/monitor/answered.ts';
import { createMinutes, type MinuteProfile } from '../../src/monitor/minutes.ts';
import { startCounting } from '../../src/monitor/profile/counting.ts';
import { countOf } from '../../src/monitor/profile/durations.ts';
import { merge, type Profile } from '../../src/monitor/profile/profile.ts';
import { binsOf, type Reference, referenceOf } from '../../src/monitor/profile/reference.ts';
import { createLeave } from '../../src/monitor/scored-rows.ts';

const inputs: Fields = {
  amount: { kind: 'number' },
  count: { kind: 'integer' },
  color: { kind: 'category', labels: ['red', 'blue'] },
  place: { kind: 'category' },
  at: { kind: 'datetime' },
  note: { kind: 'text' },
  paid: { kind: 'boolean' },
};
const outputs: Fields = {
  chance: { kind: 'number', min: 0, max: 1 },
  verdict: { kind: 'category', labels: ['yes', 'no'] },
};

const sample = {
  amount: Float64Array.from({ length: 50 }, (_, at) => at / 7),
  count: Float64Array.from({ length: 50 }, (_, at) => at % 5),
  color: ['red', 'blue'],
  place: ['here', 'there', 'elsewhere'],
  at: Float64Array.from({ length: 50 }, (_, at) => 1.79e12 + at * 1e6),
  note: ['a', 'bb', 'cccc', 'dddddddd'],
  paid: Float64Array.of(1, 0, 1),
};
const reference: Reference = {
  rows: 50,
  inputs: referenceOf(inputs, sample),
  outputs: referenceOf(outputs, {
    chance: Float64Array.from({ length: 50 }, (_, at) => at / 50),
    verdict: ['yes', 'no'],
  }),
};
const model: Answerer = {
  ref: 'm@production',
  name: 'm',
  version: '1.0.0',
  digest: 'sha256:aa',
  manifest: { inputs, outputs },
  reference,
};

interface Scored {
  readonly row: Readonly<Record<string, unknown>>;
  readonly answer: Answer;
}
const orMissing = <T>(values: fc.Arbitrary<T>) => fc.option(values, { freq: 8 });
const anyScored: fc.Arbitrary<Scored> = fc.record({
  row: fc.record({
    amount: orMissing(
      fc.oneof(fc.double({ min: -3, max: 11, noNaN: true }), fc.double({ noNaN: true, noDefaultInfinity: true })),
    ),
    count: orMissing(fc.integer({ min: -2, max: 9 })),
    color: orMissing(fc.constantFrom('red', 'blue')),
    place: orMissing(fc.oneof(fc.constantFrom('here', 'there', 'elsewhere!', 'constructor'), fc.string())),
    at: orMissing(fc.integer({ min: 1.78e12, max: 1.8e12 }).map((ms) => new Date(ms).toISOString())),
    note: orMissing(fc.string()),
    paid: orMissing(fc.boolean()),
  }),
  answer: fc.oneof(
    {
      arbitrary: fc.record({
        output: fc.record({
          chance: fc.double({ min: 0, max: 1, noNaN: true }),
          verdict: orMissing(fc.constantFrom('yes', 'no')),
        }),
      }),
      weight: 6,
    },
    { arbitrary: fc.constant({ error: { code: 'WRONG_TYPE', message: 'no' } } as const), weight: 1 },
  ) as fc.Arbitrary<Answer>,
});

/** As a table has them: numbers, instants and truths typed, texts plain. */
const columnOf = (fields: Fields, name: string, values: readonly unknown[]): ColumnInput => {
  const { kind } = fields[name];
  if (kind === 'category' || kind === 'text') return values.map((value) => value ?? null) as ColumnInput;
  return Float64Array.from(values, (value) => {
    if (value === null || value === undefined) return Number.NaN;
    return kind === 'datetime' ? Date.parse(value as string) : Number(value);
  });
};
const columnsOf = (fields: Fields, rows: readonly (Readonly<Record<string, unknown>> | undefined)[]) =>
  Object.fromEntries(
    Object.keys(fields).map((name) => [
      name,
      columnOf(
        fields,
        name,
        rows.map((row) => row?.[name]),
      ),
    ]),
  );
const inputColumns = (scored: readonly Scored[]) =>
  columnsOf(
    inputs,
    scored.map(({ row }) => row),
  );
const outputColumns = (scored: readonly Scored[]) =>
  columnsOf(
    outputs,
    scored.map(({ answer }) => answer.output),
  );

/** As batch counts a shard. */
const ofBatch = (scored: readonly Scored[]): { readonly inputs: Profile; readonly outputs: Profile } => {
  const [into, out] = [
    startCounting(inputs, binsOf(inputs, reference.inputs, {})),
    startCounting(outputs, binsOf(outputs, reference.outputs, {})),
  ];
  into.add(inputColumns(scored));
  out.add(outputColumns(scored));
  return { inputs: into.profile(), outputs: out.profile(scored.filter(({ answer }) => answer.error).length) };
};

const asRows = (scored: readonly Scored[]): Answered['content'] => ({
  rows: scored.map(({ row }) => row),
  answers: scored.map(({ answer }) => answer),
});
const asColumns = (scored: readonly Scored[]): Answered['content'] => {
  const errors = new Map(scored.flatMap(({ answer: { error } }, at) => (error ? [[at, error] as const] : [])));
  const columns = outputColumns(scored) as Extract<Answered['content'], { columns: unknown }>['answers']['columns'];
  return { columns: inputColumns(scored), answers: { rows: scored.length, columns, errors } };
};
const callOf = (content: Answered['content']): Answered => ({ id: 'c', model, ms: 1, content });

const together = (minutes: readonly MinuteProfile[]) => ({
  rows: minutes.reduce((sum, { rows }) => sum + rows, 0),
  inputs: minutes.reduce<Profile>((sum, one) => merge(sum, one.inputs), {}),
  outputs: minutes.reduce<Profile>((sum, one) => merge(sum, one.outputs), {}),
});
const sorted = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, one) =>
      one !== null && typeof one === 'object' && !Array.isArray(one)
        ? Object.fromEntries(Object.entries(one).sort())
        : one,
    ),
  );

/** All that is told of rows that come a few at a time, as `contentOf` has them; time goes on between two calls. */
const counted = (
  parts: readonly (readonly Scored[])[],
  count: (counter: (call: Answered) => void, part: readonly Scored[]) => void,
) => {
  const told: MinuteProfile[] = [];
  let now = 1_795_000_000_000;
  const minutes = createMinutes({ numberOf: () => 0, onMinute: (minute) => told.push(minute), clock: () => now });
  for (const part of parts) {
    count(minutes.count, part);
    now += 23_000;
  }
  minutes.flush();
  return { told, ...together(told) };
};

describe('minutes', () => {
  it('of a service, of a stream and of a batch run are the same profile of the same rows, bit for bit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(anyScored, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 12 }),
        (parts) => {
          const whole = sorted(ofBatch(parts.flat()));
          const service = counted(parts, (count, part) => {
            for (const one of part) count(callOf(asRows([one])));
          });
          const tensors = counted(parts, (count, part) => count(callOf(asColumns(part))));
          const stream = counted(parts, (count, part) =>
            createLeave({ count, record: () => undefined, share: 0 })({
              model,
              ms: 1,
              idOf: String,
              content: asRows(part),
            }),
          );
          for (const { rows, inputs, outputs } of [service, tensors, stream]) {
            assert.equal(rows, parts.flat().length);
            assert.deepEqual(sorted({ inputs, outputs }), whole);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are told once, with the time at which each began, however many rows came', () => {
    const scored = fc.sample(anyScored, { numRuns: 40, seed: 3 });
    const parts = scored.map((one) => Array.from({ length: 50 }, () => one));
    const { told, rows } = counted(parts, (count, part) => count(callOf(asRows(part))));
    assert.equal(rows, 2000);
    assert.equal(new Set(told.map(({ at }) => at)).size, told.length);
    assert.ok(told.every(({ at }) => at % 60_000 === 0));
    assert.equal(told.length, 16);
  });

  it('take whatever a row has: what is no value of its field is missing, or a label that nobody knows', () => {
    const none = { toString: 1, valueOf: null };
    const row = { amount: none, count: [1], color: none, place: [none], at: {}, note: none, paid: none };
    const error = { code: 'WRONG_TYPE', message: 'no' } as const;
    const call = callOf({ rows: [row, null, 'no row', 7], answers: [{ error }, { error }, { error }, { error }] });
    const { told } = counted([[]], (count) => count(call));
    const [{ rows, refused, inputs: fields, outputs: answers }] = told;
    assert.deepEqual([rows, refused, answers.chance.count, answers.chance.missing], [4, 4, 0, 0]);
    const seen = Object.entries(fields).map(([name, field]) => [name, field.count, 'other' in field ? field.other : 0]);
    assert.deepEqual(seen.toSorted(), [
      ['amount', 0, 0],
      ['at', 0, 0],
      ['color', 1, 1],
      ['count', 0, 0],
      ['note alphabet', 0, 0],
      ['note', 0, 0],
      ['paid', 1, 1],
      ['place', 1, 1],
    ]);
  });

  it('say how much it was, and what was refused, of a package that does not say what its training data looked like', () => {
    const told: MinuteProfile[] = [];
    const minutes = createMinutes({ numberOf: () => 0, onMinute: (minute) => told.push(minute) });
    const unknown = { ...model, reference: undefined };
    const error = { code: 'WRONG_TYPE', field: 'amount', message: 'no' } as const;
    minutes.count({ ...callOf({ rows: [{}, {}], answers: [{ error }, { output: { chance: 1 } }] }), model: unknown });
    minutes.failed(unknown, 'QUEUE_FULL');
    minutes.flush();
    const [{ rows, refused, inputs, outputs, traffic }, ...none] = told;
    assert.deepEqual(
      { rows, refused, inputs, outputs, none },
      { rows: 2, refused: 1, inputs: {}, outputs: {}, none: [] },
    );
    assert.deepEqual(traffic?.refused, { 'WRONG_TYPE amount': 1 });
    assert.deepEqual(traffic?.failed, { QUEUE_FULL: 1 });
    assert.equal(countOf(traffic?.durations ?? {}), 1);
  });
});
