/** Student's distribution (W. S. Gosset, The probable error of a mean, 1908), by the incomplete beta function. */
import { incompleteBeta } from './incomplete-beta.ts';

/** P(T ≥ t) with so many degrees of freedom. */
export const studentTail = (t: number, degrees: number): number => {
  const half = incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
  return t >= 0 ? half : 1 - half;
};
