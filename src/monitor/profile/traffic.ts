/**
 * What a profile says beside the values of rows: how long calls took, which failed, and why rows were refused. Counts, which merge
 * exactly in any order.
 */

import type { Code, Problem } from '../../core/errors.ts';
import { type Durations, startDurations } from './durations.ts';

export type Counts = Readonly<Record<string, number>>;

export interface Traffic {
  /** Of calls that were answered, how long each took; of a stream, from the oldest event of a micro-batch until all are done. */
  readonly durations: Durations;
  /** Calls that failed as a whole, by code. */
  readonly failed: Counts;
  /** Rows that were refused: by code, and by code and field as in `WRONG_TYPE distance`. */
  readonly refused: Counts;
}

export const NO_TRAFFIC: Traffic = { durations: {}, failed: {}, refused: {} };

/** In the order of their names, so that the same counts are the same text. */
export const addCounts = (a: Counts, b: Counts): Counts => {
  const sum = new Map(Object.entries(a));
  for (const [name, times] of Object.entries(b)) sum.set(name, (sum.get(name) ?? 0) + times);
  return Object.fromEntries([...sum].toSorted(([one], [other]) => (one < other ? -1 : 1)));
};

/** What two parts saw together; undefined where neither has looked. */
export const mergeTraffic = (a: Traffic | undefined, b: Traffic | undefined): Traffic | undefined =>
  a === undefined || b === undefined
    ? (a ?? b)
    : {
        durations: addCounts(a.durations, b.durations),
        failed: addCounts(a.failed, b.failed),
        refused: addCounts(a.refused, b.refused),
      };

/** As what a refused row is counted. */
export const refusalOf = ({ code, field }: Pick<Problem, 'code' | 'field'>): string =>
  field === undefined ? code : `${code} ${field}`;

/** The code and the field of that. */
export const readRefusal = (refusal: string): { readonly code: string; readonly field: string | undefined } => {
  const end = refusal.indexOf(' ');
  return end < 0 ? { code: refusal, field: undefined } : { code: refusal.slice(0, end), field: refusal.slice(end + 1) };
};

export interface TrafficCounting {
  /** A call was answered within so many milliseconds. */
  took(ms: number): void;
  failed(code: Code): void;
  refused(problem: Pick<Problem, 'code' | 'field'>): void;
  counts(): Traffic;
}

/** Fields that callers make up are not counted beyond so many. */
const MOST_REFUSALS = 200;

const add = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
const plain = (counts: ReadonlyMap<string, number>): Counts => addCounts({}, Object.fromEntries(counts));

export const startTraffic = (): TrafficCounting => {
  const durations = startDurations();
  const failed = new Map<string, number>();
  const refused = new Map<string, number>();
  return {
    took: durations.add,
    failed: (code) => add(failed, code),
    refused(problem) {
      const refusal = refusalOf(problem);
      add(refused, refused.size < MOST_REFUSALS || refused.has(refusal) ? refusal : problem.code);
    },
    counts: () => ({ durations: durations.counts(), failed: plain(failed), refused: plain(refused) }),
  };
};
