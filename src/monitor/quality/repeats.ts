/** Rows that come again: more of them than before have an id that another row had. */
import type { Finding } from '../alerts/finding.ts';
import { fisherP } from '../statistics/hypergeometric.ts';

/** Rows that have an id, and those of them whose id came before. */
export interface RepeatCounts {
  readonly rows: number;
  readonly repeated: number;
}

/** They are worth an alarm where their share has grown by a point. */
const LEAST_SHARE = 0.01;

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;
const shareOf = ({ rows, repeated }: RepeatCounts): number => (rows === 0 ? 0 : repeated / rows);

/** @param of the fields that are the id */
export const repeatFindings = (
  of: readonly string[],
  now: RepeatCounts,
  before: RepeatCounts,
  alpha: number,
): readonly Finding[] => {
  const [share, usual] = [shareOf(now), shareOf(before)];
  if (share - usual < LEAST_SHARE) return [];
  const p = fisherP({ x: now.repeated, n: now.rows, y: before.repeated, m: before.rows });
  if (p > alpha) return [];
  const sentence = `${percent(share)} of rows have the ${of.join(', ')} of a row that came before, where ${percent(usual)} had`;
  return [{ concern: 'quality', what: 'repeated', severity: 'warning', sentence, numbers: { p, share, usual } }];
};
