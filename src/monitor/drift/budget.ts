/** The one thing that is chosen: how many false alarms a year one will bear of a deployment, whatever they are about. */

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

/**
 * What may raise a false alarm, each with its part of the one budget. They add up to 1, so that all of them together keep to it, whatever
 * they have to do with each other (C. E. Bonferroni, 1936). What a deployment has none of, such as labels, leaves its part unspent.
 * Promises (`slo`) have none: that one is broken is seen, and not inferred.
 */
export const BUDGET_PARTS = {
  /** Fields of a window, predictions and inputs alike. */
  drift: 0.35,
  /** Of all windows of a package. */
  'slow drift': 0.1,
  /** Refused rows, how many rows come, delays and ids that come twice: a quarter each. */
  quality: 0.2,
  /** Rows that do not come: half for windows, half for looks between them. */
  freshness: 0.15,
  /** Labels. */
  performance: 0.2,
} as const;
export type BudgetPart = keyof typeof BUDGET_PARTS;

/** Of which each quarter of `quality`, and each half of `freshness`, is kept to by itself. */
export const QUALITY_TESTS = 4;
export const FRESHNESS_TESTS = 2;

export const YEAR_MS = 365.25 * 24 * 3_600_000;

/** The chance of a false alarm that a part may have in a window of that length: over a year they add up to its part of the budget. */
export const alphaOf = (part: BudgetPart, windowMs: number, falseAlarmsAYear = FALSE_ALARMS_A_YEAR): number =>
  BUDGET_PARTS[part] * Math.min(MOST_ALPHA, (falseAlarmsAYear * windowMs) / YEAR_MS);

/** Of drift in windows of that length; expected false alarms add up whatever the windows have to do with each other. */
export const budgetOf = (windowMs: number, falseAlarmsAYear = FALSE_ALARMS_A_YEAR): Budget => ({
  alpha: alphaOf('drift', windowMs, falseAlarmsAYear),
});

/**
 * The chance that slow drift is ever seen falsely, of the n-th package (or normal) that is compared within a year, from 1: n of them
 * have 1/2 + 1/6 + … + 1/(n(n+1)) < 1 of the part.
 */
export const slowAlphaOf = (start: number, falseAlarmsAYear = FALSE_ALARMS_A_YEAR): number =>
  (BUDGET_PARTS['slow drift'] * Math.min(1, falseAlarmsAYear)) / (start * (start + 1));
