import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelShift } from '../../../src/monitor/drift/labels.ts';
import { near, oracles } from '../oracles.ts';

test('labels that are all frequent are compared as SciPy compares two samples', () => {
  for (const { input, expected } of oracles<{ table: number[][] }, { chi2: number; p: number; df: number }>(
    'two_sample_chi2',
  )) {
    const [window, baseline] = input.table;
    const shift = labelShift({ labels: baseline, other: 0 }, { labels: window, other: 0 });
    near(shift?.chi2 ?? 0, expected.chi2);
    near(shift?.p ?? 0, expected.p);
    assert.equal(shift?.df, expected.df);
  }
});

test('labels of which both have too few are one cell, and too few of those are the smallest one', () => {
  const together = labelShift({ labels: [500, 300, 4, 3], other: 3 }, { labels: [250, 150, 5, 5], other: 5 });
  assert.equal(together?.df, 2);
  const merged = labelShift({ labels: [500, 300, 1], other: 0 }, { labels: [250, 150, 1], other: 0 });
  assert.equal(merged?.df, 1);
});

test('a list that is full takes no label near its last one for more frequent than what it lacks', () => {
  const full = Array.from({ length: 100 }, (_, at) => 1000 - 9 * at);
  const shift = labelShift({ labels: full, other: 20_000 }, { labels: full, other: 20_000 });
  assert.ok(shift && shift.df < 100 && shift.chi2 === 0);
});

test('nothing is said of one label', () => {
  assert.equal(labelShift({ labels: [500], other: 0 }, { labels: [90], other: 0 }), undefined);
  assert.equal(labelShift({ labels: [], other: 0 }, { labels: [], other: 90 }), undefined);
});
