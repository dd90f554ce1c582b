/**
 * Labels that the baseline has never seen. How often they are to be expected follows from how many it has seen once and twice (I. J. Good,
 * The population frequencies of species, 1953, with A. M. Turing's estimate and its variance).
 */
import { betaBinomialTail } from '../statistics/beta-binomial.ts';

export interface Unseen {
  readonly unseen: number;
  readonly n: number;
  /** Values of the baseline, and how many labels it has seen once and twice. */
  readonly m: number;
  readonly once: number;
  readonly twice: number;
}

/** Parameters of the beta distribution of the share that is not seen. */
const shareOf = ({ m, once, twice }: Pick<Unseen, 'm' | 'once' | 'twice'>): readonly [number, number] => {
  const a = once === 0 ? 1 : once ** 2 / (once + 2 * twice) + 1;
  return [a, Math.max((a * (m - once)) / (once + 1), 1e-9)];
};

/** P(as many or more). */
export const unseenP = ({ unseen, n, ...seen }: Unseen): number => {
  const [a, b] = shareOf(seen);
  return betaBinomialTail(unseen, n, a, b);
};

/** The share that is expected not to be seen. */
export const expectedUnseen = (seen: Pick<Unseen, 'm' | 'once' | 'twice'>): number => {
  const [a, b] = shareOf(seen);
  return a / (a + b);
};
