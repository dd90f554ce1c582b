/** Rows that do not come, where they came at the same hours of past weeks. */
import type { Finding } from '../alerts/finding.ts';
import { SPAN_MS } from '../profiles/profiles.ts';
import { MOST_WEEKS, unusual } from './usual.ts';

const WEEK_MS = 7 * SPAN_MS.day;

/** How many rows came in an hour. */
export interface HourVolume {
  /** When it began: ISO 8601, UTC. */
  readonly at: string;
  readonly rows: number;
}

const since = (hours: number): string => (hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`);

/**
 * @param end when the last hour that is over ended, in milliseconds since the epoch
 * @param alpha the chance of a false alarm of this look
 */
export const silence = (hours: readonly HourVolume[], end: number, alpha: number): readonly Finding[] => {
  const rowsAt = new Map<number, number>();
  for (const { at, rows } of hours) rowsAt.set(Date.parse(at), (rowsAt.get(Date.parse(at)) ?? 0) + rows);
  const busy = [...rowsAt].flatMap(([at, rows]) => (rows > 0 && at < end ? [at] : []));
  if (busy.length === 0) return [];
  const [first, last] = [Math.min(...busy), Math.max(...busy) + SPAN_MS.hour];
  const length = end - last;
  if (length <= 0 || length >= WEEK_MS) return [];
  const past: number[] = [];
  for (let week = 1; week <= MOST_WEEKS && last - week * WEEK_MS >= first; week++) {
    let rows = 0;
    for (let at = last; at < end; at += SPAN_MS.hour) rows += rowsAt.get(at - week * WEEK_MS) ?? 0;
    past.push(rows);
  }
  const found = unusual(0, past, { alpha, direction: 'less', leastFactor: 2 });
  if (found === undefined) return [];
  const usual = Math.round(found.usual);
  const sentence = `no rows have come for ${since(length / SPAN_MS.hour)}, where about ${usual} came at these hours of past weeks`;
  return [
    { concern: 'freshness', severity: 'error', sentence, numbers: { p: found.p, hours: length / SPAN_MS.hour, usual } },
  ];
};
