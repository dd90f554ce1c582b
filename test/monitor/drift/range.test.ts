import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedOutside, rangeP } from '../../../src/monitor/drift/range.ts';
import { near, oracles } from '../oracles.ts';

test('values outside of the range have the p of exact fractions', () => {
  type Outside = { outside: number; n: number; m: number };
  for (const { input, exact } of oracles<Outside, number>('outside_range')) near(rangeP(input), exact);
});

test('as many rows as the baseline has bring two values outside of it', () => {
  assert.ok(Math.abs(1000 * expectedOutside(1000) - 2) < 0.01);
  assert.ok(rangeP({ outside: 2, n: 1000, m: 1000 }) > 0.4);
  assert.equal(rangeP({ outside: 0, n: 1000, m: 1000 }), 1);
  assert.equal(rangeP({ outside: 3, n: 10, m: 1 }), 1, 'one value has no range');
});
