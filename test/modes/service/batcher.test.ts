import assert from 'node:assert/strict';
import { after, before, describe, it, test } from 'node:test';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { fail, MillraceError } from '../../../src/core/errors.ts';
import type { Answer, Scorer } from '../../../src/core/types.ts';
import { createBatcher } from '../../../src/modes/service/batcher.ts';
import { columns, rows as rowForm } from '../../../src/modes/service/forms.ts';
import type { Done, Run } from '../../../src/modes/service/job.ts';
import { defaultLimits, type Limits } from '../../../src/modes/service/limits.ts';
import { models, openApp } from './serving.ts';

const names = Array.from({ length: 16 }, (_, at) => `f${at}`);

/** A scorer whose runs end when the test says so; it answers each row with itself. */
const heldScorer = () => {
  const runs: { readonly rows: readonly unknown[]; release(): void; break(error: Error): void }[] = [];
  const scorer = {
    score: (rows: readonly unknown[]) =>
      new Promise<readonly Answer[]>((resolve, reject) => {
        const release = () => resolve(rows.map((row) => ({ output: { row: row as number } })));
        runs.push({ rows, release, break: reject });
      }),
  } as unknown as Scorer;
  return { scorer, runs };
};
const batcherOf = (scorer: Scorer, limits: Partial<Limits> = {}, onRun?: (run: Run) => void) =>
  createBatcher({ scorer, limits: { ...defaultLimits, ...limits }, ...(onRun && { onRun }) });
const work = (rows: readonly unknown[], more = {}) => ({
  form: rowForm,
  input: rows,
  rows: rows.length,
  bytes: 10,
  since: performance.now(),
  ...more,
});
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error) => (error instanceof MillraceError ? error.code : String(error)),
  );
/** What a request came to, without the run that it was part of. */
const outputOf = async <Output>(done: Promise<Done<Output>>): Promise<Output> => (await done).output;
const settle = async () => {
  for (let turns = 0; turns < 5; turns++) await turn();
};

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

describe('under random concurrency', () => {
  let scorer: Scorer;
  const cleanups: (() => unknown)[] = [];
  before(async () => {
    const app = await openApp({ after: (cleanup) => cleanups.push(cleanup as () => unknown) });
    scorer = await app.scorer(models.trees);
  });
  after(async () => {
    await scorer.close();
    for (const cleanup of cleanups) await cleanup();
  });

  const value = fc.oneof(
    { weight: 30, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 'text', Number.POSITIVE_INFINITY, undefined) },
  );
  const row = fc
    .tuple(...names.map(() => value))
    .map((cells) => Object.fromEntries(names.map((name, at) => [name, cells[at]])));
  const request = fc.record({
    kind: fc.constantFrom('rows', 'columns'),
    rows: fc.array(row, { minLength: 1, maxLength: 12 }),
    /** Turns of the event loop before it is sent. */
    wait: fc.integer({ min: 0, max: 4 }),
  });

  test('no answer is lost, swapped, empty or different in one bit from the answer alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 1, max: 16 }),
        async (requests, batchRows) => {
          const batcher = batcherOf(scorer, { batchRows });
          const answered = await Promise.all(
            requests.map(async ({ kind, rows, wait }) => {
              for (let turns = 0; turns < wait; turns++) await turn();
              if (kind === 'rows') return outputOf(batcher.submit(work(rows)));
              const input = Object.fromEntries(names.map((name) => [name, rows.map((cells) => cells[name])]));
              const { columns: told, errors } = await outputOf(
                batcher.submit({
                  form: columns(input, rows.length),
                  input,
                  rows: rows.length,
                  bytes: 10,
                  since: performance.now(),
                }),
              );
              const scores = told.score as Float64Array;
              return rows.map((_, at): Answer => {
                const error = errors.get(at);
                return error ? { error } : { output: { score: scores[at] } };
              });
            }),
          );
          for (const [at, { rows }] of requests.entries()) {
            const alone = await Promise.all(rows.map(async (cells) => (await scorer.score([cells]))[0]));
            assert.deepEqual(answered[at], alone);
          }
          assert.equal(batcher.inFlight, 0);
          assert.deepEqual(batcher.waiting, { requests: 0, rows: 0, bytes: 0 });
        },
      ),
      { numRuns: 60 },
    );
  });
});
