/**
 * The shadow of a candidate: rows that the stable version has answered are scored by the candidate too, after their answers were sent and
 * only while nothing waits for the stable version. What has no room, or has waited too long, is dropped and counted: no answer is ever
 * slower, or another one, for it.
 *
 * Invariants: `rows` is the sum of what waits, within `MOST_ROWS`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { invariant } from '../../../core/invariant.ts';
import type { Answer } from '../../../core/types.ts';
import { isSameOutput } from '../../../monitor/comparison/changed.ts';
import { CANDIDATE, STABLE } from '../../../serving/route.ts';
import type { Model } from '../model.ts';
import { ALL_BAD, badOf, isBad } from './failures.ts';
import type { Shadow, ShadowedCall } from './shadowed.ts';
import type { Tally } from './tally.ts';

export interface ShadowOptions {
  readonly candidate: Pick<Model, 'scorer' | 'manifest'>;
  /** Whether anybody waits for an answer. */
  readonly isBusy: () => boolean;
  readonly tally: Tally;
}

const MOST_ROWS = 4096;
/** Rows of a call that are scored; of larger ones the first. */
const MOST_OF_CALL = 64;
/** How long a call waits for a quiet moment, and how long until one is looked for again; in milliseconds. */
const PATIENCE_MS = 2000;
const LOOK_MS = 2;

interface Waiting extends ShadowedCall {
  readonly since: number;
}

export const createShadow = ({ candidate, isBusy, tally }: ShadowOptions): Shadow => {
  let waiting: Waiting[] = [];
  let rows = 0;
  let isRunning = false;
  let isClosed = false;
  const outputs = Object.keys(candidate.manifest.outputs);

  const score = async ({ rows: input, answers, ms, bad, coerce }: Waiting): Promise<void> => {
    const began = performance.now();
    let its: readonly Answer[] | undefined;
    try {
      its = await candidate.scorer.score(input, coerce ? { coerce } : undefined);
    } catch {
      // Counted as a call that failed.
    }
    if (isClosed) return;
    const own = its === undefined ? ALL_BAD : badOf(its, outputs);
    tally.add(STABLE, { rows: input.length, ms, bad, units: [] });
    tally.add(CANDIDATE, { rows: input.length, ms: performance.now() - began, bad: own, units: [] });
    const differing = its?.filter((answer, at) => !isSameOutput(answers[at].output, answer.output)).length;
    tally.paired(Number(isBad(own)) - Number(isBad(bad)), differing ?? input.length);
  };
  const run = async (): Promise<void> => {
    isRunning = true;
    while (waiting.length > 0) {
      // The answer goes out first, and who is about to ask comes before the shadow.
      await pause(isBusy() ? LOOK_MS : 0);
      if (isBusy() && !isClosed) {
        dropOld();
        continue;
      }
      const [next] = waiting.splice(0, 1);
      if (next === undefined) break;
      rows -= next.rows.length;
      invariant(rows >= 0 && rows <= MOST_ROWS, 'what waits for the shadow is bounded');
      await score(next);
    }
    isRunning = false;
  };
  const dropOld = (): void => {
    const before = performance.now() - PATIENCE_MS;
    const kept = waiting.filter(({ since }) => since >= before);
    const left = kept.reduce((sum, call) => sum + call.rows.length, 0);
    if (left < rows) tally.dropped(rows - left);
    [waiting, rows] = [kept, left];
  };

  return {
    offer(call) {
      if (isClosed || call.rows.length === 0) return;
      const some = call.rows.slice(0, MOST_OF_CALL);
      const taken = rows + some.length > MOST_ROWS ? 0 : some.length;
      if (call.rows.length > taken) tally.dropped(call.rows.length - taken);
      if (taken === 0) return;
      waiting.push({ ...call, rows: some, answers: call.answers.slice(0, taken), since: performance.now() });
      rows += taken;
      if (!isRunning) void run();
    },
    close() {
      isClosed = true;
      [waiting, rows] = [[], 0];
    },
  };
};
