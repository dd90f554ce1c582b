/** The port of this folder: alerts, and what is still to be told of them. Any number of processes share one. */
import type { Problem } from '../../core/errors.ts';
import type { Acknowledgement, Alert, AlertMessage, ToldAlert } from './alert.ts';
import type { JudgedWindow } from './finding.ts';

/** A message that waits for its channel. */
export interface WaitingMessage {
  readonly channel: string;
  readonly message: AlertMessage;
  /** Tries that have failed. */
  readonly tries: number;
}

/** What came of a reaction. */
export interface ReactionOutcome {
  /** It was carried out; there was a reason not to, such as that nothing is left to do; or it could not be. */
  readonly is: 'done' | 'refused' | 'failed';
  /** For a person: `ride-duration@production is back at 1.0.0`. */
  readonly sentence: string;
  /** The end of what a command said. */
  readonly output?: string | undefined;
}

/** A message, and what became of it. */
export interface LeftMessage extends WaitingMessage {
  readonly arrivedAt: string | undefined;
  readonly outcome: ReactionOutcome | undefined;
  readonly problem: Problem | undefined;
}

/** A message that will not be tried again. */
export interface DeadMessage extends WaitingMessage {
  readonly problem: Problem;
}

/** How far a deployment is judged. */
export interface Watch {
  /** The end of the last window: ISO 8601, UTC. */
  readonly judgedUntil: string;
  readonly memory: string | undefined;
}

export interface AlertQuery {
  readonly deployment?: string | undefined;
  /** Resolved ones too. */
  readonly all?: boolean | undefined;
  /** The latest of them; 100 unless given. */
  readonly most?: number | undefined;
}

/** Who hears of an alert. */
export interface Hearers {
  /** The channels that shall hear of it. */
  readonly channelsOf: (alert: ToldAlert) => readonly string[];
  /** For how long a channel that was left a message is left no other, in milliseconds; 0 unless given. */
  readonly restMsOf?: ((channel: string) => number) | undefined;
}

export interface Alerts {
  /**
   * Takes down what was found in a window, changes the alerts, and leaves messages for the channels: all of it or nothing, and
   * once for a window, whoever else judges it at the same time: windows are judged one after the other.
   *
   * @returns what is told; undefined when this window, or one after it, was judged before
   * @throws MillraceError STORE_FAILED
   */
  step(judged: JudgedWindow, hearers: Hearers, now: Date): Promise<readonly ToldAlert[] | undefined>;
  /**
   * The same of how right predictions were: windows are judged when their labels are there, in whichever order, each once. What was
   * seen is kept beside the window's performance.
   */
  stepPerformance: Alerts['step'];
  /** The last ones first. @throws MillraceError STORE_FAILED */
  list(query?: AlertQuery): Promise<readonly Alert[]>;
  /** How far a deployment is judged; undefined when no window of it was. */
  watch(deployment: string): Promise<Watch | undefined>;
  /** Windows that were judged, from the first that ended after `since`. */
  judged(deployment: string, since: Date): Promise<readonly JudgedWindow[]>;
  /** @throws MillraceError NOT_FOUND when no alert of this id, or fingerprint, fires. */
  acknowledge(id: string, acknowledgement: Acknowledgement): Promise<Alert>;
  /** Takes messages that are due, which others leave alone for a minute. The oldest come first. */
  take(channels: readonly string[], most: number, now: Date): Promise<readonly WaitingMessage[]>;
  /** Keeps a message that was taken from others for another minute. */
  hold(id: string, channel: string, now: Date): Promise<void>;
  /** A message that was taken has arrived; of a reaction, with what came of it. */
  arrived(id: string, channel: string, now: Date, outcome?: ReactionOutcome): Promise<void>;
  /** A message that was taken has not arrived; without `again` it never will. */
  missed(id: string, channel: string, problem: Problem, again: Date | undefined): Promise<void>;
  /** Messages that were left for these channels, the last first. */
  left(channels: readonly string[], most: number): Promise<readonly LeftMessage[]>;
  /** Messages that were given up, the last first. */
  dead(most: number): Promise<readonly DeadMessage[]>;
}
