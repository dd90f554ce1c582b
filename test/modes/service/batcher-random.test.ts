import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import type { Answer, Scorer } from '../../../src/core/types.ts';
import { columns } from '../../../src/modes/service/forms.ts';
import { batcherOf, outputOf, work } from './held-scorer.ts';
import { models, openApp } from './serving.ts';

const names = Array.from({ length: 16 }, (_, at) => `f${at}`);

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
