/** The share of a rollout whose shares follow results (`policy: thompson`): pure, and the same whoever looks. */
import { FLOOR, thompsonShare } from '../../monitor/comparison/thompson.ts';
import type { WeightedMoments } from '../../monitor/performance/moments.ts';
import { comparedName } from './compared.ts';
import type { Measures } from './measures.ts';
import type { Rollout, StepFigures } from './rollout.ts';

/** Smaller moves are not worth a unit that changes its version. */
const LEAST_MOVE = 0.01;
/** Buckets of units are so many. */
const BUCKETS = 10_000;

/** The share of the candidate now. */
export const shareOf = ({ share, steps, step }: Pick<Rollout, 'share' | 'steps' | 'step'>): number =>
  share ?? steps[step].share;

/** Whether shares of its step follow results: in the shadow, and where all are the candidate's, there is nothing to share. */
export const followsResults = ({ policy, steps, step }: Rollout): boolean =>
  policy === 'thompson' && steps[step].share > 0 && steps[step].share < 1;

const failures = ({ calls, failed }: StepFigures['stable']): WeightedMoments => {
  const mean = calls === 0 ? 0 : (failed + 1) / (calls + 2);
  return { weight: calls, mean, squares: calls * mean * (1 - mean) };
};

/**
 * By losses of the first metric of its own, else by failed calls, of this step; undefined where it stays.
 *
 * @param counts by step
 */
export const nextShare = (rollout: Rollout, counts: readonly StepFigures[], measures: Measures): number | undefined => {
  const { step, compare = [], floor = FLOOR, status } = rollout;
  if (status !== 'running' || !followsResults(rollout)) return undefined;
  const own = counts[step];
  const [first] = compare;
  const arms =
    first === undefined
      ? own && { stable: failures(own.stable), candidate: failures(own.candidate) }
      : measures[comparedName(first)]?.steps[step];
  if (arms === undefined) return undefined;
  const before = shareOf(rollout);
  const share = Math.round(thompsonShare(arms.stable, arms.candidate, { before, floor }) * BUCKETS) / BUCKETS;
  return Math.abs(share - before) < LEAST_MOVE ? undefined : share;
};
