/** ln(1 + x), whose last bit differs from engine to engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { log1p } from '../../../src/runtimes/trees/log1p.ts';

/** From 2^-1074 to 2^1023, a few to each power of two, and around the places where the way to the answer forks. */
const values = (): readonly number[] => {
  const found = [0, Number.MIN_VALUE, Number.MAX_VALUE, Infinity];
  for (let power = -1074; power < 1024; power++)
    for (const part of [1, 1.2, Math.SQRT2, 1.75]) found.push(part * 2 ** power);
  for (const edge of [2 ** -54, 2 ** -29, Math.SQRT2 - 1, 2 ** 53])
    for (const step of [-2, -1, 0, 1, 2]) found.push(edge * (1 + step * Number.EPSILON));
  return found;
};

test('ln(1 + x) is within a unit in the last place of what it is, from the least number to the greatest', () => {
  for (const x of values()) {
    const [own, theirs] = [log1p(x), Math.log1p(x)];
    if (x === Infinity) assert.equal(own, Infinity);
    else
      assert.ok(
        Math.abs(own - theirs) <= Math.max(Number.MIN_VALUE, theirs * Number.EPSILON),
        `${x}: ${own}, ${theirs}`,
      );
  }
  assert.ok(Number.isNaN(log1p(Number.NaN)));
});

test('it has the bits of fdlibm', () => {
  const cases: readonly (readonly [number, number])[] = [
    [0, 0],
    [1, Math.LN2],
    [2, 1.0986122886681096],
    [Math.E - 1, 1],
    [0.25, 0.22314355131420976],
    [0.41421356, 0.34657358860194104],
    [1e-10, 9.999999999500001e-11],
    [1e300, 690.7755278982137],
  ];
  for (const [x, wanted] of cases) assert.equal(log1p(x), wanted, `${x}`);
});
