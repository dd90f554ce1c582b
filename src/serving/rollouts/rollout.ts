/** A rollout: a candidate beside the stable version of a deployment, step by step. Plain data, as the store has it. */
import type { Bets } from '../../monitor/comparison/betting.ts';
import type { Verdict } from '../../registry/verdict.ts';
import type { Compared } from './compared.ts';
import type { RolloutStep } from './steps.ts';
import type { RolledMode } from './unit.ts';

/** `running` and `paused` are at work; the others are how one has ended. */
export const rolloutStatuses = ['running', 'paused', 'finished', 'rolled back', 'aborted'] as const;
export type RolloutStatus = (typeof rolloutStatuses)[number];

export interface RolledVersion {
  readonly version: string;
  readonly digest: string;
}

/** What is settled when it starts, and stays. */
export interface RolloutPlan {
  /** A service's unless given: how long a call takes is compared only there. */
  readonly mode?: Exclude<RolledMode, 'service'> | undefined;
  readonly deployment: string;
  /** The reference of the deployment, which means the stable version. */
  readonly ref: string;
  readonly model: string;
  readonly stable: RolledVersion;
  readonly candidate: RolledVersion;
  readonly steps: readonly RolloutStep[];
  /** As it was written: `field:rider`; the call itself unless given. */
  readonly unit?: string | undefined;
  /** What else is compared; nothing unless given. */
  readonly compare?: readonly Compared[] | undefined;
  /** `TOLERATED` unless given. */
  readonly tolerated?: Partial<ToleratedShares> | undefined;
  /** Whether shares follow results; they are those of the steps unless given. */
  readonly policy?: 'thompson' | undefined;
  /** What neither gets less than, where shares follow results; `FLOOR` unless given. */
  readonly floor?: number | undefined;
}

/** By how much more of all calls may fail, or be slow, as a share, and the candidate is still taken for no worse. */
export interface ToleratedShares {
  readonly failed: number;
  readonly slow: number;
}

export interface Rollout extends RolloutPlan {
  /** What buckets are salted with, too: those of two rollouts are independent. Records name it as their experiment. */
  readonly id: string;
  readonly status: RolloutStatus;
  /** Rises with each change. */
  readonly turn: number;
  /** The step at which it stands, or stood last; from 0. */
  readonly step: number;
  /** When that step began, and the rollout: ISO 8601, UTC. */
  readonly stepSince: string;
  readonly startedAt: string;
  /** A call that takes longer than this is a slow one, in milliseconds; undefined until it is known. */
  readonly slowMs?: number | undefined;
  /** The share of the candidate, where it is not that of the step. */
  readonly share?: number | undefined;
  /** Why it does not go on by itself, where something keeps it. */
  readonly held?: string | undefined;
}

export const rolloutActions = ['start', 'advance', 'pause', 'resume', 'abort', 'roll back', 'finish'] as const;
export type RolloutAction = (typeof rolloutActions)[number];

/** What was done to a rollout: rows never change and never go. */
export interface RolloutMove {
  readonly action: RolloutAction;
  readonly step: number;
  readonly who: string;
  readonly why?: string | undefined;
  readonly at: string;
  /** What it rests on. */
  readonly verdicts: readonly Verdict[];
}

/** What one variant has answered within one step. Each only grows. */
export interface VariantCounts {
  readonly rows: number;
  /** Calls, or the rows of one that one variant answered: what events are counted of. */
  readonly calls: number;
  /** Units that were seen, as far as there are any. */
  readonly units: number;
  /** Calls with a row that the version could not score, that it refused, or of whose output a value was missing. */
  readonly errors: number;
  readonly refusals: number;
  readonly missing: number;
  /** Calls with any of these. */
  readonly failed: number;
  /** Calls of which it is known whether they were slow, and those that were. */
  readonly timed: number;
  readonly slow: number;
  /** Rows that both scored, and of which they said not the same. */
  readonly differing: number;
  /** Rows that the shadow did not score, as there was no time. */
  readonly dropped: number;
  /** Processes in which 5 of its first 20 calls had an error. */
  readonly stopped: number;
}

export const NO_COUNTS: VariantCounts = Object.freeze({
  rows: 0,
  calls: 0,
  units: 0,
  errors: 0,
  refusals: 0,
  missing: 0,
  failed: 0,
  timed: 0,
  slow: 0,
  differing: 0,
  dropped: 0,
  stopped: 0,
});

/** What both have answered within one step, as far as anything was counted. */
export interface StepFigures extends StepCounts {
  /** In the shadow: bets on the difference of calls that failed, as a number from 0 (the stable one's alone) to 1. */
  readonly bets: Bets | undefined;
}

/** What both have answered within one step. */
export interface StepCounts {
  readonly stable: VariantCounts;
  readonly candidate: VariantCounts;
}

export const isAtWork = ({ status }: Pick<Rollout, 'status'>): boolean => status === 'running' || status === 'paused';

/** How records and answers name it: `r-3f2a9c0d`, and what is drawn for each call, without a unit, says so. */
export const experimentOf = ({ id, unit }: Pick<Rollout, 'id' | 'unit'>): string =>
  unit === undefined ? `${id} (by call)` : id;
