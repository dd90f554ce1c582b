import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stabilityIndex } from '../../../src/modes/batch/report/stability.ts';

test('the stability index is nothing for the same shares, and grows with their distance', () => {
  assert.equal(stabilityIndex([0.5, 0.5], [0.5, 0.5]), 0);
  // (0.6 - 0.5) ln(0.6 / 0.5) + (0.4 - 0.5) ln(0.4 / 0.5)
  assert.ok(Math.abs(stabilityIndex([0.6, 0.4], [0.5, 0.5]) - 0.040546) < 1e-6);
  assert.ok(stabilityIndex([1, 0], [0.5, 0.5]) > 1);
  assert.ok(Number.isFinite(stabilityIndex([1, 0], [0, 1])));
});
