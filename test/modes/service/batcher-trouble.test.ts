import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { fail, MillraceError } from '../../../src/core/errors.ts';
import type { Scorer } from '../../../src/core/types.ts';
import { columns } from '../../../src/modes/service/forms.ts';
import { batcherOf, codeOf, heldScorer, outputOf, settle, work } from './held-scorer.ts';

describe('a batcher whose time runs out, whose runs break or whose callers go', () => {
  it('drops what is too late before it runs', async () => {
    const { scorer, runs } = heldScorer();
    const batcher = batcherOf(scorer);
    void batcher.submit(work([1]));
    await turn();
    const late = codeOf(batcher.submit(work([2], { deadline: performance.now() + 5 })));
    const early = codeOf(batcher.submit(work([3], { deadline: performance.now() + 60_000 })));
    const past = codeOf(batcher.submit(work([4], { deadline: performance.now() - 1 })));
    assert.equal(await late, 'DEADLINE_EXCEEDED');
    assert.equal(await past, 'DEADLINE_EXCEEDED');
    runs[0].release();
    await settle();
    assert.deepEqual(runs[1].rows, [3]);
    runs[1].release();
    assert.equal(await early, 'answered');
    assert.deepEqual(batcher.waiting, { requests: 0, rows: 0, bytes: 0 });
  });

  it('answers DEADLINE_EXCEEDED in time when the run itself takes too long', async () => {
    const { scorer, runs } = heldScorer();
    const batcher = batcherOf(scorer);
    const fate = codeOf(batcher.submit(work([1], { deadline: performance.now() + 300 })));
    await turn();
    assert.equal(runs.length, 1);
    assert.equal(await fate, 'DEADLINE_EXCEEDED');
    runs[0].release();
    await batcher.idle();
    assert.equal(batcher.inFlight, 0);
  });

  it('holds a request no longer than the service allows, if it names no deadline, whether it waits or runs', async () => {
    const { scorer, runs } = heldScorer();
    const batcher = batcherOf(scorer, { timeoutMs: 300 });
    const codes = [codeOf(batcher.submit(work([1])))];
    await turn();
    codes.push(codeOf(batcher.submit(work([2]))));
    // One that may take longer than others is waited for.
    const patient = outputOf(batcher.submit(work([3], { deadline: performance.now() + 1e12 })));
    // The timer alone keeps no process alive.
    await Promise.all([pause(400), ...codes]);
    assert.deepEqual(await Promise.all(codes), ['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED']);
    runs[0].release();
    await settle();
    assert.deepEqual(runs[1].rows, [3]);
    runs[1].release();
    assert.deepEqual(await patient, [{ output: { row: 3 } }]);
  });

  it('runs again what was beside the reason for which a process has ended, and does not let it wait', async () => {
    const { scorer, runs } = heldScorer();
    const batcher = batcherOf(scorer);
    void batcher.submit(work(['first']));
    await turn();
    const rows = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
    const fates = rows.map((row) => codeOf(batcher.submit(work([row]))));
    runs[0].release();
    await settle();
    assert.deepEqual(runs[1].rows, rows);
    const lost = fail('WORKER_LOST', 'It is gone.');
    runs[1].break(lost);
    await settle();
    const again = runs.slice(2);
    assert.deepEqual(
      again.map(({ rows: own }) => own.join('')),
      ['ab', 'cd', 'ef', 'gh', 'ij'],
    );
    // The others are answered while this one still runs.
    const [, guilty, ...others] = again;
    for (const { release } of [again[0], ...others]) release();
    assert.equal(await fates[9], 'answered');
    guilty.break(lost);
    await settle();
    const [c, d] = runs.slice(7);
    d.release();
    assert.equal(await fates[3], 'answered');
    c.break(lost);
    assert.equal(await fates[2], 'WORKER_LOST');
    await batcher.idle();
  });

  it('never runs what a caller asked who is gone, and gives its place to others', async () => {
    const { scorer, runs } = heldScorer();
    const batcher = batcherOf(scorer, { queueRequests: 1 });
    const caller = { destroyed: false };
    void batcher.submit(work([1]));
    await turn();
    const gone = codeOf(batcher.submit(work([2], { caller })));
    assert.equal(await codeOf(batcher.submit(work([3]))), 'QUEUE_FULL');
    caller.destroyed = true;
    const next = codeOf(batcher.submit(work([4])));
    assert.equal(await gone, 'CANCELLED');
    runs[0].release();
    await settle();
    assert.deepEqual(runs[1].rows, [4]);
    runs[1].release();
    assert.equal(await next, 'answered');
  });

  it('gives each request of a broken run its own chance', async () => {
    const { scorer, runs } = heldScorer();
    const batcher = batcherOf(scorer);
    const first = codeOf(batcher.submit(work([1])));
    await turn();
    const fates = [first, ...[2, 3].map((row) => codeOf(batcher.submit(work([row]))))];
    runs[0].release();
    await settle();
    assert.deepEqual(runs[1].rows, [2, 3]);
    runs[1].break(new Error('broken together'));
    await settle();
    runs[2].break(new MillraceError({ code: 'MODEL_FAILED', message: 'broken alone' }));
    await settle();
    runs[3].release();
    assert.deepEqual(await Promise.all(fates), ['answered', 'MODEL_FAILED', 'answered']);
    await batcher.idle();
  });

  it('runs columns of one shape together and others apart, in the order in which they came', async () => {
    const seen: unknown[] = [];
    let release = (): void => {};
    const scorer = {
      scoreColumns: async (input: Record<string, Float64Array>) => {
        seen.push(input);
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return { rows: input.a.length, columns: { a: input.a }, errors: new Map() };
      },
    } as unknown as Scorer;
    const batcher = batcherOf(scorer);
    const submit = (input: Record<string, Float64Array | Float32Array>) =>
      batcher.submit({
        form: columns(input, input.a.length),
        input,
        rows: input.a.length,
        bytes: 8,
        since: performance.now(),
      });
    const first = submit({ a: Float64Array.of(1) });
    await turn();
    const answers = [
      first,
      submit({ a: Float64Array.of(2, 3) }),
      submit({ a: Float32Array.of(4) }),
      submit({ a: Float64Array.of(5) }),
    ];
    for (let at = 0; at < 3; at++) {
      await settle();
      release();
    }
    assert.deepEqual(
      (await Promise.all(answers)).map(({ output: answer }) => [...(answer.columns.a as Float64Array)]),
      [[1], [2, 3], [4], [5]],
    );
    assert.deepEqual(seen, [{ a: Float64Array.of(1) }, { a: Float64Array.of(2, 3, 5) }, { a: Float32Array.of(4) }]);
  });
});
