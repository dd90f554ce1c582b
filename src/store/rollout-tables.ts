/** The tables of rollouts. */
import type { Generated } from 'kysely';

/** A candidate beside the stable version of a deployment. */
export interface RolloutRow {
  readonly id: string;
  readonly deployment: string;
  readonly status: 'running' | 'paused' | 'finished' | 'rolled back' | 'aborted';
  /** Rises with each move: who moves it says which one it has read. */
  readonly turn: number;
  /** From 0. */
  readonly step: number;
  readonly step_since: string;
  readonly started_at: string;
  /** From which time on a call of this step is slow. */
  readonly slow_ms: number | null;
  readonly held: string | null;
  /** Where it follows results; that of its step unless given. */
  readonly share: number | null;
  /** JSON: versions, steps, and what a unit is. */
  readonly plan: string;
}

/** What was done to a rollout: rows never change and never go. */
export interface RolloutMoveRow {
  readonly seq: Generated<number>;
  readonly rollout: string;
  readonly action: 'start' | 'advance' | 'pause' | 'resume' | 'abort' | 'roll back' | 'finish';
  readonly step: number;
  readonly who: string;
  readonly why: string | null;
  readonly at: string;
  /** JSON: a list. */
  readonly verdicts: string;
}

/** Bets on the mean of differences of calls that both versions had, in one step: each process goes on where the last one was. */
export interface RolloutBetRow {
  readonly rollout: string;
  readonly step: number;
  readonly turn: number;
  /** JSON. */
  readonly bets: string;
}

/** What one variant has answered within a step, added up by all processes. */
export interface RolloutCountRow {
  readonly rollout: string;
  readonly step: number;
  readonly variant: string;
  readonly n_rows: number;
  readonly n_calls: number;
  readonly n_units: number;
  readonly n_errors: number;
  readonly n_refusals: number;
  readonly n_missing: number;
  readonly n_failed: number;
  readonly n_timed: number;
  readonly n_slow: number;
  readonly n_differing: number;
  readonly n_dropped: number;
  readonly n_stopped: number;
}

/** What truths have said of a rollout so far, added up by all processes. */
export interface RolloutMeasureRow {
  readonly rollout: string;
  readonly turn: number;
  /** The last of `labels`, by its `seq`, that was looked at. */
  readonly mark: number;
  /** JSON. */
  readonly measures: string;
}

/** Predictions of a rollout whose truth has been counted. */
export interface RolloutLabelledRow {
  readonly rollout: string;
  readonly id: string;
}

/** What came of predictions of a rollout by events, under the key that leads to them. */
export interface RolloutOutcomeRow {
  readonly seq: Generated<number>;
  readonly rollout: string;
  readonly metric: string;
  readonly value: string;
  readonly at: string;
  readonly loss: number;
  /** 1 once its prediction was found, and it was added. */
  readonly counted: number;
}
