/** What a package knows of its answers where what came true is known too: how far off they are, and whether scores can be believed. */

/** Of a probability: rows by fiftieth from 0 to 1, as profiles count scores, and those of them that came true. */
export interface CalibrationMap {
  /** What it is the probability of. */
  readonly label: string;
  readonly counts: readonly number[];
  readonly positives: readonly number[];
}

/** Of one output, over the rows of the reference whose truth is known. */
export interface OutputTruth {
  /** The column of the reference. */
  readonly column: string;
  readonly rows: number;
  /** As `millrace evaluate` calls them: mae, rmse and bias of a number, accuracy of a label, log_loss and brier of a probability. */
  readonly figures: Readonly<Record<string, number>>;
  readonly calibration?: CalibrationMap | undefined;
}
