import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addEvidence, type Evidence, logEvidence, startEvidence } from '../../../src/monitor/drift/evidence.ts';
import { logDirichletMultinomial } from '../../../src/monitor/statistics/dirichlet-multinomial.ts';
import { lnGamma } from '../../../src/monitor/statistics/ln-gamma.ts';
import { near, oracles } from '../oracles.ts';

test('the law of a window is the Dirichlet-multinomial of SciPy', () => {
  for (const { input, expected } of oracles<{ alpha: number[]; counts: number[] }, number>('dm_log_pmf')) {
    const rows = input.counts.reduce((sum, count) => sum + count, 0);
    const sequences = input.counts.reduce((sum, count) => sum - lnGamma(count + 1), lnGamma(rows + 1));
    near(logDirichletMultinomial(input.counts, input.alpha) + sequences, expected);
  }
});

interface Gathered {
  readonly window_log_e: number;
  readonly log_E: number;
}

test('evidence grows window by window as in the reference implementation', () => {
  type Input = { reference_alpha: number[]; windows: number[][] };
  for (const { input, expected } of oracles<Input, readonly Gathered[]>('drift_e_process')) {
    let evidence = startEvidence(10);
    assert.equal(logEvidence(evidence), 0);
    input.windows.forEach((counts, at) => {
      evidence = addEvidence(evidence, counts, input.reference_alpha);
      near(evidence.logLast, expected[at].window_log_e);
      near(logEvidence(evidence), expected[at].log_E);
    });
  }
});

test('evidence that was stored goes on with the same value, bit for bit', () => {
  type Input = { reference_alpha: number[]; windows: number[][] };
  const [{ input }] = oracles<Input, readonly Gathered[]>('drift_e_process');
  let [kept, stored] = [startEvidence(10), startEvidence(10)];
  for (const counts of input.windows) {
    kept = addEvidence(kept, counts, input.reference_alpha);
    stored = addEvidence(JSON.parse(JSON.stringify(stored)) as Evidence, counts, input.reference_alpha);
    assert.deepEqual(stored, kept);
    assert.ok(Object.is(logEvidence(stored), logEvidence(kept)));
  }
});

test('a window without rows is no evidence', () => {
  const alpha = new Array<number>(5).fill(20);
  const evidence = addEvidence(startEvidence(5), [0, 0, 0, 0, 0], alpha);
  assert.equal(evidence.logLast, 0);
  assert.ok(Math.abs(logEvidence(evidence)) < 1e-15);
});
