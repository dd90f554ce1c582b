/** The Dirichlet-multinomial law of counts: what Pólya's urn gives, or a multinomial whose chances are not known. */
import { lnRising } from './ln-gamma.ts';

/**
 * ln of the chance of a sequence with these counts, without the number of such sequences, which is the same for all laws.
 * `alpha`: one a count, all above 0.
 */
export const logDirichletMultinomial = (counts: readonly number[], alpha: readonly number[]): number => {
  let [n, a, log] = [0, 0, 0];
  for (let bin = 0; bin < counts.length; bin++) {
    n += counts[bin];
    a += alpha[bin];
    log += lnRising(alpha[bin], counts[bin]);
  }
  return log - lnRising(a, n);
};
