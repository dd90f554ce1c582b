/** The port of this folder: the rollouts of a store, which any number of processes follow and move. */
import type { Verdict } from '../../registry/verdict.ts';
import type { Measures } from './measures.ts';
import type { Rollout, RolloutAction, RolloutMove, RolloutPlan, StepCounts, StepFigures } from './rollout.ts';

/** Who does it, why, and on which grounds. */
export interface RolloutSigned {
  readonly who: string;
  readonly why?: string | undefined;
  readonly verdicts?: readonly Verdict[] | undefined;
}

/** What a move leaves behind. */
export interface RolloutChange extends RolloutSigned, Partial<Pick<Rollout, 'status' | 'step' | 'held'>> {
  readonly action: RolloutAction;
}

export interface Rollouts {
  /** @throws MillraceError ROLLOUT_RUNS where the deployment has one at work */
  start(plan: RolloutPlan, signed: RolloutSigned): Promise<Rollout>;
  /** Those that are at work. */
  atWork(): Promise<readonly Rollout[]>;
  /** The last ones first, of one deployment or of all; 100 at most. */
  list(deployment?: string): Promise<readonly Rollout[]>;
  find(id: string): Promise<Rollout | undefined>;
  /**
   * Moves it on from where it was read: once, whoever else does so at the same time, with its row in the history.
   *
   * @returns how it is now; undefined where somebody has moved it since it was read
   */
  move(rollout: Rollout, change: RolloutChange): Promise<Rollout | undefined>;
  /** What was done to it, the oldest first. */
  moves(id: string): Promise<readonly RolloutMove[]>;
  /** Says from which time on a call is slow, unless that is known. */
  setSlow(rollout: Rollout, ms: number): Promise<void>;
  /** Gives the candidate another share of the step at which it was read. */
  setShare(rollout: Rollout, share: number): Promise<void>;
  /** Says why it does not go on, or that nothing keeps it. */
  hold(rollout: Rollout, held: string | undefined): Promise<void>;
  /**
   * Adds to what was counted in a step. `pairs` tells of calls that both had, in their order: 1 where the candidate's alone has failed, -1 where
   * the stable version's has, else 0.
   */
  count(id: string, step: number, counts: StepCounts, pairs?: readonly number[]): Promise<void>;
  /** What was counted, step by step. */
  counts(id: string): Promise<readonly StepFigures[]>;
  /** Adds what labels have told since it was last asked, each prediction once, by the first label of it; all that is known so far. */
  measure(rollout: Rollout): Promise<Measures>;
  /** The same, without a look at what is new. */
  measured(id: string): Promise<Measures>;
}
