import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addSums, type Exact, meanOf, type Sums, stdOf, sumsOf } from '../../../src/monitor/profile/exact.ts';
import { startNumbers } from '../../../src/monitor/profile/number-counts.ts';

const summed = (values: readonly number[], edges: readonly number[] = []): Sums => {
  const counting = startNumbers({ edges });
  counting.add(Float64Array.from(values));
  const { count, from, sum, squares } = counting.counts();
  return { count, from, sum, squares };
};

/** The same by whole numbers alone: every double is a whole number of 2^-1074. */
const wholeOf = (value: number): bigint => {
  let [rest, power] = [value, 1074];
  while (power > 0 && !Number.isInteger(rest)) {
    rest *= 2;
    power--;
  }
  return BigInt(rest) << BigInt(power);
};
const read = (exact: Exact, unit: number): bigint => {
  const [whole = '', power = ''] = exact.replace(/^-/, '').split('p');
  const value = BigInt(whole) << BigInt(Number(power) + unit);
  return exact.startsWith('-') ? -value : value;
};
const assertExact = ({ sum, squares }: Sums, values: readonly number[]): void => {
  const wholes = values.map(wholeOf);
  assert.equal(
    read(sum, 1074),
    wholes.reduce((a, b) => a + b, 0n),
  );
  assert.equal(
    read(squares, 2148),
    wholes.reduce((a, b) => a + b * b, 0n),
  );
};

const anyNumber = fc.oneof(
  fc.double({ min: -1e3, max: 1e3, noNaN: true }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 1e-320, max: 1e-300, noNaN: true }),
  fc.integer(),
  fc.constantFrom(0, -0, 0.1, 5e-324, 2 ** 500, 2 ** -450, Number.MAX_VALUE, -Number.MAX_VALUE),
);

test('sums of numbers and of their squares are exact, whatever the numbers are', () => {
  fc.assert(
    fc.property(fc.array(anyNumber, { maxLength: 50 }), (values) => assertExact(summed(values), values)),
    { numRuns: 500, seed: 3 },
  );
});

test('of many large numbers of one size no bit is lost', () => {
  for (const value of [1 - 2 ** -53, -(2 - 2 ** -52), 0.1, 1e100 / 3]) {
    const values = new Array<number>(10_000).fill(value);
    assertExact(summed(values), values);
  }
  // Within reach of the edges, each with as many bits as are kept there.
  const near = Array.from({ length: 10_000 }, (_, at) => (at % 2 ? 1 : -1) * (2 ** 5 - 2 ** -34 * (at + 1)));
  const { from, sum, squares } = summed(near, [0, 0.5]);
  assert.equal(from, 0);
  assertExact({ count: near.length, from, sum, squares }, near);
});

test('what is near the edges is rounded to far less than anybody sees, by itself alone', () => {
  const number = fc.double({ min: -300, max: 300, noNaN: true });
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 50 }), (values) => {
      const sums = summed(values, [3, 7, 11]);
      assert.equal(sums.from, 3);
      const { count } = sums;
      const mean = values.reduce((a, b) => a + b, 0) / count;
      const std = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / count);
      assert.ok(Math.abs(meanOf(sums) - mean) < 1e-9);
      assert.ok(Math.abs(stdOf(sums) - std) < 1e-6);
      const each = values.map((value) => summed([value], [3, 7, 11])).reduce(addSums);
      assert.deepEqual(each, sums);
    }),
  );
});

test('what is not finite is passed over', () => {
  for (const edges of [[], [0, 1]]) {
    assert.deepEqual(summed([Number.NaN, 1, Infinity, 2, -Infinity], edges), summed([1, 2], edges));
    assert.equal(summed([Number.NaN], edges).sum, '0x0p0');
  }
});

test('a sum has one text, whichever its parts are', () => {
  assert.equal(summed([59.5]).sum, '0x77p-1');
  assert.equal(addSums(summed([100, 0.5]), summed([-160])).sum, '-0x77p-1');
  assert.equal(addSums(summed([59.5]), summed([-59.5])).sum, '0x0p0');
});

test('sums of distances from several numbers add up to those from one', () => {
  const [a, b] = [summed([1, 2, 40], [1, 5]), summed([7, 8.5], [-3, 4])];
  const both = addSums(a, b);
  assert.deepEqual(both, summed([1, 2, 40, 7, 8.5], [1, 5]));
});

test('mean and standard deviation are those of all digits', () => {
  const close = summed([1e16, 1e16 + 2, 1e16 + 4]);
  assert.equal(meanOf(close), 1e16 + 2);
  assert.equal(stdOf(close), Math.sqrt(8 / 3));
  assert.equal(meanOf(summed([0.1, 0.2, 0.3])), 0.2);
  assert.equal(meanOf(summed([Number.MAX_VALUE, Number.MAX_VALUE])), Number.MAX_VALUE);
  assert.equal(meanOf(summed([5e-324, 5e-324])), 5e-324);
  assert.equal(meanOf(summed([])), 0);
  assert.equal(stdOf(summed([])), 0);
});

test('sums that are made of a mean and squared distances give back both', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e9, max: 1e9, noNaN: true }),
      fc.double({ min: 1e-200, max: 1e9, noNaN: true }),
      (mean, m2) => {
        assert.equal(meanOf(sumsOf(7, mean, m2)), mean + 0);
        assert.equal(stdOf(sumsOf(7, mean, m2)), Math.sqrt(m2 / 7));
      },
    ),
  );
});
