import type { Rollout } from './rollout.ts';
import type { Rollouts } from './rollouts.ts';

/** What a process does with rollouts beside following them. */
export interface RolloutActs {
  readonly rollouts: Rollouts;
  /** Moves one on by what was counted; undefined where nothing is to be done, or another process has. */
  step(rollout: Rollout): Promise<Rollout | undefined>;
  /** Takes one back, as the candidate cannot answer here; undefined where it is over already. */
  refuse(rollout: Rollout, error: unknown): Promise<Rollout | undefined>;
}
