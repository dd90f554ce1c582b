/** The tables by which labels find the predictions that they are of. */
import type { Generated } from 'kysely';

/** A key by which labels find the predictions of a deployment; one without fields is the prediction's id. */
export interface LabelKeyRow {
  readonly id: Generated<number>;
  readonly deployment: string;
  /** JSON: a list of names. */
  readonly fields: string;
  /** 1 when the key stands in the ids of records. */
  readonly in_id: number;
  /** The last of `recorded`, by its `seq`, whose key is in `keyed_predictions`. */
  readonly indexed_to: number;
  /** Taken by whoever joins labels: writing this row puts them in one line. */
  readonly turn: number;
  /** Predictions that were looked at, and those that have the key. */
  readonly predictions: number;
  readonly keyed: number;
}

/** Where a key leads. */
export interface KeyedPredictionRow {
  readonly label_key: number;
  readonly value: string;
  /** Of the prediction. */
  readonly id: string;
}

/** A label as it was told, for predictions that may still come: by a key all of them, by an id those that found none. */
export interface ToldLabelRow {
  readonly seq: Generated<number>;
  readonly label_key: number;
  readonly value: string;
  readonly at: string;
  /** JSON. */
  readonly truth: string;
}

/** How far a scheduled query of labels has read. */
export interface LabelFeedRow {
  readonly deployment: string;
  /** What changed before is there; null before the first time. */
  readonly read_to: string | null;
  /** Others leave it alone until then. */
  readonly taken_until: string;
  /** When it was last read, and what went wrong then, as JSON. */
  readonly at: string | null;
  readonly problem: string | null;
}
