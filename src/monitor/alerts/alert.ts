/** An alert: one problem for as long as it lasts, however many windows it is seen in. */
import type { Finding, TimeSpan } from './finding.ts';

export interface Alert extends Finding {
  readonly id: string;
  readonly fingerprint: string;
  readonly deployment: string;
  readonly model: string;
  readonly version: string;
  readonly status: 'firing' | 'resolved';
  /** The window in which it was last seen. */
  readonly window: TimeSpan;
  /** When the first window began that had it; alerts of before do not say. */
  readonly since?: string | undefined;
  /** ISO 8601, UTC; so are the times below. */
  readonly started_at: string;
  /** When channels were last told of it. */
  readonly told_at: string;
  readonly resolved_at?: string | undefined;
  /** Windows in a row that were judged since and did not have it. */
  readonly quiet: number;
  readonly acknowledged?: Acknowledgement | undefined;
}

/** Somebody knows of it: it is not repeated until it is resolved. */
export interface Acknowledgement {
  readonly by: string;
  readonly at: string;
  readonly why?: string | undefined;
}

/** Why channels are told of an alert. */
export type Telling = 'fired' | 'repeated' | 'resolved';

/** One alert in a message. */
export interface ToldAlert extends Alert {
  readonly telling: Telling;
}

/** What a channel is sent: all that is new of a deployment after one window. */
export interface AlertMessage {
  /** The same in every try: 1 to 128 letters, digits, `-` and `_`. */
  readonly id: string;
  readonly deployment: string;
  readonly at: string;
  readonly alerts: readonly ToldAlert[];
}
