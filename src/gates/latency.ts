/** It is not slower than the version in place: the same recorded rows go through both, one by one, in alternating order. */
import type { Scorer } from '../core/types.ts';
import { bootstrap } from '../monitor/performance/bootstrap.ts';
import type { Prediction } from '../monitor/records/records.ts';
import type { LatencySettings } from '../project/environments.ts';
import { parseJson } from '../text/json.ts';
import { type EnvironmentGate, type GateAnswer, nothingInPlace } from './gate.ts';

const ROWS = 500;
/** Fewer say nothing of the slowest 5 in 100. */
const LEAST_ROWS = 100;
const WARM_ROWS = 20;
const TOLERANCE = 0.2;
const SHARE = 0.95;
/** A difference that no caller notices beside what HTTP itself takes, in milliseconds. */
const LEAST_MS = 0.5;

/** How long one row took in both, in milliseconds. */
export interface TimedRow {
  readonly before: number;
  readonly now: number;
}

/** Milliseconds of one row alone, as a call has it; undefined where the scorer refuses the row. */
const timeOf = async (scorer: Scorer, { input, coerced }: Prediction): Promise<number | undefined> => {
  const row = parseJson(input);
  const start = performance.now();
  const [answer] = await scorer.score([row], { coerce: coerced });
  return answer.error === undefined ? performance.now() - start : undefined;
};

const timeRows = async (
  rows: readonly Prediction[],
  before: Scorer,
  now: Scorer,
  signal: AbortSignal | undefined,
): Promise<readonly TimedRow[]> => {
  for (const row of rows.slice(0, WARM_ROWS)) for (const scorer of [before, now]) await timeOf(scorer, row);
  const timed: TimedRow[] = [];
  for (const [place, row] of rows.entries()) {
    signal?.throwIfAborted();
    // Who comes second finds the row's values in the processor's caches.
    const first = place % 2 === 0 ? await timeOf(before, row) : undefined;
    const second = await timeOf(now, row);
    const own = place % 2 === 0 ? first : await timeOf(before, row);
    if (own !== undefined && second !== undefined) timed.push({ before: own, now: second });
  }
  return timed;
};

/** The quantile of weighted values, which come in the order of `order`: the least that so much of the weight is not above. */
const weightedQuantile = (values: Float64Array, order: Uint32Array, weights: Float64Array, share: number): number => {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  let below = 0;
  for (const row of order) {
    below += weights[row];
    if (below >= share * all) return values[row];
  }
  return values[order[order.length - 1]];
};

/** Of both, and of how much longer `now` is: rows are drawn with both of their times, so that a slow row is slow in both. */
const quantilesOf = (timed: readonly TimedRow[]) => {
  const sides = (['before', 'now'] as const).map((side) => {
    const values = Float64Array.from(timed, (row) => row[side]);
    const order = Uint32Array.from(timed.keys()).sort((a, b) => values[a] - values[b]);
    return (weights: Float64Array): number => weightedQuantile(values, order, weights, SHARE);
  });
  const equal = new Float64Array(timed.length).fill(1);
  const [before, now] = sides.map((of) => of(equal));
  const figures = (weights: Float64Array): readonly number[] => [sides[1](weights) - sides[0](weights)];
  const [interval] = bootstrap({ rows: timed.length, figures });
  return { before, now, low: interval?.low ?? now - before, high: interval?.high ?? now - before };
};

const ms = (value: number): string => `${Number(value.toPrecision(3))} ms`;

const tooFew = (rows: number, against: string): GateAnswer => ({
  outcome: 'not enough data',
  sentence: `${rows} recorded rows that both answer, of at least ${LEAST_ROWS} (record: in the deployment)`,
  numbers: { against, rows, needed: LEAST_ROWS },
});

/** What the times of rows say; the limit is a share longer, and never less than LEAST_MS longer. */
export const judgeLatency = (timed: readonly TimedRow[], tolerance: number, against: string): GateAnswer => {
  const rows = timed.length;
  if (rows < LEAST_ROWS) return tooFew(rows, against);
  const { before, now, low, high } = quantilesOf(timed);
  const most = Math.max(before * tolerance, LEAST_MS);
  const numbers = {
    against,
    rows,
    tolerance,
    p95_before_ms: before,
    p95_ms: now,
    difference_ms: now - before,
    difference_low_ms: low,
    difference_high_ms: high,
    most_ms: most,
  };
  const sentence = `p95 of ${ms(now)} against ${ms(before)} of ${against} on ${rows} rows: ${ms(low)} to ${ms(high)} longer, of at most ${ms(most)}`;
  if (high <= most) return { outcome: 'pass', sentence, numbers };
  return { outcome: low > most ? 'fail' : 'not enough data', sentence, numbers };
};

export const latency: EnvironmentGate<LatencySettings> = async (question, settings, world) => {
  const { name, candidate, inPlace } = question;
  if (inPlace === undefined) return nothingInPlace(question);
  const { rows: most = ROWS, tolerance = TOLERANCE } = settings;
  const rows = await world.recorded(name, most);
  if (rows.length < LEAST_ROWS) return tooFew(rows.length, inPlace.version);
  const [before, now] = [await inPlace.scorer(), await candidate.scorer()];
  return judgeLatency(await timeRows(rows, before, now, world.signal), tolerance, inPlace.version);
};
