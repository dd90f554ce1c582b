import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from './random.ts';

const momentsOf = (draws: number, draw: () => number): readonly [number, number] => {
  const values = Float64Array.from({ length: draws }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / draws;
  return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws];
};

test('what is drawn has the mean and the variance of its law', () => {
  const random = createRandom(1);
  const laws: readonly [string, () => number, number, number][] = [
    ['uniform', random.uniform, 1 / 2, 1 / 12],
    ['normal', random.normal, 0, 1],
    ['gamma 7', () => random.gamma(7), 7, 7],
    ['gamma ½', () => random.gamma(0.5), 0.5, 0.5],
    ['binomial, few', () => random.binomial(100, 0.03), 3, 100 * 0.03 * 0.97],
    ['binomial, many', () => random.binomial(5000, 0.3), 1500, 1050],
    ['binomial, most', () => random.binomial(1000, 0.95), 950, 47.5],
    ['multinomial', () => random.multinomial(900, [0.2, 0.5, 0.3])[1], 450, 225],
  ];
  const draws = 40_000;
  for (const [name, draw, mean, variance] of laws) {
    const [m, v] = momentsOf(draws, draw);
    assert.ok(Math.abs(m - mean) < 5 * Math.sqrt(variance / draws), `${name}: mean ${m}`);
    assert.ok(Math.abs(v / variance - 1) < 0.06, `${name}: variance ${v}`);
  }
});
