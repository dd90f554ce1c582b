import { setImmediate as turn } from 'node:timers/promises';
import { MillraceError } from '../../../src/core/errors.ts';
import type { Answer, Scorer } from '../../../src/core/types.ts';
import { createBatcher } from '../../../src/modes/service/batcher.ts';
import { rows as rowForm } from '../../../src/modes/service/forms.ts';
import type { Done, ModelRun } from '../../../src/modes/service/job.ts';
import { defaultLimits, type Limits } from '../../../src/modes/service/limits.ts';

/** A scorer whose runs end when the test says so; it answers each row with itself. */
export const heldScorer = () => {
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

export const batcherOf = (scorer: Scorer, limits: Partial<Limits> = {}, onRun?: (run: ModelRun) => void) =>
  createBatcher({ scorer, limits: { ...defaultLimits, ...limits }, ...(onRun && { onRun }) });

export const work = (rows: readonly unknown[], more = {}) => ({
  form: rowForm,
  input: rows,
  rows: rows.length,
  bytes: 10,
  since: performance.now(),
  ...more,
});

export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error) => (error instanceof MillraceError ? error.code : String(error)),
  );

/** What a request came to, without the run that it was part of. */
export const outputOf = async <Output>(done: Promise<Done<Output>>): Promise<Output> => (await done).output;

export const settle = async () => {
  for (let turns = 0; turns < 5; turns++) await turn();
};
