/** What a watch sees of a deployment in one window of time, and what becomes of it. */
import { createHash } from 'node:crypto';

/** What a finding is about. */
export const concerns = ['predictions', 'drift', 'performance', 'quality', 'slo', 'freshness', 'rollout'] as const;
export type Concern = (typeof concerns)[number];

/** How bad it is, in the words of PagerDuty's events, the mildest first. */
export const severities = ['info', 'warning', 'error', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** A span of time; both ends as ISO 8601, UTC, the second one excluded. */
export interface TimeSpan {
  readonly from: string;
  readonly to: string;
}

/** Something that is not as it should be. */
export interface Finding {
  readonly concern: Concern;
  /** The field that it is about, where it is about one. */
  readonly field?: string | undefined;
  /** Which of several things of its concern it is about, where there are several: `volume`, `p99`. */
  readonly what?: string | undefined;
  readonly severity: Severity;
  /** For a person: `distance is 0.3 sd higher than in training`. */
  readonly sentence: string;
  /** What it rests on: p, effect, rates, objectives. */
  readonly numbers: Readonly<Record<string, number>>;
}

/** All that a watch found when it judged a deployment over a window. */
export interface JudgedWindow {
  readonly deployment: string;
  readonly model: string;
  /** The version that answered last. */
  readonly version: string;
  readonly window: TimeSpan;
  /** Of windows that are judged beside those of time, each in an order of its own: by what they are known. */
  readonly series?: string | undefined;
  /** What there was enough to judge of: a concern that is not among them says nothing, neither good nor bad. */
  readonly concerns: readonly Concern[];
  readonly findings: readonly Finding[];
  /** What was seen besides, for those who look later; anything that JSON can say. */
  readonly seen?: unknown;
  /** What the next window is judged with, besides its rows: sums that grow from window to window. */
  readonly memory?: string | undefined;
}

const FINGERPRINT_DIGITS = 16;

/** The same for as long as a problem lasts, and in each process: 16 hexadecimal digits. */
export const fingerprintOf = (
  deployment: string,
  { concern, field = '', what }: Pick<Finding, 'concern' | 'field' | 'what'>,
): string =>
  createHash('sha256')
    .update(JSON.stringify([deployment, concern, field, ...(what === undefined ? [] : [what])]))
    .digest('hex')
    .slice(0, FINGERPRINT_DIGITS);
