import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type BadCalls,
  isBroken,
  logGuardrail,
  logOverSteps,
  stopsAtOnce,
} from '../../../src/monitor/comparison/guardrail.ts';
import { createRandom, type Random } from '../drift/random.ts';
import { near, oracles } from '../oracles.ts';

interface Input {
  readonly canary_errors: number;
  readonly stable_errors: number;
  readonly canary_share: number;
  readonly null_ratio: number;
}

test('the evidence of two counts is that of the reference on SciPy', () => {
  for (const { input, expected } of oracles<Input, number>('guardrail_errors_log_e')) {
    const calls = { candidate: input.canary_errors, stable: input.stable_errors, share: input.canary_share };
    near(logGuardrail(calls, input.null_ratio), expected);
  }
});

test('no bad call is no evidence, and many of the stable one are none against the candidate', () => {
  near(logGuardrail({ candidate: 0, stable: 0, share: 0.05 }) + 1, 1);
  assert.ok(logGuardrail({ candidate: 0, stable: 100_000, share: 0.25 }) < -100);
  assert.equal(isBroken([]), false);
  assert.equal(isBroken([{ counted: [], steps: 3 }]), false);
});

test('evidence of a share that is over counts on, and a good past does not shield what errs now', () => {
  const past: BadCalls = { candidate: 2, stable: 400, share: 0.05 };
  const now: BadCalls = { candidate: 60, stable: 40, share: 0.25 };
  const [alone, after] = [[now], [past, now]].map((counted) => logOverSteps({ counted, steps: 3 }));
  assert.ok(after > alone - 0.5, `${after} beside ${alone}`);
});

test('five of the first twenty calls are enough', () => {
  assert.equal(stopsAtOnce(5, 20), true);
  assert.equal(stopsAtOnce(4, 20), false);
  assert.equal(stopsAtOnce(5, 21), false);
});

/** A look after each of 600 minutes of 1,000 calls, over three shares. */
const LOOKS = 600;
const CALLS = 1000;
const SHARES = [0.01, 0.05, 0.25] as const;
const KINDS = 4;

/** Calls of the candidate at the look that broke the guardrail; undefined where none did. */
const brokenAfter = (random: Random, base: number, ratio: number): number | undefined => {
  const counted = Array.from({ length: KINDS }, () => SHARES.map((share) => ({ candidate: 0, stable: 0, share })));
  let calls = 0;
  for (let look = 0; look < LOOKS; look++) {
    const step = Math.floor((look * SHARES.length) / LOOKS);
    const mine = random.binomial(CALLS, SHARES[step]);
    calls += mine;
    for (let kind = 0; kind < KINDS; kind++) {
      // One kind of bad calls is more; the others are as they were.
      counted[kind][step].candidate += random.binomial(mine, base * (kind === 0 ? ratio : 1));
      counted[kind][step].stable += random.binomial(CALLS - mine, base);
    }
    const kinds = counted.map((each) => ({ counted: each.slice(0, step + 1), steps: SHARES.length }));
    if (isBroken(kinds)) return calls;
  }
  return undefined;
};

test('looked at 600 times, a candidate as good as the stable one is rolled back at most 5 times in 100', () => {
  for (const base of [0.001, 0.01, 0.1]) {
    const random = createRandom(17);
    const rollouts = 60;
    const broken = Array.from({ length: rollouts }, () => brokenAfter(random, base, 1)).filter(Number.isFinite);
    assert.ok(broken.length / rollouts <= 0.05, `base ${base}: ${broken.length} of ${rollouts}`);
  }
});

test('five times the errors at a base of 1 % are found within 400 calls of the candidate, in the median', () => {
  const random = createRandom(23);
  const found = Array.from({ length: 101 }, () => brokenAfter(random, 0.01, 5) ?? Number.POSITIVE_INFINITY);
  const median = found.sort((a, b) => a - b)[50];
  assert.ok(median <= 400, `found after ${median} calls in the median`);
});
