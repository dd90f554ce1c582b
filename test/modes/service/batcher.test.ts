import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { createBatcher } from '../../../src/modes/service/batcher.ts';
import { defaultLimits } from '../../../src/modes/service/limits.ts';
import { batcherOf, codeOf, heldScorer, outputOf, settle, work } from './held-scorer.ts';

describe('a batcher', () => {
  it('runs a request in the same turn of the event loop when nothing runs, with what else came in it', async () => {
    const { scorer, runs } = heldScorer();
    const batcher = batcherOf(scorer);
    void batcher.submit(work([1]));
    void batcher.submit(work([2]));
    await turn();
    assert.deepEqual(runs[0].rows, [1, 2]);
  });

  it('shares what waits among its lanes, and leaves something for the one that is free next', async () => {
    const { scorer, runs } = heldScorer();
    const batcher = createBatcher({ scorer, limits: defaultLimits, lanes: 2 });
    for (const row of [1, 2, 3]) void batcher.submit(work([row]));
    const long = outputOf(batcher.submit(work([4, 5, 6])));
    await turn();
    const ran = () => runs.map(({ rows }) => rows);
    assert.deepEqual(ran(), [
      [1, 2],
      [3, 4],
    ]);
    runs[0].release();
    await settle();
    assert.deepEqual(ran().slice(2), [[5, 6]]);
    // The end of the long one is answered before its beginning.
    runs[2].release();
    await settle();
    runs[1].release();
    assert.deepEqual(
      await long,
      [4, 5, 6].map((row) => ({ output: { row } })),
    );
  });

  it('gives no caller twice the answers of another, in whatever order they came first', async () => {
    const { scorer, runs } = heldScorer();
    const batcher = createBatcher({ scorer, limits: defaultLimits, lanes: 2 });
    const answered = new Array<number>(16).fill(0);
    const ask = (caller: number): void => {
      void batcher.submit(work([caller])).then(() => {
        answered[caller]++;
        ask(caller);
      });
    };
    // One comes alone and has a lane to itself.
    ask(0);
    await turn();
    for (let caller = 1; caller < 16; caller++) ask(caller);
    await settle();
    // A run takes as long as its rows.
    const busy = [0, 0];
    for (let done = 0; done < 400; done++) {
      const lane = busy[0] <= busy[1] ? 0 : 1;
      const [run] = runs.splice(Math.min(lane, runs.length - 1), 1);
      busy[lane] += run.rows.length;
      run.release();
      await settle();
    }
    assert.ok(Math.max(...answered) < 2 * Math.min(...answered), `${answered}`);
  });

  it('takes all that came during a run into the next one', async () => {
    const { scorer, runs } = heldScorer();
    const batcher = batcherOf(scorer);
    const first = outputOf(batcher.submit(work([1])));
    await turn();
    const answers = [first, ...[[2, 3], [4]].map((rows) => outputOf(batcher.submit(work(rows))))];
    assert.equal(runs.length, 1);
    runs[0].release();
    await settle();
    assert.deepEqual(runs[1].rows, [2, 3, 4]);
    runs[1].release();
    const told = await Promise.all(answers);
    assert.deepEqual(
      told.map((own) => own.map(({ output }) => output?.row)),
      [[1], [2, 3], [4]],
    );
  });

  it('gives a run no more rows than it may have, and lets short requests pass the rest of a long one', async () => {
    const { scorer, runs } = heldScorer();
    const batcher = batcherOf(scorer, { batchRows: 4 });
    const long = outputOf(batcher.submit(work([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])));
    await turn();
    const short = outputOf(batcher.submit(work([99])));
    for (let at = 0; at < runs.length && at < 10; at++) {
      runs[at].release();
      await settle();
    }
    assert.deepEqual(
      runs.map(({ rows }) => rows),
      [
        [1, 2, 3, 4],
        [99, 5, 6, 7],
        [8, 9, 10],
      ],
    );
    assert.deepEqual(
      (await long).map(({ output }) => output?.row),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    assert.equal((await short)[0].output?.row, 99);
  });

  it('gives a run no more bytes than it may have', async () => {
    const { scorer, runs } = heldScorer();
    const batcher = batcherOf(scorer, { batchBytes: 100 });
    for (const row of [1, 2, 3]) void batcher.submit(work([row], { bytes: 60 }));
    await turn();
    assert.deepEqual(runs[0].rows, [1, 2]);
    runs[0].release();
    await settle();
    assert.deepEqual(runs[1].rows, [3]);
  });

  it('refuses what does not fit into the queue, by requests, rows and bytes, and takes more when there is room', async () => {
    for (const limits of [{ queueRequests: 2 }, { queueRows: 4 }, { queueBytes: 20 }]) {
      const { scorer, runs } = heldScorer();
      const batcher = batcherOf(scorer, limits);
      const first = codeOf(batcher.submit(work([1, 1])));
      await turn();
      const fates = [first, ...[2, 3, 4].map((row) => codeOf(batcher.submit(work([row, row]))))];
      assert.equal(await fates[3], 'QUEUE_FULL');
      runs[0].release();
      await settle();
      assert.equal(runs[1].rows.length, 4);
      const late = codeOf(batcher.submit(work([5])));
      runs[1].release();
      await settle();
      runs[2].release();
      assert.deepEqual(await Promise.all([...fates, late]), [
        'answered',
        'answered',
        'answered',
        'QUEUE_FULL',
        'answered',
      ]);
    }
  });

  it('refuses at once who would wait longer than allowed, going by how long runs have taken', async () => {
    const { scorer, runs } = heldScorer();
    const batcher = batcherOf(scorer, { batchRows: 1, queueMs: 50, queueRuns: 4 });
    const first = batcher.submit(work([1]));
    await turn();
    await pause(30);
    runs[0].release();
    await first;
    await batcher.idle();
    const second = codeOf(batcher.submit(work([2])));
    await turn();
    // A row takes 30 ms or a little more: one more may wait for 50 ms, and for 4 of its own runs three more.
    const fates = [second, ...[3, 4, 5, 6, 7, 8, 9].map((row) => codeOf(batcher.submit(work([row]))))];
    const refused = await Promise.all(fates.slice(6));
    assert.deepEqual(refused, ['QUEUE_FULL', 'QUEUE_FULL']);
    for (let at = 1; at <= 6; at++) {
      runs[at].release();
      await settle();
    }
    assert.deepEqual(await Promise.all(fates.slice(0, 6)), new Array(6).fill('answered'));
    await batcher.idle();
    assert.deepEqual(batcher.waiting, { requests: 0, rows: 0, bytes: 0 });
  });
});
