import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { binnedPlaces, type EstimatedPlace, estimatedFigures } from '../../../src/monitor/performance/estimated.ts';
import { isotonic } from '../../../src/monitor/performance/isotonic.ts';
import { near, oracles } from '../oracles.ts';

interface CbpeInput {
  readonly calibrated_p: readonly number[];
  readonly y_pred?: readonly number[];
  readonly raw_p?: readonly number[];
}

/** Each row as a place of its own, by rising score. */
const placesOf = ({ calibrated_p, y_pred, raw_p = calibrated_p }: CbpeInput): readonly EstimatedPlace[] =>
  calibrated_p
    .map((chance, at) => ({ rows: 1, chance, predicted: y_pred?.[at] ?? 0, score: raw_p[at] }))
    .toSorted((a, b) => a.score - b.score);

const figureOf = (places: readonly EstimatedPlace[], name: string): number =>
  estimatedFigures(places).find((figure) => figure.name === name)?.value ?? Number.NaN;

describe('estimated performance', () => {
  const names = {
    accuracy: 'accuracy',
    precision: 'precision',
    recall: 'recall',
    specificity: 'specificity',
    f1: 'f1',
    roc_auc: 'auc',
    average_precision: 'average_precision',
  };
  for (const [theirs, ours] of Object.entries(names)) {
    it(`is what NannyML says: ${ours}`, () => {
      for (const { input, expected } of oracles<CbpeInput, number>(`cbpe_${theirs}`))
        near(figureOf(placesOf(input), ours), expected, ours);
    });
  }

  it('is off by less than a bin where only bins of scores are known', () => {
    const counts = Array.from({ length: 50 }, (_, bin) => 20 + ((bin * 37) % 50));
    const chances = counts.map((_, bin) => (bin + 0.5) / 50);
    const positives = counts.map((count, bin) => count * chances[bin]);
    const places = binnedPlaces({ counts, calibration: { counts, positives } }) ?? [];
    // Rows of each bin, spread evenly in it, as if each were known.
    const exact = counts.flatMap((count, bin) =>
      Array.from({ length: count }, (_, row) => {
        const chance = (bin + (row + 0.5) / count) / 50;
        return { rows: 1, chance, predicted: chance >= 0.5 ? 1 : 0 };
      }),
    );
    for (const { name, value } of estimatedFigures(places))
      assert.ok(Math.abs(value - figureOf(exact, name)) < 1 / 50, `${name}: ${value}, not ${figureOf(exact, name)}`);
  });

  it('takes as many of the highest scores for predicted as the model did, whatever its limit', () => {
    const counts = [0, 10, 0, 20, 30];
    const calibration = { counts: [1, 1, 1, 1, 1], positives: [0, 0, 0, 1, 1] };
    const places = binnedPlaces({ counts, calibration, predicted: 40 }) ?? [];
    assert.deepEqual(
      places.map(({ predicted }) => predicted),
      [0, 0.5, 1],
    );
  });

  it('says nothing of a window without scores, or a map without rows', () => {
    const calibration = { counts: [1, 1], positives: [0, 1] };
    assert.equal(binnedPlaces({ counts: [0, 0], calibration }), undefined);
    assert.equal(binnedPlaces({ counts: [1, 0], calibration: { counts: [0, 0], positives: [0, 0] } }), undefined);
  });
});

describe('isotonic regression', () => {
  it('is what scikit-learn says', () => {
    interface Input {
      readonly p: readonly number[];
      readonly y: readonly number[];
      readonly at: readonly number[];
    }
    for (const { input, expected } of oracles<Input, readonly number[]>('isotonic')) {
      const fitted = isotonic(input.p.map((x, at) => ({ x, y: input.y[at], weight: 1 })));
      for (const [at, x] of input.at.entries()) near(fitted?.(x) ?? Number.NaN, expected[at], `at ${x}`);
    }
  });
});
