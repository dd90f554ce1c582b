/** What the next window of a deployment is judged with, besides its rows. Plain data, which the store has as JSON. */
import { YEAR_MS } from '../drift/budget.ts';
import type { SlowDrift } from '../drift/slow-drift.ts';
import type { Counts } from '../profile/traffic.ts';
import type { RepeatCounts } from '../quality/repeats.ts';

export interface WatchMemory {
  /** Which package is compared with which normal: with another one all begins anew. */
  readonly of: string;
  /** Where the first window began whose rows are still too few; milliseconds since the epoch. */
  readonly waitsFrom?: number | undefined;
  /** When this and others within a year began, as slow drift has one budget for all of them; memories of before did not have that. */
  readonly starts?: readonly number[] | undefined;
  /** Evidence of slow drift, by stratum. */
  readonly slow: Readonly<Record<string, SlowDrift>>;
  /** All rows before, and those of them that were refused. */
  readonly rows: number;
  readonly refused: number;
  /** These by code and field; memories of before did not have that. */
  readonly why?: Counts | undefined;
  /** All rows before that have an id, and those whose id came before them; undefined where there are no ids. */
  readonly ids?: RepeatCounts | undefined;
}

/** Beginnings that are remembered: of more the oldest are forgotten, whose part of the budget is next to nothing. */
const MOST_STARTS = 100;

/** One that begins with a window, in milliseconds since the epoch, after what was remembered before. */
export const startMemory = (of: string, at: number, before: WatchMemory | undefined): WatchMemory => {
  const starts = (before?.starts ?? []).filter((start) => start > at - YEAR_MS).slice(1 - MOST_STARTS);
  return { of, starts: [...starts, at], slow: {}, rows: 0, refused: 0 };
};

/** As it was stored; undefined for what another version of Millrace has stored in another form. */
export const readMemory = (stored: string | undefined): WatchMemory | undefined => {
  if (stored === undefined) return undefined;
  const memory = JSON.parse(stored) as Partial<WatchMemory>;
  return memory.of === undefined || memory.slow === undefined ? undefined : (memory as WatchMemory);
};
