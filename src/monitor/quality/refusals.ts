/** Rows that are refused more often than before: all of them, and by what was wrong with them. */
import type { Finding } from '../alerts/finding.ts';
import { type Counts, readRefusal } from '../profile/traffic.ts';
import { fisherP } from '../statistics/hypergeometric.ts';

export interface RefusedRows {
  /** Those that were answered and those that were refused. */
  readonly rows: number;
  readonly refused: number;
  /** By code and field; undefined where nobody has counted that. */
  readonly why?: Counts | undefined;
}

/** RefusedRows rows are worth an alarm where their share has grown by a point. */
const LEAST_SHARE = 0.01;

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;

/** Surely more than before, and worth it: the chance of this without a change, else undefined. */
const grown = (x: number, n: number, y: number, m: number, alpha: number): number | undefined => {
  if (x / n - (m === 0 ? 0 : y / m) < LEAST_SHARE) return undefined;
  const p = fisherP({ x, n, y, m });
  return p <= alpha ? p : undefined;
};

/** Half of the chance of a false alarm goes to all refusals together, half to each by itself (Bonferroni). */
const overall = (now: RefusedRows, before: RefusedRows, alpha: number): readonly Finding[] => {
  const p = grown(now.refused, now.rows, before.refused, before.rows, alpha);
  if (p === undefined) return [];
  const [share, usual] = [now.refused / now.rows, before.rows === 0 ? 0 : before.refused / before.rows];
  const sentence = `${percent(share)} of rows are refused, where ${percent(usual)} were before`;
  return [{ concern: 'quality', severity: 'warning', sentence, numbers: { p, share, usual } }];
};

/** What is the matter with a field, in the words of its code. */
const said = (code: string, field: string, share: string): string => {
  if (code === 'WRONG_TYPE') return `${field} comes with another type in ${share} of rows`;
  if (code === 'MISSING_FIELD') return `${field} does not come in ${share} of rows`;
  return `${field} is refused in ${share} of rows: ${code}`;
};

const byField = (now: RefusedRows, before: RefusedRows, alpha: number): readonly Finding[] =>
  Object.entries(now.why ?? {}).flatMap(([refusal, times]): readonly Finding[] => {
    const { code, field } = readRefusal(refusal);
    if (field === undefined) return [];
    const usually = before.why?.[refusal] ?? 0;
    const p = grown(times, now.rows, usually, before.rows, alpha);
    if (p === undefined) return [];
    const [share, usual] = [times / now.rows, before.rows === 0 ? 0 : usually / before.rows];
    const sentence = `${said(code, field, percent(share))}, where it was ${percent(usual)} before`;
    return [{ concern: 'quality', field, what: code, severity: 'warning', sentence, numbers: { p, share, usual } }];
  });

/** @param alpha the chance of any false alarm */
export const refusalFindings = (now: RefusedRows, before: RefusedRows, alpha: number): readonly Finding[] => {
  const reasons = Object.keys(now.why ?? {}).length;
  return [...overall(now, before, alpha / 2), ...byField(now, before, alpha / 2 / Math.max(1, reasons))];
};
