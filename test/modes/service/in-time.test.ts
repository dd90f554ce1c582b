import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fail } from '../../../src/core/errors.ts';
import { inTime } from '../../../src/modes/service/in-time.ts';

const late = () => fail('DEADLINE_EXCEEDED', 'late');
const inMs = (ms: number): number => performance.now() + ms;

test('work that ends in time is what it comes to, however far its deadline is', async () => {
  for (const ms of [10_000, 2 ** 31, 30 * 86_400_000, Infinity]) {
    assert.equal(await inTime(pause(20, 'done'), inMs(ms), late), 'done', `${ms}`);
  }
});

test('work whose deadline has passed is given up', async () => {
  for (const ms of [10, 0, -5]) {
    await assert.rejects(inTime(new Promise(() => {}), inMs(ms), late), { code: 'DEADLINE_EXCEEDED' });
  }
});
