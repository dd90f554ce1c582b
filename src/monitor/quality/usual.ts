/**
 * Whether a figure is what it was in the same hours of past weeks. Its logarithms are taken to come from one normal distribution, as figures
 * of traffic nearly do; the new one then lies within Student's interval of the next value (R. A. Fisher, 1935), and a false alarm is
 * as rare as is asked, however few weeks there are. What is steadier than chance allows is taken to be as uneven as counts are.
 */
import { studentTail } from '../statistics/student.ts';

/** With fewer weeks nothing is said. */
export const LEAST_WEEKS = 4;
/** Weeks that are looked at. */
export const MOST_WEEKS = 8;

export interface UsualOptions {
  /** The chance of a false alarm. */
  readonly alpha: number;
  readonly direction: 'either' | 'less' | 'more';
  /** By which factor it must have changed to be worth it. */
  readonly leastFactor: number;
  /** The spread of logarithms that is always there; that of counts unless given. */
  readonly leastSpread?: number | undefined;
}

export interface UnusualFigure {
  readonly p: number;
  /** Of past weeks: the geometric mean. */
  readonly usual: number;
}

/** Undefined for what is as usual, or cannot be told. @param past one figure a week, none of them negative */
export const unusual = (now: number, past: readonly number[], options: UsualOptions): UnusualFigure | undefined => {
  const { alpha, direction, leastFactor, leastSpread = 0 } = options;
  const weeks = past.length;
  if (weeks < LEAST_WEEKS) return undefined;
  const logs = past.map((one) => Math.log1p(one));
  const mean = logs.reduce((sum, one) => sum + one, 0) / weeks;
  const variance = logs.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (weeks - 1);
  const usual = Math.expm1(mean);
  const spread = Math.max(Math.sqrt(variance), 1 / Math.sqrt(usual + 1), leastSpread);
  const t = (Math.log1p(now) - mean) / (spread * Math.sqrt(1 + 1 / weeks));
  const [below, above] = [studentTail(-t, weeks - 1), studentTail(t, weeks - 1)];
  const p = direction === 'less' ? below : direction === 'more' ? above : Math.min(1, 2 * Math.min(below, above));
  const factor = (now + 1) / (usual + 1);
  const isWorthIt = factor >= leastFactor || factor <= 1 / leastFactor;
  return p <= alpha && isWorthIt ? { p, usual } : undefined;
};
