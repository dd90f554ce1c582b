import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atOnce, inSlices, type Steps } from '../../../src/monitor/performance/steps.ts';

function* work(steps: number): Steps<number> {
  let sum = 0;
  for (let step = 0; step < steps; step++) {
    const end = performance.now() + 1;
    while (performance.now() < end) sum += 0;
    sum += step;
    yield;
  }
  return sum;
}

test('long reckoning in slices comes to the same as at once, and others go on meanwhile', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const found = await inSlices(work(60));
  const whileSliced = turns;
  assert.equal(found, atOnce(work(60)));
  clearInterval(timer);
  assert.ok(whileSliced > 0);
  assert.equal(turns, whileSliced, 'at once nobody else goes on');
});

test('what fails within fails in slices too', async () => {
  // biome-ignore lint/correctness/useYield: it fails before it could rest
  const failing = function* (): Steps<number> {
    throw new Error('no');
  };
  await assert.rejects(inSlices(failing()), /no/);
});
