/** The range of a number: whether more values lie outside of the baseline's least and greatest than chance brings. */
import { betaBinomialTail } from '../statistics/beta-binomial.ts';

/** Of how many values of `n` lie below the least or above the greatest of `m` others. */
export interface Outside {
  readonly outside: number;
  readonly n: number;
  readonly m: number;
}

/**
 * P(as many or more). The share beyond both ends of `m` values is Beta(2, m − 1) for any continuous distribution, so their number is
 * beta-binomial; where values are tied, fewer lie outside.
 */
export const rangeP = ({ outside, n, m }: Outside): number => (m < 2 ? 1 : betaBinomialTail(outside, n, 2, m - 1));

/** The share that is expected outside. */
export const expectedOutside = (m: number): number => 2 / (m + 1);
