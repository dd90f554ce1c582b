/** A rollout on rows that were recorded, before anybody is at risk: what guardrails and metrics would have said of a candidate in the shadow. */
import { fail } from '../../core/errors.ts';
import type { Answer, Scorer } from '../../core/types.ts';
import { addDifferences, startBets } from '../../monitor/comparison/betting.ts';
import { isSameOutput } from '../../monitor/comparison/changed.ts';
import { parseMetric } from '../../monitor/comparison/loss.ts';
import type { Kept, Prediction } from '../../monitor/records/records.ts';
import type { Resources } from '../../resources/resources.ts';
import { badOf, isBad } from '../../serving/rollouts/bad.ts';
import { comparedName, isOfLabels } from '../../serving/rollouts/compared.ts';
import { judgeRollout, type RolloutJudgement } from '../../serving/rollouts/judge.ts';
import { addLosses, type Measures } from '../../serving/rollouts/measures.ts';
import { NO_COUNTS, type Rollout, type StepCounts, type StepFigures } from '../../serving/rollouts/rollout.ts';
import { createTally } from '../../serving/rollouts/tally.ts';
import { CANDIDATE, STABLE } from '../../serving/route.ts';
import { parseJson } from '../../text/json.ts';
import { planOf, type StartRollout } from './plan.ts';

export interface RehearseRollout extends StartRollout {
  /** The last ones of so many that are recorded; 1000 unless given. */
  readonly rows?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told how many rows are done. */
  readonly onRows?: ((rows: number) => void) | undefined;
}

export interface RolloutRehearsal extends RolloutJudgement {
  readonly rollout: Rollout;
  readonly rows: number;
  /** Rows whose truth is known; looked for where metrics are given. */
  readonly labelled: number;
  readonly counts: StepCounts;
  readonly measures: Measures;
}

const ROWS = 1000;
/** Calls of the stable version that are slow, of 100. */
const SLOW = 0.05;

/** One row as both have answered it. */
interface RehearsedRow {
  readonly before: Answer;
  readonly now: Answer;
  readonly beforeMs: number;
  readonly nowMs: number;
}

const timed = async (scorer: Scorer, { input, coerced }: Prediction) => {
  const began = performance.now();
  const [answer] = await scorer.score([parseJson(input)], { coerce: coerced });
  return { answer, ms: performance.now() - began };
};

/** Each row by both, one by one; who comes first finds the processor's caches cold, so they take turns. */
const answerRows = async (
  predictions: readonly Prediction[],
  [stable, candidate]: readonly [Scorer, Scorer],
  { signal, onRows }: RehearseRollout,
): Promise<readonly RehearsedRow[]> => {
  for (const one of predictions.slice(0, 20)) for (const scorer of [stable, candidate]) await timed(scorer, one);
  const rows: RehearsedRow[] = [];
  for (const [at, one] of predictions.entries()) {
    signal?.throwIfAborted();
    const early = at % 2 === 0 ? await timed(stable, one) : undefined;
    const now = await timed(candidate, one);
    const before = early ?? (await timed(stable, one));
    rows.push({ before: before.answer, now: now.answer, beforeMs: before.ms, nowMs: now.ms });
    onRows?.(rows.length);
  }
  return rows;
};

/** As they would have been counted, each row a call of its own. */
const figuresOf = (rows: readonly RehearsedRow[], outputs: readonly (readonly string[])[]): StepFigures => {
  const tally = createTally();
  const times = rows.map(({ beforeMs }) => beforeMs).toSorted((a, b) => a - b);
  tally.slowMs = times[Math.ceil((1 - SLOW) * times.length) - 1];
  const differences: number[] = [];
  for (const { before, now, beforeMs, nowMs } of rows) {
    const [own, its] = [badOf([before], outputs[0]), badOf([now], outputs[1])];
    tally.add(STABLE, { rows: 1, ms: beforeMs, bad: own, units: [] });
    tally.add(CANDIDATE, { rows: 1, ms: nowMs, bad: its, units: [] });
    differences.push(Number(isBad(its)) - Number(isBad(own)));
    tally.paired(0, Number(!isSameOutput(before.output, now.output)));
  }
  const { stable, candidate } = tally.take()?.counts ?? { stable: NO_COUNTS, candidate: NO_COUNTS };
  return { stable, candidate, bets: addDifferences(startBets(), differences) };
};

const labelled = async (
  resources: Resources,
  predictions: readonly Prediction[],
): Promise<readonly (Kept | undefined)[]> => {
  const records = await resources.records();
  const found: (Kept | undefined)[] = [];
  for (const { id } of predictions) found.push(await records.find(id));
  return found;
};

const measuresOf = (
  { compare = [] }: Rollout,
  rows: readonly RehearsedRow[],
  kept: readonly (Kept | undefined)[],
): Measures =>
  Object.fromEntries(
    compare.filter(isOfLabels).map((compared) => {
      const { lossOf } = parseMetric(compared.metric, 'INTERNAL');
      const losses = rows.flatMap(({ before, now }, at) => {
        const label = kept[at]?.label;
        if (label === undefined) return [];
        const truth = parseJson(label.truth) as Readonly<Record<string, unknown>>;
        const of = ({ output }: Answer) => (output === undefined ? undefined : lossOf(output, truth));
        return [{ stable: of(before), candidate: of(now) }];
      });
      const of = { compared, metrics: compare.length, step: 0, isShadow: true };
      return [comparedName(compared), addLosses(undefined, losses, of)];
    }),
  );

/** The last recorded rows that the stable version has answered or would answer; a candidate of the same deployment. */
const recordedRows = async (resources: Resources, model: string, most: number): Promise<readonly Prediction[]> => {
  const found = await (await resources.records()).recent(model, most);
  if (found.length > 0) return found;
  throw fail('BAD_ROLLOUT', `Nothing is recorded of ${model}, so nothing can be rehearsed on`, {
    expected: 'recorded rows (record: all of a deployment, or --record)',
    got: 'none',
  });
};

/** @throws what `RolloutControl.start` throws for a plan that is none; BAD_ROLLOUT where nothing is recorded; what loading throws */
export const rehearseRollout = async (
  resources: Resources,
  deployment: string,
  what: RehearseRollout,
): Promise<RolloutRehearsal> => {
  const plan = await planOf(resources, deployment, what);
  const predictions = await recordedRows(resources, plan.model, what.rows ?? ROWS);
  const now = resources.clock();
  const at = now.toISOString();
  const rollout: Rollout = {
    ...plan,
    ...{ id: 'rehearsal', status: 'running', turn: 0, step: 0, stepSince: at, startedAt: at },
    steps: [{ share: 0, rows: predictions.length }],
  };
  const open = async (digest: string) =>
    resources.loadSafely(await resources.openRegistered(`${plan.model}@${digest}`), {});
  const scorers: Scorer[] = [];
  try {
    for (const { digest } of [plan.stable, plan.candidate]) scorers.push(await open(digest));
    const rows = await answerRows(predictions, [scorers[0], scorers[1]], what);
    const outputs = scorers.map(({ manifest }) => Object.keys(manifest.outputs));
    const figures = figuresOf(rows, outputs);
    const kept = rollout.compare === undefined ? [] : await labelled(resources, predictions);
    const measures = measuresOf(rollout, rows, kept);
    const judged = judgeRollout(rollout, [figures], now, measures);
    const { stable, candidate } = figures;
    const known = kept.filter((one) => one?.label !== undefined).length;
    return { ...judged, rollout, rows: rows.length, labelled: known, counts: { stable, candidate }, measures };
  } finally {
    await Promise.all(scorers.map((scorer) => scorer.close()));
  }
};
