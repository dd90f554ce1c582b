import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import type { Field, Fields, Row } from '../../src/core/types.ts';
import { echo } from './echo.ts';
import { coerce, MISSING } from './validation-cases.ts';

describe('a row', () => {
  const fields: Fields = { a: { kind: 'number' }, b: { kind: 'number', nullable: true } };
  for (const value of [null, undefined, 3, 'row', true, 5n, [], [1, 2], Symbol('r'), () => ({})]) {
    test(`${inspect(value)} is no row`, async () => {
      const answers = await echo(fields).score([{ a: 1 }, value, { a: 2 }]);
      assert.deepEqual(answers[0], { output: { a: 1, b: null } });
      assert.equal(answers[1]?.error?.code, 'NOT_A_ROW');
      assert.deepEqual(answers[2], { output: { a: 2, b: null } });
    });
  }
  test('a hole in the array of rows is no row', async () => {
    const rows: unknown[] = [{ a: 1 }];
    rows[2] = { a: 2 };
    const answers = await echo(fields).score(rows);
    assert.deepEqual(
      answers.map(({ error }) => error?.code),
      [undefined, 'NOT_A_ROW', undefined],
    );
  });
  test('that throws when it is read is refused alone', async () => {
    const throwing = {
      get a(): number {
        throw new Error('not now');
      },
    };
    const proxy = new Proxy({}, { ownKeys: () => assert.fail('no keys'), get: () => assert.fail('no values') });
    for (const more of [{}, { extraFields: 'reject' as const }]) {
      const answers = await echo(fields, more).score([
        { a: 1 },
        throwing,
        new (class {
          a = 2;
        })(),
        proxy,
        { a: 3 },
        [1],
        null,
      ]);
      assert.deepEqual(
        answers.map(({ output, error }) => output?.a ?? error?.code),
        [1, 'NOT_A_ROW', 2, 'NOT_A_ROW', 3, 'NOT_A_ROW', 'NOT_A_ROW'],
      );
      assert.match(answers[1]?.error?.message ?? '', /an object that throws: not now/);
    }
  });
  test('no rows give no answers', async () => {
    assert.deepEqual(await echo(fields).score([]), []);
    const answers = await echo(fields).scoreColumns({ a: [], b: new Float64Array(0) });
    assert.equal(answers.rows, 0);
    assert.ok(answers.columns.a instanceof Float64Array && answers.columns.a.length === 0);
  });
  test('the first field that is wrong, in the order of the signature, is the one that is told', async () => {
    const two = echo({ a: { kind: 'number' }, b: { kind: 'number' } });
    const [answer] = await two.score([{ b: 'x', a: 'y' }]);
    assert.equal(answer?.error?.field, 'a');
  });
  test('no field may have a name that every object has', () => {
    for (const name of ['toString', 'constructor', '__proto__', 'hasOwnProperty'])
      assert.throws(() => echo({ [name]: { kind: 'number' } as Field }), { code: 'BAD_MANIFEST' });
  });
  test('keys like __proto__ and constructor in a row change nothing', async () => {
    const row = JSON.parse('{"a": 1, "__proto__": {"b": 5}, "constructor": 7, "hasOwnProperty": 8}');
    assert.deepEqual(await echo(fields).score([row]), [{ output: { a: 1, b: null } }]);
    const columns = JSON.parse('{"a": [1], "__proto__": [5], "constructor": [7]}');
    const answers = await echo(fields).scoreColumns(columns);
    assert.deepEqual([answers.rows, answers.columns.a?.[0], answers.errors.size], [1, 1, 0]);
    assert.equal(({} as Record<string, unknown>).b, undefined);
  });
});

test('a million digits are refused as fast as one', async () => {
  const scorer = echo({ a: { kind: 'number' } }, coerce);
  const [answer] = await scorer.score([{ a: `${'1'.repeat(1_000_000)}x` }]);
  assert.equal(answer?.error?.code, 'WRONG_TYPE');
  assert.ok((answer?.error?.message.length ?? 0) < 200);
});

test('a signature of a thousand fields makes short messages', async () => {
  const fields = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`f${i}`, { kind: 'number' } as const]));
  const [answer] = await echo(fields).score([null]);
  assert.match(answer?.error?.message ?? '', /f0, f1, .* and 988 more/);
});

const anything = fc.oneof(
  { weight: 5, arbitrary: fc.double() },
  { weight: 5, arbitrary: fc.integer() },
  fc.constantFrom('a', 'b', 'c', '', 'NA', '1', 'true', '2024-01-01T00:00Z', '2024-01-01', '__proto__'),
  fc.boolean(),
  fc.constantFrom(null, undefined, Number.NaN, Infinity, -Infinity, 2 ** 53, 5n, 2n ** 64n),
  fc.anything({
    withNullPrototype: true,
    withDate: true,
    withTypedArray: true,
    withBigInt: true,
    withSparseArray: true,
  }),
);

const anyRow = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record(
      { n: anything, i: anything, b: anything, c: anything, x: anything, d: anything, t: anything },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: anything },
);

for (const more of [{}, { coerce: true }, { extraFields: 'reject' as const }]) {
  test(`whatever is sent, each row is answered by itself (${inspect(more)})`, async () => {
    const scorer = echo(
      {
        n: { kind: 'number', min: -5, nullable: true },
        i: { kind: 'integer', nullable: true },
        b: { kind: 'boolean', nullable: true },
        c: { kind: 'category', labels: ['a', 'b', MISSING], nullable: true },
        d: { kind: 'datetime', zone: 'Europe/Paris', nullable: true },
        t: { kind: 'tensor', dtype: 'float32', shape: [2], nullable: true },
      },
      { ...more, prepare: [{ impute: { of: 'c', with: MISSING } }] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { maxLength: 12 }), async (rows) => {
        const together = await scorer.score(rows);
        const alone = await Promise.all(rows.map(async (row) => (await scorer.score([row]))[0]));
        assert.deepEqual(together, alone);
        assert.equal(together.length, rows.length);
        if (rows.length === 0 || rows.some((row) => typeof row !== 'object' || row === null || Array.isArray(row)))
          return;
        const names = ['n', 'i', 'b', 'c', 'd', 't'];
        // A slip of the pen, and a row of strangers, show in rows alone: columns say which fields there are for all rows.
        if (!rows.every((row) => names.some((name) => name in (row as Row)))) return;
        if (rows.some((row) => Object.keys(row as Row).some((name) => /^[NIBCDT]$/.test(name)))) return;
        const columns = Object.fromEntries(names.map((name) => [name, rows.map((row) => (row as Row)[name])]));
        const { errors } = await scorer.scoreColumns(columns);
        if (!('extraFields' in more)) {
          assert.deepEqual(
            together.map(({ error }) => error),
            rows.map((_, row) => errors.get(row)),
          );
        }
      }),
      { numRuns: 300 },
    );
  });
}
