/** How much a window is beside the same one of past weeks: how many rows came, and how late events were. */
import type { Zone } from '../../core/zone.ts';
import type { Finding } from '../alerts/finding.ts';
import { stratumOf } from '../drift/strata.ts';
import { MOST_WEEKS, unusual } from './usual.ts';

/** A figure of a window that began then, in milliseconds since the epoch. */
export interface WindowFigure {
  readonly at: number;
  readonly figure: number;
}

export interface WeeklyOptions {
  readonly alpha: number;
  readonly zone?: Pick<Zone, 'offset'> | undefined;
}

/** Of the windows before at the same hour of the week, the last ones. */
const sameHours = (now: number, figures: readonly WindowFigure[], zone: WeeklyOptions['zone']): readonly number[] => {
  const stratum = stratumOf(now, 'same hour of week', zone);
  return figures
    .filter(({ at }) => at < now && stratumOf(at, 'same hour of week', zone) === stratum)
    .slice(-MOST_WEEKS)
    .map(({ figure }) => figure);
};

const times = (factor: number): string => `${Number(factor.toPrecision(2))} times`;

/** A volume must have changed by half to be worth it. */
const LEAST_FACTOR = 1.5;

/** Rows that came, fewer or more than usual. A window without any is a matter of freshness. */
export const volumeFindings = (
  { at, figure: rows }: WindowFigure,
  before: readonly WindowFigure[],
  { alpha, zone }: WeeklyOptions,
): readonly Finding[] => {
  if (rows === 0) return [];
  const past = sameHours(at, before, zone);
  const found = unusual(rows, past, { alpha, direction: 'either', leastFactor: LEAST_FACTOR });
  if (found === undefined) return [];
  const usual = Math.round(found.usual);
  const sentence = `${rows} rows came, where about ${usual} came at the same time of past weeks`;
  return [{ concern: 'quality', what: 'volume', severity: 'warning', sentence, numbers: { p: found.p, rows, usual } }];
};

/** Of a delay, which is noise below a few milliseconds. */
const LEAST_DELAY_MS = 20;
const LEAST_DELAY_FACTOR = 2;
/** Delays are less even than chance alone would have it. */
const LEAST_SPREAD = 0.1;

/** How late events are: the delay that 95 % of them do not exceed, in milliseconds. */
export const delayFindings = (
  { at, figure: ms }: WindowFigure,
  before: readonly WindowFigure[],
  { alpha, zone }: WeeklyOptions,
): readonly Finding[] => {
  if (ms < LEAST_DELAY_MS) return [];
  const past = sameHours(at, before, zone);
  const how = { alpha, direction: 'more', leastFactor: LEAST_DELAY_FACTOR, leastSpread: LEAST_SPREAD } as const;
  const found = unusual(ms, past, how);
  if (found === undefined) return [];
  const numbers = { p: found.p, ms, usual: found.usual };
  const sentence = `events are ${times(ms / found.usual)} as late as at the same time of past weeks: up to ${Math.round(ms)} ms`;
  return [{ concern: 'quality', what: 'delay', severity: 'warning', sentence, numbers }];
};
