/**
 * What both variants have answered in this process since it was last taken to the store. Events are counted by call, and of a unit one of a
 * kind a minute: rows of one call, and a user who tries again, are not independent of each other.
 */

import { STOPS_AT } from '../../monitor/comparison/guardrail.ts';
import { STABLE, type Variant } from '../route.ts';
import type { Bad } from './bad.ts';
import { NO_COUNTS, type StepCounts, type VariantCounts } from './rollout.ts';

/** A call, or the rows of one that one variant answered. */
export interface TalliedCall {
  readonly rows: number;
  readonly ms: number;
  readonly bad: Bad;
  /** Those of its rows, as far as there are any. */
  readonly units: readonly string[];
}

export interface TakenCounts {
  readonly counts: StepCounts;
  /** Of calls that both had; the first of them. */
  readonly pairs: readonly number[];
}

export interface Tally {
  /** A call that takes longer is a slow one; undefined while that is not known. */
  slowMs: number | undefined;
  add(variant: Variant, call: TalliedCall): void;
  dropped(rows: number): void;
  /** A call that both had: how much more the candidate's has failed, and of how many rows they said not the same. */
  paired(difference: number, differing: number): void;
  /** What was counted since it was last taken; undefined when nothing was. */
  take(): TakenCounts | undefined;
  /** Puts back what could not be kept. */
  giveBack(taken: TakenCounts): void;
  /** The 95th percentile of calls of the stable version so far, in milliseconds; undefined while they are few. */
  slowest(): number | undefined;
}

type Growing = { -readonly [Key in keyof VariantCounts]: number };

/** Units that are told apart, a variant: beyond that they are not counted. */
const MOST_UNITS = 50_000;
/** Pairs that are told at a time; the others are only counted. */
const MOST_PAIRS = 200;
const MINUTE_MS = 60_000;
/** Calls by which one knows how long they take. */
const TIMED_CALLS = 200;

const add = (to: Growing, from: VariantCounts): void => {
  for (const name of Object.keys(from) as (keyof VariantCounts)[]) to[name] += from[name];
};

/** Lets the first event of a unit within a minute pass. */
const createOnce = () => {
  let [until, seen] = [0, new Set<string>()];
  return (unit: string, kind: string): boolean => {
    const now = performance.now();
    if (now >= until || seen.size > MOST_UNITS) [until, seen] = [now + MINUTE_MS, new Set()];
    const key = `${kind} ${unit}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  };
};

/** Units that a variant was seen with, as far as there is room for them: how many are new. */
const createSeen = () => {
  const seen = new Set<string>();
  return (units: readonly string[]): number => {
    let added = 0;
    for (const unit of units) {
      if (seen.size >= MOST_UNITS || seen.has(unit)) continue;
      seen.add(unit);
      added++;
    }
    return added;
  };
};

/** Says once that too many of the first calls had an error. */
const createFirst = () => {
  let [bad, calls] = [0, 0];
  return (isBad: boolean): boolean => {
    if (calls >= STOPS_AT.calls) return false;
    calls++;
    if (isBad) bad++;
    return isBad && bad === STOPS_AT.bad;
  };
};

const KINDS = { error: 'errors', refusal: 'refusals', missing: 'missing' } as const;

export const createTally = (): Tally => {
  const fresh = (): Growing => ({ ...NO_COUNTS });
  let counts = { stable: fresh(), candidate: fresh() };
  let pairs: number[] = [];
  let isTouched = false;
  const seen = { stable: createSeen(), candidate: createSeen() };
  const once = createOnce();
  const stops = createFirst();
  const times: number[] = [];

  /** Whether an event of this kind counts: of a unit, once a minute. */
  const isNew = (units: readonly string[], kind: string): boolean =>
    units.length === 0 || units.filter((unit) => once(unit, kind)).length > 0;
  const countBad = (variant: Variant, own: Growing, { bad, ms, units }: TalliedCall): void => {
    let any = false;
    for (const [name, kind] of Object.entries(KINDS) as [keyof Bad, (typeof KINDS)[keyof Bad]][]) {
      if (!bad[name] || !isNew(units, `${variant} ${kind}`)) continue;
      own[kind]++;
      any = true;
    }
    if (any) own.failed++;
    if (tally.slowMs === undefined) return;
    own.timed++;
    if (ms > tally.slowMs && isNew(units, `${variant} slow`)) own.slow++;
  };

  const tally: Tally = {
    slowMs: undefined,
    add(variant, call) {
      isTouched = true;
      const own = counts[variant];
      own.rows += call.rows;
      own.calls++;
      own.units += seen[variant](call.units);
      countBad(variant, own, call);
      if (variant !== STABLE) own.stopped += Number(stops(call.bad.error));
      else if (times.length < TIMED_CALLS) times.push(call.ms);
    },
    dropped(rows) {
      isTouched = true;
      counts.candidate.dropped += rows;
    },
    paired(difference, differing) {
      isTouched = true;
      counts.candidate.differing += differing;
      if (pairs.length < MOST_PAIRS) pairs.push(difference);
    },
    take() {
      if (!isTouched) return undefined;
      const taken = { counts, pairs };
      counts = { stable: fresh(), candidate: fresh() };
      pairs = [];
      isTouched = false;
      return taken;
    },
    giveBack(back) {
      isTouched = true;
      add(counts.stable, back.counts.stable);
      add(counts.candidate, back.counts.candidate);
      pairs = [...back.pairs, ...pairs].slice(0, MOST_PAIRS);
    },
    slowest() {
      if (times.length < TIMED_CALLS) return undefined;
      return times.toSorted((a, b) => a - b)[Math.ceil(0.95 * times.length) - 1];
    },
  };
  return tally;
};
