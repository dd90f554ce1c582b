/**
 * Shares that follow results: each arm gets calls as often as it is likely to be the better one (W. R. Thompson, On the
 * likelihood that one unknown probability exceeds another, 1933), never fewer than a floor.
 */
import type { WeightedMoments } from '../performance/moments.ts';
import { normalTail } from '../statistics/normal.ts';
import { LEAST_ROWS } from './mean-difference.ts';

/** The least share of either arm. */
export const FLOOR = 0.05;

/**
 * The candidate's share of the calls, from losses (less is better) of both arms; `before` while one has too few of them.
 * The chance that its mean is the lower one is that of two normal means.
 */
export const thompsonShare = (
  stable: WeightedMoments,
  candidate: WeightedMoments,
  { before, floor = FLOOR }: { readonly before: number; readonly floor?: number },
): number => {
  if (stable.weight < LEAST_ROWS || candidate.weight < LEAST_ROWS) return before;
  const variance = [stable, candidate].reduce((sum, { weight, squares }) => sum + squares / (weight - 1) / weight, 0);
  const apart = candidate.mean - stable.mean;
  const chance = variance === 0 ? (1 - Math.sign(apart)) / 2 : normalTail(apart / Math.sqrt(variance));
  return floor + (1 - 2 * floor) * chance;
};
