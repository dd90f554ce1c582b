/**
 * Whether arms have got the shares of units that they should have, however often one looks (M. Lindon & A. Malek,
 * Anytime-valid inference for multinomial count data, 2022; arXiv:2011.03567). Where they have not, something takes units away
 * from one of them, and what is compared is not the same people: no result counts.
 */
import { logDirichletMultinomial } from '../statistics/dirichlet-multinomial.ts';

/** Units that each of the shares is supposed to have had before the first one, in all. */
const CONCENTRATION = 1000;
/** The chance of ever finding a mismatch that is none. */
export const MISMATCH_ALPHA = 0.001;

/** Units (not calls) of each arm, and the shares that they should have: one an arm, above 0, adding up to 1. */
export interface Arms {
  readonly units: readonly number[];
  readonly shares: readonly number[];
}

/** ln of the evidence of a mismatch. */
export const logMismatch = ({ units, shares }: Arms): number => {
  const planned = units.reduce((sum, count, arm) => sum + count * Math.log(shares[arm]), 0);
  const alpha = shares.map((share) => share * CONCENTRATION);
  return logDirichletMultinomial(units, alpha) - planned;
};

export interface Mismatch {
  readonly logE: number;
  /** The arm with the least of its share. */
  readonly short: number;
}

/** Undefined while the units are as they should be, or too few to tell. */
export const mismatchOf = (arms: Arms, alpha: number = MISMATCH_ALPHA): Mismatch | undefined => {
  const logE = logMismatch(arms);
  if (!(logE >= -Math.log(alpha))) return undefined;
  const { units, shares } = arms;
  const parts = units.map((count, arm) => count / shares[arm]);
  return { logE, short: parts.indexOf(Math.min(...parts)) };
};
