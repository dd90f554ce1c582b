import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import type { Code } from '../../src/core/errors.ts';
import type { Answer, Field, Manifest, Scorer } from '../../src/core/types.ts';
import { echo } from './echo.ts';

export const MISSING = 'a missing value';

/** What a value becomes, or the code it is refused with. */
export type Wish = { readonly is: unknown } | { readonly code: Code };
export const is = (value: unknown): Wish => ({ is: value });
export const no = (code: Code): Wish => ({ code });

interface Case {
  readonly field: Field;
  readonly value: unknown;
  readonly wish: Wish;
  readonly more?: Partial<Manifest>;
  readonly neighbour?: unknown;
}

export const good: Readonly<Record<string, unknown>> = {
  number: 1,
  integer: 1,
  boolean: true,
  category: 'a',
  text: 'a',
  datetime: '2024-01-01T00:00:00Z',
  tensor: undefined,
};

/** A category or text that is missing cannot reach a model as it is, so its column is looked at after an impute. */
const scorerOf = (field: Field, more: Partial<Manifest> = {}): Scorer => {
  const isText = field.kind === 'category' || field.kind === 'text';
  const plain = field.kind === 'category' ? { ...field, unknown: 'allow' as const } : field;
  const scorer = echo({ x: isText ? plain : field }, more);
  if (!isText) return scorer;
  return echo({ x: field }, { ...more, prepare: [{ impute: { of: 'x', with: MISSING } }], outputs: outputsOf(plain) });
};

const outputsOf = ({ example: _, ...field }: Field): Manifest['outputs'] => ({
  x: { ...field, from: 'x out' } as Manifest['outputs'][string],
});

const seen = ({ output, error }: Answer, field: Field): Wish => {
  if (error) return { code: error.code };
  const value = output.x;
  return { is: value === null ? MISSING : field.kind === 'datetime' && value ? String(value) : value };
};

const seenInColumn = (value: unknown, field: Field): unknown => {
  if (typeof value !== 'number') return value;
  if (Number.isNaN(value)) return MISSING;
  return field.kind === 'boolean' ? value !== 0 : field.kind === 'datetime' ? new Date(value).toISOString() : value;
};

export const check = async ({ field, value, wish, more, neighbour = good[field.kind] }: Case): Promise<void> => {
  const scorer = scorerOf(field, more);
  const rows = [{ x: neighbour }, { x: value }, { x: neighbour }];
  const answers = await scorer.score(rows);
  assert.deepEqual(seen(answers[1] as Answer, field), wish, 'in a row');
  const alone = await scorer.score([{ x: value }]);
  assert.deepEqual(alone[0], answers[1], 'alone as among others');
  const columns = await scorer.scoreColumns({ x: rows.map(({ x }) => x) });
  const problem = columns.errors.get(1);
  assert.deepEqual(problem, answers[1]?.error, 'in a column as in a row');
  if ('is' in wish) assert.ok(Object.is(seenInColumn(columns.columns.x?.[1], field), wish.is), 'in a column');
  if (problem) {
    assert.equal(problem.field, 'x');
    assert.ok(problem.expected && problem.got && problem.message.startsWith('x: expected '), problem.message);
  }
  for (const index of [0, 2]) {
    assert.deepEqual(answers[index]?.error, undefined, 'the neighbours are scored');
    assert.equal(columns.errors.has(index), false);
  }
};

export const table = (
  name: string,
  field: Field,
  cases: readonly (readonly [unknown, Wish, Partial<Manifest>?])[],
): void => {
  describe(name, () => {
    for (const [value, wish, more] of cases) {
      const how = more === undefined ? '' : ` ${inspect(more, { breakLength: Infinity })}`;
      const what = 'code' in wish ? `is refused: ${wish.code}` : `is ${inspect(wish.is)}`;
      const shown = inspect(value, { breakLength: Infinity, maxStringLength: 60 });
      test(`${shown}${how} ${what}`, () => check({ field, value, wish, ...(more && { more }) }));
    }
  });
};

export const coerce = { coerce: true };
const nullPrototype: object = Object.create(null);

/** What is a value of no kind at all. */
export const strangers: readonly (readonly [unknown, Wish, Partial<Manifest>?])[] = [
  [{}, no('WRONG_TYPE')],
  [[], no('WRONG_TYPE')],
  [() => 1, no('WRONG_TYPE')],
  [Symbol('x'), no('WRONG_TYPE')],
  [nullPrototype, no('WRONG_TYPE')],
  [nullPrototype, no('WRONG_TYPE'), coerce],
  [[1], no('WRONG_TYPE'), coerce],
  [[true], no('WRONG_TYPE'), coerce],
  [{ toString: () => 'true', valueOf: () => 1 }, no('WRONG_TYPE'), coerce],
];

export const absent: readonly (readonly [unknown, Wish])[] = [
  [undefined, no('MISSING_FIELD')],
  [null, no('NULL_VALUE')],
  [Number.NaN, no('NULL_VALUE')],
];

export const missing: readonly (readonly [unknown, Wish])[] = [
  [undefined, is(MISSING)],
  [null, is(MISSING)],
  [Number.NaN, is(MISSING)],
];
