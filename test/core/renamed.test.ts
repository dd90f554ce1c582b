import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { prepared } from './prepared.ts';

const charges = { kind: 'number', nullable: true, to: 'MonthlyCharges' } as const;

describe('a field that feeds a graph input of another name', () => {
  it('arrives there as it stands after all steps', async () => {
    const plain = prepared({ inputs: { charges }, takes: [{ name: 'MonthlyCharges' }] });
    assert.deepEqual((await plain.score([{ charges: 7 }]))[0].output, { MonthlyCharges: 7 });
    const filled = prepared({
      inputs: { charges },
      prepare: [{ impute: { of: 'charges', with: 5 } }],
      takes: [{ name: 'MonthlyCharges' }],
    });
    assert.deepEqual((await filled.score([{ charges: null }]))[0].output, { MonthlyCharges: 5 });
  });

  it('arrives there out of a transform module too', async () => {
    const transform = { prepare: (row: Record<string, unknown>) => ({ charges: Number(row.charges) * 2 }) };
    const scorer = prepared({ inputs: { charges }, takes: [{ name: 'MonthlyCharges' }], transform });
    assert.deepEqual((await scorer.score([{ charges: 4 }]))[0].output, { MonthlyCharges: 8 });
  });

  it('is refused when the graph has no such input, or another field feeds it', () => {
    const wrong = { charges: { kind: 'number', to: 'Monthly' } } as const;
    assert.throws(() => prepared({ inputs: wrong, takes: [{ name: 'MonthlyCharges' }] }), {
      code: 'BAD_MANIFEST',
      message: /charges: to: Monthly is no input of the graph/,
    });
    const twice = { charges, MonthlyCharges: { kind: 'number' } } as const;
    assert.throws(() => prepared({ inputs: twice, takes: [{ name: 'MonthlyCharges' }] }), {
      code: 'BAD_MANIFEST',
      message: /is fed already/,
    });
  });
});

describe('steps that are given what they cannot mean', () => {
  const inputs = { pickup: { kind: 'datetime' }, distance: { kind: 'number' } } as const;
  const takes = [{ name: 'x' }];
  for (const prepare of [
    [{ log1p: { of: 'pickup', as: 'x' } }],
    [{ scale: { of: 'pickup', mean: 0, std: 1, as: 'x' } }],
    [{ concat: { fields: ['pickup', 'distance'], as: 'x' } }],
    [{ hour: { of: 'distance', as: 'x' } }],
    [{ clip: { of: 'distance', as: 'x' } }],
  ]) {
    it(`are refused: ${JSON.stringify(prepare[0])}`, () => {
      assert.throws(() => prepared({ inputs, prepare, takes }), { code: 'BAD_MANIFEST', message: /^prepare\[0\]/ });
    });
  }
});
