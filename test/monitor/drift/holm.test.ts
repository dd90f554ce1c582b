import assert from 'node:assert/strict';
import { test } from 'node:test';
import { falseDiscovery, holm } from '../../../src/monitor/drift/holm.ts';
import { near, oracles } from '../oracles.ts';

type Input = { readonly p: readonly number[] };

test('p of many tests are those of statsmodels', () => {
  for (const [name, adjust] of [
    ['multiple_holm', holm],
    ['multiple_fdr_bh', falseDiscovery],
  ] as const) {
    for (const { input, expected } of oracles<Input, readonly number[]>(name)) {
      adjust(input.p).forEach((p, at) => {
        near(p, expected[at], name);
      });
    }
  }
});

test('no test has no p', () => {
  assert.deepEqual([holm([]), falseDiscovery([])], [[], []]);
});
