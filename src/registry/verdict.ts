/** What a gate, or a comparison of two versions, says of a version, with all that it rests on. Kept for ever. */

/** Of a gate. What could not be found out for want of data is not passed. */
export type GateOutcome = 'pass' | 'fail' | 'not enough data';

/**
 * Of a comparison: `better` is not worse by more than what is tolerated, with the certainty that was asked for. What is
 * neither sure to be that nor sure to be worse is not enough data yet.
 */
export type ComparisonOutcome = 'better' | 'worse' | 'not enough data';

/** Plain JSON. */
export type VerdictNumber = number | string | boolean | null | readonly VerdictNumber[] | VerdictNumbers;

export interface VerdictNumbers {
  readonly [name: string]: VerdictNumber;
}

interface Said {
  /** Which gate was asked, such as `latency`; of a comparison, the metric that was compared, such as `errors`. */
  readonly about: string;
  /** For people: what was found, in one sentence with its numbers. */
  readonly sentence: string;
  /** What it rests on, in the units that their names tell. */
  readonly numbers: VerdictNumbers;
  /** When it was said: ISO 8601, UTC. */
  readonly at: string;
}

export interface GateVerdict extends Said {
  readonly asked: 'gate';
  readonly outcome: GateOutcome;
}

export interface ComparisonVerdict extends Said {
  readonly asked: 'comparison';
  readonly outcome: ComparisonOutcome;
}

export type Verdict = GateVerdict | ComparisonVerdict;
