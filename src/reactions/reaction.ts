/** The port of this folder: what is done of itself when an alert fires. */
import type { AlertMessage, ToldAlert } from '../monitor/alerts/alert.ts';
import type { ReactionOutcome } from '../monitor/alerts/alerts.ts';

/** What a reaction does. */
export interface ReactionWork {
  /** For people: `rollback of production`, without anything secret. */
  readonly what: string;
  /**
   * Does it, once or more often: whoever is told knows a message by its `id`, which stays.
   *
   * @param tries how many tries have failed before
   * @throws what may pass, so that it is tried again; the signal's reason
   */
  act(message: AlertMessage, tries: number, signal: AbortSignal): Promise<ReactionOutcome>;
}

export interface AlertReaction extends ReactionWork {
  /** What it goes by in the store: `react:<deployment>:<its place>:<what it does>`. */
  readonly channel: string;
  readonly deployment: string;
  /** After it was due, how long it is left alone, in milliseconds. */
  readonly restMs: number;
  /** Whether it is for this alert. An alert that lasts, or is over, is told to channels alone. */
  isDue(alert: ToldAlert): boolean;
}

/** The worst alert of a message, the first of those that are. */
export const worstOf = ({ alerts }: AlertMessage): ToldAlert => {
  const severities = ['info', 'warning', 'error', 'critical'];
  return alerts.reduce((worst, one) =>
    severities.indexOf(one.severity) > severities.indexOf(worst.severity) ? one : worst,
  );
};
