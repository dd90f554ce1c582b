/** What keeps the shadow from costing those who are answered: it waits for a quiet moment, and is the first that is dropped. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Scorer } from '../../../src/core/types.ts';
import { createShadow, type ShadowOptions } from '../../../src/modes/service/rollouts/shadow.ts';
import type { ShadowedCall } from '../../../src/modes/service/rollouts/shadowed.ts';
import { NOTHING_BAD } from '../../../src/serving/rollouts/bad.ts';
import { createTally } from '../../../src/serving/rollouts/tally.ts';
import { until } from '../../until.ts';

/** A shadow whose candidate writes down how many rows it was given. */
const open = (score: Scorer['score'] = async (rows) => rows.map(() => ({ output: { y: 1 } }))) => {
  const world = { isBusy: false, scored: 0 };
  const tally = createTally();
  const candidate = {
    manifest: { inputs: {}, outputs: { y: { kind: 'number' } } },
    scorer: {
      score: (rows: readonly unknown[]) => {
        world.scored += rows.length;
        return score(rows);
      },
    },
  } as unknown as ShadowOptions['candidate'];
  const shadow = createShadow({ candidate, tally, isBusy: () => world.isBusy });
  const counts = { rows: 0, dropped: 0, errors: 0 };
  const counted = () => {
    const own = tally.take()?.counts.candidate;
    if (own) for (const name of ['rows', 'dropped', 'errors'] as const) counts[name] += own[name];
    return counts;
  };
  return { world, shadow, counted };
};

const call = (rows: number): ShadowedCall =>
  ({
    rows: Array.from({ length: rows }, (_, x) => ({ x })),
    answers: Array.from({ length: rows }, () => ({ output: { y: 1 } })),
    ms: 1,
    bad: NOTHING_BAD,
    coerce: false,
  }) as unknown as ShadowedCall;

describe('the shadow of a candidate', () => {
  it('scores nothing before who has offered it goes on', async () => {
    const { world, shadow, counted } = open();
    shadow.offer(call(3));
    assert.equal(world.scored, 0);
    await until('it is scored', () => counted().rows === 3);
    assert.equal(world.scored, 3);
  });

  it('scores nothing while anybody waits for an answer, and is dropped and counted where that lasts', async () => {
    const { world, shadow, counted } = open();
    world.isBusy = true;
    shadow.offer(call(5));
    await until('it is dropped', () => counted().dropped === 5);
    assert.equal(world.scored, 0);
    world.isBusy = false;
    shadow.offer(call(2));
    await until('it goes on', () => counted().rows === 2);
  });

  it('has room for so many rows: what comes beyond that is dropped at once', () => {
    const { world, shadow, counted } = open();
    world.isBusy = true;
    for (let calls = 0; calls < 80; calls++) shadow.offer(call(64));
    assert.equal(counted().dropped, 80 * 64 - 4096);
    shadow.close();
  });

  it('scores the first rows of a large call alone', async () => {
    const { shadow, counted } = open();
    shadow.offer(call(1000));
    await until('it is scored', () => counted().rows === 64);
    assert.equal(counted().dropped, 936);
  });

  it('counts a candidate that fails, and nobody else hears of it', async () => {
    const { shadow, counted } = open(() => Promise.reject(new Error('no')));
    shadow.offer(call(1));
    shadow.offer(call(1));
    await until('both are counted', () => counted().errors === 2);
  });
});
