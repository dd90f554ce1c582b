/** Rows of a batch that are still to be answered; those with a problem leave it. */
import type { Batch } from './columns.ts';
import type { Problem } from './errors.ts';

export interface Remaining {
  batch: Batch;
  /** Where the rows of the batch stood at first; undefined while all are there. */
  places: Int32Array | undefined;
  /** Of those that left, by their first place. */
  readonly problems: Map<number, Problem>;
}

const compose = (outer: Int32Array | undefined, inner: Int32Array | undefined): Int32Array | undefined =>
  outer === undefined ? inner : inner === undefined ? outer : inner.map((place) => outer[place]);

/** Drops refused rows, and remembers their problems. */
export const settle = (rows: Remaining): void => {
  const { batch, places, problems } = rows;
  if (batch.problems.size === 0) return;
  for (const [row, problem] of batch.problems) problems.set(places === undefined ? row : places[row], problem);
  const compacted = batch.compact();
  rows.places = compose(places, compacted.places);
  rows.batch = compacted.batch;
};
