/** How watched deployments stand, and the port by which people and programs ask. */

import type { Problem } from '../../core/errors.ts';
import type { Alert } from '../alerts/alert.ts';
import type { LeftMessage } from '../alerts/alerts.ts';
import type { JudgedWindow } from '../alerts/finding.ts';
import type { ObjectiveJudgement } from '../slo/burn-rates.ts';
import type { Accepted } from './accepted.ts';
import type { FieldDistribution } from './distribution.ts';
import type { KeptPerformance } from './performance.ts';
import type { WatchRehearsal } from './rehearse.ts';
import type { SeenWindow, WatchOptions } from './watch.ts';

/** A window as it was judged, with what was seen in it. */
export interface WatchedJudgement extends JudgedWindow {
  readonly seen: SeenWindow;
}

/** How a deployment stands. */
export interface WatchedDeployment {
  readonly deployment: string;
  /** Undefined before a window of it was judged. */
  readonly last: WatchedJudgement | undefined;
  /** Alerts that fire, the latest first. */
  readonly firing: readonly Alert[];
  /** When an alert last began, whether it fires still or not: ISO 8601, UTC; undefined where none ever did. */
  readonly lastAlarmAt: string | undefined;
  /** How right it was in the last window that has labels, else in the last one that is recorded. */
  readonly performance?: KeptPerformance | undefined;
  /** How fast the budget of each of its objectives goes, as last seen; none where it promises nothing. */
  readonly slo: readonly ObjectiveJudgement[];
}

/** What was to be done of itself when alerts fired, and what came of it. */
export interface ShownReaction extends Pick<LeftMessage, 'arrivedAt' | 'outcome' | 'problem' | 'tries'> {
  /** `rollback of production` */
  readonly what: string;
  readonly id: string;
  /** When it was due: ISO 8601, UTC. */
  readonly at: string;
  /** The alerts that it is about. */
  readonly alerts: readonly string[];
}

export interface ShownDeployment extends WatchedDeployment {
  /** Windows that were judged, the first one first. */
  readonly windows: readonly WatchedJudgement[];
  /** How right it was, window by window, as far as predictions are recorded; the first one first. */
  readonly performances: readonly KeptPerformance[];
  /** Alerts that fired or fire, the latest first. */
  readonly alerts: readonly Alert[];
  readonly accepted: readonly Accepted[];
  /** The latest first. */
  readonly reactions: readonly ShownReaction[];
}

export interface MonitorCheck {
  readonly judged: readonly JudgedWindow[];
  /** Messages that arrived, and that did not. */
  readonly arrived: number;
  readonly missed: readonly { readonly channel: string; readonly problem: Problem }[];
}

/** Who says it, and why. */
export interface SaidBy {
  readonly by: string;
  readonly why?: string | undefined;
}

/** Settings that a rule is tried with. */
export type OtherRule = Partial<Pick<WatchOptions, 'compareWith' | 'falseAlarmsAYear' | 'leastEffect'>>;

/** What is asked of how deployments stand. */
export interface Standing {
  /** The deployments that are watched. */
  readonly names: readonly string[];
  list(): Promise<readonly WatchedDeployment[]>;
  /** @throws BAD_PROJECT for a deployment that is not watched */
  show(deployment: string, since: Date): Promise<ShownDeployment>;
  /** How fields were distributed in a window, beside what it is compared with; none where the package has no reference, or is gone. */
  distributions(judged: WatchedJudgement): Promise<readonly FieldDistribution[]>;
  /**
   * What the rule would have raised since then, with settings as they are or with others. @throws BAD_PROJECT for a deployment
   * that is not watched
   */
  rehearse(deployment: string, since: Date, other?: OtherRule): Promise<WatchRehearsal>;
  /** @throws NOT_FOUND when no alert of this id or fingerprint fires */
  acknowledge(id: string, said: SaidBy): Promise<Alert>;
  /**
   * Makes the last windows of a deployment the new normal, until another package answers.
   *
   * @param windows how many of the last ones
   * @throws NOT_FOUND when they have too few rows; BAD_PROJECT for a deployment that is not watched
   */
  accept(deployment: string, windows: number, said: Required<SaidBy>): Promise<Accepted>;
}
