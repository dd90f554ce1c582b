/** Tables of what was said of versions. Rows never change and never go. */
import type { Generated } from 'kysely';

/** What a gate, or a comparison of two versions, has said. */
export interface VerdictRow {
  readonly id: Generated<number>;
  /** The model, and the version that it is about. */
  readonly name: string;
  readonly version: string;
  /** The version that it was held against; null where there was none. */
  readonly against: string | null;
  /** The row of `history` that rests on it; null where none does. */
  readonly move: number | null;
  /** Of what was compared: the id that all verdicts of one comparison have. */
  readonly comparison: string | null;
  readonly asked: 'gate' | 'comparison';
  readonly about: string;
  readonly outcome: string;
  readonly sentence: string;
  /** JSON. */
  readonly numbers: string;
  readonly at: string;
}

/** Somebody is for letting a version into an environment. */
export interface ApprovalRow {
  readonly id: Generated<number>;
  readonly name: string;
  readonly version: string;
  readonly environment: string;
  readonly who: string;
  readonly why: string | null;
  readonly at: string;
}
