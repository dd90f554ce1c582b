import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fail } from '../../../src/core/errors.ts';
import type { Answer, Scorer } from '../../../src/core/types.ts';
import { explained } from '../../../src/modes/edge/explained.ts';

/** Answers even numbers, and refuses odd ones with what it is called. */
const evenScorer = (name: string) => {
  const calls: string[] = [];
  const answerOf = (row: unknown): Answer =>
    Number(row) % 2 === 0 ? { output: { row: Number(row) } } : { error: { code: 'BAD_OUTPUT', message: name } };
  const scorer = {
    manifest: { name: 'even', version: '1.0.0' },
    async score(rows: readonly unknown[]) {
      calls.push('score');
      return rows.map(answerOf);
    },
    async scoreColumns({ row }: Record<string, readonly number[]>) {
      calls.push('scoreColumns');
      if (row === undefined) throw name === 'quick' ? 0 : fail('BAD_SHAPE', name);
      const errors = new Map(
        row.flatMap((value, at) => (value % 2 ? [[at, { code: 'BAD_OUTPUT', message: name }]] : [])),
      );
      return { rows: row.length, columns: {}, errors };
    },
    async close() {
      calls.push('close');
    },
  } as unknown as Scorer;
  return { scorer, calls };
};

const world = () => {
  const [quick, whole] = [evenScorer('quick'), evenScorer('whole')];
  let opened = 0;
  const scorer = explained(quick.scorer, async () => {
    opened++;
    return whole.scorer;
  });
  return { quick, whole, scorer, opened: () => opened };
};

describe('a scorer that is explained by another', () => {
  it('never asks the other one while it has answers', async () => {
    const { scorer, opened } = world();
    assert.deepEqual(await scorer.score([2, 4]), [{ output: { row: 2 } }, { output: { row: 4 } }]);
    assert.equal((await scorer.scoreColumns({ row: [2] })).errors.size, 0);
    assert.equal(opened(), 0);
  });

  it('asks it for a call with a row that is refused, is closed then, and leaves all later ones to it', async () => {
    const { scorer, quick, whole, opened } = world();
    const answers = await Promise.all([scorer.score([2, 3]), scorer.score([5])]);
    assert.deepEqual(
      answers.flat().map(({ error }) => error?.message),
      [undefined, 'whole', 'whole'],
    );
    await scorer.score([2]);
    assert.equal(opened(), 1);
    assert.deepEqual(quick.calls, ['score', 'score', 'close', 'close']);
    assert.deepEqual(whole.calls, ['score', 'score', 'score']);
  });

  it('does so for columns, and for calls that are refused', async () => {
    const { scorer } = world();
    assert.equal((await scorer.scoreColumns({ row: [3] })).errors.get(0)?.message, 'whole');
    await assert.rejects(world().scorer.scoreColumns({}), { code: 'BAD_SHAPE', message: 'whole' });
  });

  it('tries again with the next call where the other one could not be opened', async () => {
    const { scorer: whole } = evenScorer('whole');
    let tries = 0;
    const scorer = explained(evenScorer('quick').scorer, async () => {
      if (tries++ === 0) throw fail('NOT_LOADED', 'offline');
      return whole;
    });
    await assert.rejects(scorer.score([3]), { code: 'NOT_LOADED' });
    assert.ok((await scorer.score([2]))[0].output);
    assert.equal((await scorer.score([3]))[0].error?.message, 'whole');
  });

  it('closes the one that is at work, after the calls under way, and refuses later ones', async () => {
    const { scorer, quick, whole } = world();
    const under = scorer.score([3]);
    await scorer.close();
    assert.equal((await under)[0].error?.message, 'whole');
    assert.ok(quick.calls.includes('close') && whole.calls.includes('close'));
    await assert.rejects(scorer.score([2]), { code: 'UNAVAILABLE', message: 'The scorer of even@1.0.0 is closed.' });
  });
});
