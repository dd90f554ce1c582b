/** The one thing that is chosen: how many false alarms a year one will bear. */

export interface Budget {
  /** The chance of a false alarm in one window. */
  readonly alpha: number;
  /** What is worth an alarm: Cohen's w, about a shift of so many standard deviations. 0.1 unless given. */
  readonly leastEffect?: number | undefined;
  /** What is worth an alarm of shares, such as that of what is missing. 0.01 unless given. */
  readonly leastShare?: number | undefined;
  /** With fewer rows nothing is said. 200 unless given. */
  readonly leastRows?: number | undefined;
  /** Also asks whether the effect is surely above the least, where others ask whether there is any. */
  readonly isStrict?: boolean | undefined;
}

export const FALSE_ALARMS_A_YEAR = 1;
export const LEAST_EFFECT = 0.1;
export const LEAST_SHARE = 0.01;
export const LEAST_ROWS = 200;
/** However few windows a year has. */
const MOST_ALPHA = 0.1;

const YEAR_MS = 365.25 * 24 * 3_600_000;

/** For windows of that length; expected false alarms add up to the budget whatever the windows have to do with each other. */
export const budgetOf = (windowMs: number, falseAlarmsAYear = FALSE_ALARMS_A_YEAR): Budget => ({
  alpha: Math.min(MOST_ALPHA, (falseAlarmsAYear * windowMs) / YEAR_MS),
});
