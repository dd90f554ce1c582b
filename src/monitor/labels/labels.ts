/** The port of this folder: what came true, told later by whoever knows it, and joined to the predictions that it is about. */
import type { TimeSpan } from '../alerts/finding.ts';

type Values = Readonly<Record<string, unknown>>;

/** Which predictions labels are about, and by what they are found. */
export interface LabelJoin {
  readonly deployment: string;
  /** Fields of the recorded row that name what it is about, such as a ride; none: by the prediction's id. */
  readonly key: readonly string[];
  /** The key stands in the ids of records, as those of batch runs have it. */
  readonly keyInId?: boolean | undefined;
  /** How long labels wait for their predictions, in milliseconds; nobody looks at that unless given. */
  readonly waitMs?: number | undefined;
}

/** Unless a deployment says otherwise, in milliseconds. */
export const LABELS_WAIT_MS = 30 * 86_400_000;

/** One label on its way to its predictions. */
export interface ToldLabel {
  /** The id of the prediction, or the values of its key, joined by commas. */
  readonly key: string;
  /** Fields of the output, as the output has them or as a table does: numbers and booleans may be texts. */
  readonly truth: Values;
}

/** What became of labels. */
export interface LabellingCounts {
  readonly told: number;
  /** Labels whose prediction is there. */
  readonly matched: number;
  /** Those of them that are about several predictions, which all get the label. */
  readonly severally: number;
  /** Labels that no prediction is there for: they wait for it. */
  readonly waiting: number;
  /** Predictions that have got a truth that they did not have. */
  readonly labelled: number;
  /** Predictions that had just this truth already. */
  readonly same: number;
  /** Predictions that it cannot be the truth of: refused rows, and outputs of another type. */
  readonly unfit: number;
  /** Why, of the first one. */
  readonly firstUnfit?: string | undefined;
}

/** What is known of a key of a deployment. */
export interface KeyCoverage {
  /** Recorded predictions that were looked at, and those of them that have the key. */
  readonly predictions: number;
  readonly keyed: number;
}

/** Recorded predictions of a span that have a key, and those of them whose key another one had before, up to seven days ago. */
export interface RepeatedIds {
  /** Fields of the key. */
  readonly of: readonly string[];
  readonly rows: number;
  readonly repeated: number;
}

/** A package, and how many predictions of a span it has answered. */
export interface ServedShare {
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly predictions: number;
}

/** A prediction with its answer, and what was told of it last. */
export interface LabelledAnswer {
  readonly input: Values;
  readonly output: Values;
  readonly truth: Values | undefined;
}

/** @throws MillraceError STORE_FAILED (every method). Any number of processes may tell labels at once. */
export interface Labelling {
  /** Brings the index of a key up to date, and gives labels that wait to predictions that have come. */
  match(join: LabelJoin, now: Date): Promise<LabellingCounts & KeyCoverage>;
  /**
   * Takes labels down: all of these or none. What is told again changes nothing; another truth is added, and counts from then
   * on. `match` comes first, once.
   *
   * @param dryRun only counts
   */
  tell(join: LabelJoin, labels: readonly ToldLabel[], now: Date, dryRun?: boolean): Promise<LabellingCounts>;
  /** The keys of a deployment that labels were told by. */
  joins(deployment: string): Promise<readonly LabelJoin[]>;
  /** Exact, of at most the first 200,000 records of the span; `match` comes first. */
  repeats(join: LabelJoin, span: TimeSpan): Promise<RepeatedIds>;
  /** Who has answered in a span, by the time of predictions; the one with the most answers first. */
  served(deployment: string, span: TimeSpan): Promise<readonly ServedShare[]>;
  /**
   * The answers of one package in a span, in pages.
   *
   * @param of with the labels that were told by `toldBy`; all of them unless given
   */
  answers(
    of: TimeSpan & { readonly deployment: string; readonly digest: string; readonly toldBy?: Date | undefined },
  ): AsyncIterable<readonly LabelledAnswer[]>;
  /** When the oldest recorded prediction was made; undefined where there is none. */
  oldest(deployment: string): Promise<Date | undefined>;
  /** When predictions were made that labels after `mark` are about, each once a window of so many milliseconds. */
  touched(deployment: string, mark: number, windowMs: number): Promise<TouchedWindows>;
  /** In which hours predictions were made, and their labels told: each pair of hours once, in no order. */
  labelledHours(deployment: string): Promise<readonly LabelledHour[]>;
}

/** When hours began; milliseconds since the epoch. */
export interface LabelledHour {
  readonly predicted: number;
  readonly told: number;
}

/** Windows that have got labels. */
export interface TouchedWindows {
  /** When they begin; milliseconds since the epoch. */
  readonly windows: readonly number[];
  /** Of the last label that was looked at. */
  readonly mark: number;
}

export const NO_LABELS: LabellingCounts = Object.freeze({
  told: 0,
  matched: 0,
  severally: 0,
  waiting: 0,
  labelled: 0,
  same: 0,
  unfit: 0,
});

export const addCounts = (a: LabellingCounts, b: LabellingCounts): LabellingCounts => ({
  told: a.told + b.told,
  matched: a.matched + b.matched,
  severally: a.severally + b.severally,
  waiting: a.waiting + b.waiting,
  labelled: a.labelled + b.labelled,
  same: a.same + b.same,
  unfit: a.unfit + b.unfit,
  ...((a.firstUnfit ?? b.firstUnfit) !== undefined && { firstUnfit: a.firstUnfit ?? b.firstUnfit }),
});
