import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedUnseen, unseenP } from '../../../src/monitor/drift/unseen.ts';
import { near, oracles } from '../oracles.ts';

test('without labels seen twice, the share that was never seen is that of those seen once', () => {
  type Input = { unseen: number; n: number; m: number; singletons: number };
  for (const { input, exact } of oracles<Input, number>('unseen_labels')) {
    // a = once²/once + 1, b = m − once: the plain estimate.
    const { singletons: once, ...rest } = input;
    near(unseenP({ ...rest, once, twice: 0 }), exact);
  }
});

test('many labels seen twice make fewer new ones likely, and their number less sure', () => {
  assert.ok(expectedUnseen({ m: 1000, once: 20, twice: 0 }) < 0.022);
  const seen = { unseen: 50, n: 1000, m: 1000, once: 20 };
  assert.ok(unseenP({ ...seen, twice: 10 }) > unseenP({ ...seen, twice: 0 }));
  assert.equal(unseenP({ ...seen, unseen: 0, twice: 3 }), 1);
});

test('a baseline in which each label is another one expects all to be new', () => {
  assert.ok(unseenP({ unseen: 100, n: 100, m: 50, once: 50, twice: 0 }) > 0.99);
});
