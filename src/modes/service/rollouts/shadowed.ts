/** The port of the shadow: where calls go that the stable version has answered. */
import type { Answer } from '../../../core/types.ts';
import type { Answered } from '../../../monitor/answered.ts';
import type { Bad } from '../../../serving/rollouts/bad.ts';

/** Rows of a call that the stable version has answered. */
export interface ShadowedCall {
  readonly rows: readonly unknown[];
  readonly answers: readonly Answer[];
  readonly ms: number;
  readonly bad: Bad;
  readonly coerce: boolean;
  /** The call as it was kept; its rows are the first ones of these. */
  readonly answered: Answered;
}

export interface Shadow {
  /** Takes microseconds and never throws. */
  offer(call: ShadowedCall): void;
  /** Drops what waits. */
  close(): void;
}
