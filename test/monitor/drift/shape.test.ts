import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exactShape, pooledShape } from '../../../src/monitor/drift/shape.ts';
import { near, oracles } from '../oracles.ts';

interface ShapeInput {
  readonly reference_counts: readonly number[];
  readonly window_counts: readonly number[];
}
type ShapeExpected = Readonly<
  Record<'effective_rows' | 'chi2' | 'chi2_df' | 'chi2_p' | 'smooth' | 'smooth_df' | 'smooth_p' | 'w', number>
>;

test('the shape of a number on its own deciles is that of the reference implementation', () => {
  for (const { input, expected } of oracles<ShapeInput, ShapeExpected>('number_shape')) {
    const shape = exactShape(input.reference_counts, input.window_counts);
    assert.ok(shape);
    near(shape.effectiveRows, expected.effective_rows);
    near(shape.chi2, expected.chi2);
    near(shape.chi2P, expected.chi2_p);
    near(shape.smooth, expected.smooth);
    near(shape.smoothP, expected.smooth_p);
    // Of Pearson's statistic alone; ours also takes what the smooth one sees.
    near(Math.sqrt((shape.chi2 - shape.chi2Df) / shape.effectiveRows), expected.w);
    near(shape.w, Math.sqrt((shape.smooth - shape.smoothDf) / shape.effectiveRows));
    assert.deepEqual([shape.chi2Df, shape.smoothDf], [expected.chi2_df, expected.smooth_df]);
  }
});

test('two samples are compared as SciPy compares them', () => {
  for (const { input, expected } of oracles<{ table: number[][] }, { chi2: number; p: number; df: number }>(
    'two_sample_chi2',
  )) {
    const [window, baseline] = input.table;
    const shape = pooledShape(baseline, window);
    assert.ok(shape);
    near(shape.chi2, expected.chi2);
    near(shape.chi2P, expected.p);
    assert.equal(shape.chi2Df, expected.df);
  }
});

test('strictly, p is that of any shift up to the least effect', () => {
  for (const { input, expected } of oracles<{ nc: number }, number>('ncx2_sf_minimum_effect')) {
    const [shape] = oracles<ShapeInput, ShapeExpected>('number_shape');
    const strict = exactShape(shape.input.reference_counts, shape.input.window_counts, 0.1);
    near(strict?.chi2P ?? 0, expected, `nc ${input.nc}`);
  }
});

test('nothing is said of one bin, of no rows, and of bins that are empty in both', () => {
  assert.equal(exactShape([100], [5]), undefined);
  assert.equal(exactShape([10, 10], [0, 0]), undefined);
  assert.equal(pooledShape([0, 50, 0], [0, 70, 0]), undefined);
  const shape = pooledShape([30, 0, 30], [10, 0, 50]);
  assert.deepEqual([shape?.chi2Df, shape?.smoothDf], [1, 1]);
});

test('the first moment says which way values have gone', () => {
  const even = new Array<number>(10).fill(100);
  const [rising, falling] = [even.map((_, bin) => 10 + bin), even.map((_, bin) => 19 - bin)];
  assert.ok((exactShape(even, rising)?.moments[0] ?? 0) > 0);
  assert.ok((pooledShape(even, falling)?.moments[0] ?? 0) < 0);
});
