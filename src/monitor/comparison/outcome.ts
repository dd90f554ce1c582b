/** What a comparison comes to: three words, of which two need that a bound has been passed. Missing rows are never a success. */
import type { Bounds } from '../statistics/proportion.ts';

/**
 * Of the bounds of a loss's difference, the candidate's less the stable one's. `tolerance`: a candidate may lose so much more and
 * is still taken for no worse; with 0 it must be better. `better` means that a loss beyond the tolerance is excluded.
 */
export const outcomeOf = (bounds: Bounds | undefined, tolerance = 0): 'better' | 'worse' | 'not enough data' => {
  if (bounds === undefined) return 'not enough data';
  const [low, high] = bounds;
  if (low > tolerance) return 'worse';
  return high < tolerance ? 'better' : 'not enough data';
};
