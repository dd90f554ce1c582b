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
import type { Answered, Answerer } from '../../../monitor/answered.ts';
import { isSameOutput } from '../../../monitor/comparison/changed.ts';
import { SHADOW, SHADOW_SUFFIX } from '../../../monitor/comparison/shadow.ts';
import { ALL_BAD, badOf, isBad } from '../../../serving/rollouts/bad.ts';
import type { Tally } from '../../../serving/rollouts/tally.ts';
import { CANDIDATE, STABLE } from '../../../serving/route.ts';
import type { Model } from '../model.ts';
import type { Shadow, ShadowedCall } from './shadowed.ts';

export interface ShadowOptions {
  readonly candidate: Pick<Model, 'scorer'> & Answerer;
  /** Whether anybody waits for an answer. */
  readonly isBusy: () => boolean;
  readonly tally: Tally;
  /** Where its answers are recorded, beside those that were given; nowhere unless given. */
  readonly keep?: ((answered: Answered) => void) | undefined;
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

/** What the records of the first rows of a call are called. */
const idsOf = ({ id, content }: Answered, rows: number): readonly string[] => {
  const { places } = content;
  const isAlone = 'rows' in content && content.rows.length === 1 && content.json?.many === undefined;
  if (isAlone && places === undefined) return [id];
  return Array.from({ length: rows }, (_, at) => `${id}.${places?.[at] ?? at}`);
};

/** As it is recorded: each row under the id of the answer that was given, and a suffix. */
const besideOf = (
  model: Answerer,
  { rows, coerce, answered: beside }: ShadowedCall,
  answers: readonly Answer[],
  ms: number,
): Answered => {
  const ids = idsOf(beside, rows.length).map((id) => `${id}${SHADOW_SUFFIX}`);
  const content = { rows, answers, coerced: coerce, ids: ids.length > 1 ? ids : undefined };
  return { id: ids[0], model, ms, content, beside };
};

export const createShadow = ({ candidate, isBusy, tally, keep }: ShadowOptions): Shadow => {
  const card: Answerer = { ...candidate, variant: SHADOW };
  let waiting: Waiting[] = [];
  let rows = 0;
  let isRunning = false;
  let isClosed = false;
  const outputs = Object.keys(candidate.manifest.outputs);

  const score = async (call: Waiting): Promise<void> => {
    const { rows: input, answers, ms, bad, coerce } = call;
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
    const tookMs = performance.now() - began;
    tally.add(CANDIDATE, { rows: input.length, ms: tookMs, bad: own, units: [] });
    if (its !== undefined) keep?.(besideOf(card, call, its, tookMs));
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
