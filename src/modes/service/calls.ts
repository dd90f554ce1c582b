/** Calls of the dataplane, as every transport makes them, and what rows come to. */
import type { Pass } from '../../access/pass.ts';
import type { Answer } from '../../core/types.ts';
import type { JsonCall } from '../../monitor/answered.ts';
import type { UnitHeaders } from '../../serving/rollouts/unit.ts';
import type { Caller } from './job.ts';
import type { Card } from './model.ts';
import type { Routed } from './rollouts/routing.ts';
import type { RequestSpan } from './traces.ts';
import type { UnreadRows } from './unread.ts';

/** What a transport knows of a call beside its content. */
export interface Call {
  /** From `newId`; row 3 of many is `<id>.3`. */
  readonly id: string;
  /** About how much memory the request takes. */
  readonly bytes: number;
  /** On the clock of `performance.now()`; the service's own unless given. */
  readonly deadline?: number | undefined;
  readonly caller?: Caller | undefined;
  /** Of a request that is traced. */
  readonly span?: RequestSpan | undefined;
  /** What says whose request it is, where a rollout goes by that. */
  readonly headers?: UnitHeaders | undefined;
  /** Who asks; undefined where everybody may. */
  readonly pass?: Pass | undefined;
}

/** What a transport knows of rows. */
export interface RowCall extends Call {
  /** Numbers, booleans and dates may be written as texts. */
  readonly coerce?: boolean | undefined;
  /** Where the caller speaks JSON. */
  readonly json?: JsonCall | undefined;
  /** Of a caller who numbers its rows. */
  readonly unread?: UnreadRows | undefined;
  /** The caller answers all rows or none: one that is refused refuses the call. */
  readonly whole?: boolean | undefined;
}

/** What rows were answered with. */
export interface Predicted {
  /** One a row of the caller, those that could not be read among them. */
  readonly answers: readonly Answer[];
  /** The output of each row as JSON, where it has been written: exact to the last bit. */
  readonly texts?: readonly string[] | undefined;
  /** Milliseconds from the decoded request to its answers. */
  readonly ms: number;
  /** Who answered which row, while there is a rollout. */
  readonly routed?: Routed<Card> | undefined;
}
