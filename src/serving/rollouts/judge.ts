/**
 * What is said of a rollout by what was counted, and what follows: pure, and the same however often one looks and whoever does. Three
 * words: better (not worse by more than what is tolerated), worse, not enough data; what has not come is never a success.
 */
import { type Bets, boundsOfPairs } from '../../monitor/comparison/betting.ts';
import { type GuardedCalls, isBroken, logOverSteps } from '../../monitor/comparison/guardrail.ts';
import { boundsOfDifference } from '../../monitor/comparison/mean-difference.ts';
import { outcomeOf } from '../../monitor/comparison/outcome.ts';
import { mismatchOf } from '../../monitor/comparison/sample-ratio.ts';
import type { WeightedMoments } from '../../monitor/performance/moments.ts';
import type { Bounds } from '../../monitor/statistics/proportion.ts';
import type { ComparisonOutcome, ComparisonVerdict, VerdictNumbers } from '../../registry/verdict.ts';
import { compareMetrics } from './judge-metrics.ts';
import type { Measures } from './measures.ts';
import { followsResults } from './next-share.ts';
import { NO_COUNTS, type Rollout, type StepFigures, type ToleratedShares, type VariantCounts } from './rollout.ts';
import { shareName } from './steps.ts';
import { TOLERATED } from './tolerated.ts';

/** What is to be done; `promote` after the last step, where nobody is answered by the stable version any more. */
export type NextMove = 'stay' | 'advance' | 'promote' | 'roll back';

export interface RolloutJudgement {
  readonly next: NextMove;
  /** For people: what it rests on. */
  readonly why: string;
  readonly verdicts: readonly ComparisonVerdict[];
}

/** In the shadow both have the same calls. */
const PAIRED_SHARE = 0.5;

const guarded = ['errors', 'refusals', 'missing', 'slow'] as const;
type GuardedName = (typeof guarded)[number];

const WORDS: Readonly<Record<GuardedName | 'failed', string>> = {
  errors: 'errors',
  refusals: 'refused rows',
  missing: 'missing outputs',
  slow: 'slow calls',
  failed: 'failed calls',
};

const percent = (part: number): string => `${Number((100 * part).toFixed(2))} %`;
const rate = (bad: number, calls: number): string => (calls === 0 ? 'nothing' : percent(bad / calls));

/** A part of calls, as moments of zeros and ones; one bad and one good call are supposed, so that none is not taken for never. */
const momentsOf = (bad: number, calls: number): WeightedMoments => {
  const supposed = (bad + 1) / (calls + 2);
  return { weight: calls, mean: calls === 0 ? 0 : bad / calls, squares: calls * supposed * (1 - supposed) };
};

/** Of calls that both have had, where shares move; else what was meant. */
const partOf = ({ policy }: Rollout, share: number, { stable, candidate }: StepFigures): number => {
  const calls = stable.calls + candidate.calls;
  return policy === undefined || calls === 0 ? share : Math.min(0.99, Math.max(0.01, candidate.calls / calls));
};

const guardOf = (rollout: Rollout, counts: readonly StepFigures[], name: GuardedName): GuardedCalls => ({
  steps: rollout.steps.length,
  counted: counts.flatMap((figures, at) => {
    const { stable, candidate } = figures;
    const { share } = rollout.steps[at];
    if (share === 1) return [];
    const part = share === 0 ? PAIRED_SHARE : partOf(rollout, share, figures);
    return [{ candidate: candidate[name], stable: stable[name], share: part }];
  }),
});

/** The stable version beside the candidate: of the last step in which it answered anybody. */
const stableBeside = (counts: readonly StepFigures[], step: number): VariantCounts => {
  const last = counts.slice(0, step + 1).findLast(({ stable }) => stable.calls > 0);
  return last?.stable ?? NO_COUNTS;
};

interface Compared {
  /** On pairs of calls, in the shadow. */
  readonly bets: Bets | undefined;
  readonly stable: VariantCounts;
  readonly candidate: VariantCounts;
  readonly tolerated: ToleratedShares;
  readonly at: string;
}

const numbersOf = (
  { stable, candidate }: Compared,
  name: GuardedName | 'failed',
  bounds: Bounds | undefined,
): VerdictNumbers => ({
  stable: stable[name],
  candidate: candidate[name],
  stableCalls: stable.calls,
  candidateCalls: candidate.calls,
  low: bounds?.[0] ?? null,
  high: bounds?.[1] ?? null,
});

/** Of a part of calls: where the difference lies, and what follows. */
const compareShares = (compared: Compared, name: 'failed' | 'slow'): ComparisonVerdict => {
  const { stable, candidate, at, bets, tolerated } = compared;
  const calls = name === 'slow' ? 'timed' : 'calls';
  const [of, its] = [momentsOf(stable[name], stable[calls]), momentsOf(candidate[name], candidate[calls])];
  const bounds = name === 'failed' && bets ? boundsOfPairs(bets) : boundsOfDifference(of, its);
  const outcome = outcomeOf(bounds, tolerated[name]);
  const both = `${rate(candidate[name], candidate[calls])} beside ${rate(stable[name], stable[calls])}`;
  const between = bounds === undefined ? 'too few calls' : `${bounds.map(percent).join(' to ')} more`;
  return {
    asked: 'comparison',
    about: name,
    outcome,
    sentence: `${WORDS[name]}: ${both} (${between}, ${percent(tolerated[name])} tolerated)`,
    numbers: { ...numbersOf(compared, name, bounds), tolerated: tolerated[name] },
    at,
  };
};

const verdict = (
  about: string,
  outcome: ComparisonOutcome,
  sentence: string,
  compared: Compared,
): ComparisonVerdict => {
  const { stable, candidate, at } = compared;
  const numbers = { stableRows: stable.rows, candidateRows: candidate.rows, candidateErrors: candidate.errors };
  return { asked: 'comparison', about, outcome, sentence, numbers, at };
};

/** The guardrail that is broken, if one is. */
const brokenGuard = (
  rollout: Rollout,
  counts: readonly StepFigures[],
  compared: Compared,
): ComparisonVerdict | undefined => {
  const { stable, candidate, at } = compared;
  if (counts.some((step) => step.candidate.stopped > 0)) {
    return verdict('errors', 'worse', 'at least 5 of the first 20 calls were errors', compared);
  }
  const guards = guarded.map((name) => ({ name, guard: guardOf(rollout, counts, name) }));
  const known = guards.filter(({ guard }) => guard.counted.length > 0);
  if (!isBroken(known.map(({ guard }) => guard))) return undefined;
  const [{ name, logE }] = known
    .map((one) => ({ name: one.name, logE: logOverSteps(one.guard) }))
    .sort((a, b) => b.logE - a.logE);
  const both = `${candidate[name]} of ${candidate.calls} calls beside ${stable[name]} of ${stable.calls}`;
  return {
    asked: 'comparison',
    about: name,
    outcome: 'worse',
    sentence: `too many ${WORDS[name]}: ${both} at ${shareName(rollout.steps[rollout.step].share)}`,
    numbers: { ...numbersOf(compared, name, undefined), logE },
    at,
  };
};

/** Units that one version lacks: then nothing that is compared counts. */
const mismatch = (rollout: Rollout, compared: Compared): ComparisonVerdict | undefined => {
  const { share } = rollout.steps[rollout.step];
  if (share === 0 || share === 1 || followsResults(rollout)) return undefined;
  const { stable, candidate, at } = compared;
  const counted = rollout.unit === undefined ? 'calls' : 'units';
  const units = [stable[counted], candidate[counted]];
  const found = mismatchOf({ units, shares: [1 - share, share] });
  if (found === undefined) return undefined;
  const short = found.short === 0 ? 'the stable version' : 'the candidate';
  const sentence = `${short} lacks ${counted}: ${units.join(' and ')} where ${shareName(share)} are the candidate's; no result counts`;
  return {
    asked: 'comparison',
    about: counted,
    outcome: 'not enough data',
    sentence,
    numbers: { stable: units[0], candidate: units[1], share, logE: found.logE, short },
    at,
  };
};

const traffic = (rollout: Rollout, compared: Compared): ComparisonVerdict | undefined => {
  const { rows } = rollout.steps[rollout.step];
  if (compared.candidate.rows >= rows) return undefined;
  const sentence = `${compared.candidate.rows} of ${rows} rows have come`;
  return verdict('rows', 'not enough data', sentence, compared);
};

const stay = (verdicts: readonly ComparisonVerdict[]): RolloutJudgement => ({
  next: 'stay',
  why: verdicts.find(({ outcome }) => outcome !== 'better')?.sentence ?? '',
  verdicts,
});

/**
 * @param counts by step, as far as anything was counted
 * @param measures what truths have said, where the rollout has metrics of its own
 */
export const judgeRollout = (
  rollout: Rollout,
  counts: readonly StepFigures[],
  now: Date,
  measures: Measures = {},
): RolloutJudgement => {
  const { step, steps, status } = rollout;
  const own = counts[step]?.candidate ?? NO_COUNTS;
  const { bets } = counts[step] ?? { bets: undefined };
  const tolerated = { ...TOLERATED, ...rollout.tolerated };
  const compared = { stable: stableBeside(counts, step), candidate: own, bets, tolerated, at: now.toISOString() };
  const broken = brokenGuard(rollout, counts, compared);
  if (broken) return { next: 'roll back', why: broken.sentence, verdicts: [broken] };
  const short = mismatch(rollout, { ...compared, stable: counts[step]?.stable ?? NO_COUNTS });
  if (short) return stay([short]);
  const failed = compareShares(compared, 'failed');
  // Once all calls are the candidate's, how long they take cannot be told from the load; nobody waits for a row of a stream or a run.
  const isTimed = steps[step].share < 1 && rollout.mode === undefined;
  const shares = !isTimed ? [failed] : [failed, compareShares(compared, 'slow')];
  const verdicts = [...shares, ...compareMetrics(rollout, measures, now)];
  const worse = verdicts.find(({ outcome }) => outcome === 'worse');
  if (worse) return { next: 'roll back', why: worse.sentence, verdicts };
  const missing = traffic(rollout, compared);
  const all = missing === undefined ? verdicts : [missing, ...verdicts];
  if (status !== 'running' || all.some(({ outcome }) => outcome !== 'better')) return stay(all);
  const why = verdicts.map(({ sentence }) => sentence).join('; ');
  if (step < steps.length - 1) return { next: 'advance', why, verdicts };
  return { next: steps[step].share === 1 ? 'promote' : 'stay', why, verdicts };
};
