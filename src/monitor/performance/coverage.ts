/** When the labels of a window are there: those that come early are no fair sample of all. */

/** A window needs so much of the share of predictions that usually have a label in the end. */
const ENOUGH = 0.8;

/** A window whose labels come, or have come. */
export interface LabelledWindow {
  /** The share of predictions that have a label. */
  readonly coverage: number;
  /** When labels of it last came; milliseconds since the epoch. */
  readonly labelledAt: number;
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
};

/** The share that suffices: a window is settled once no labels of it have come for as long as it is. Undefined where none is. */
export const enoughCoverage = (
  windows: readonly LabelledWindow[],
  { now, windowMs }: { readonly now: number; readonly windowMs: number },
): number | undefined => {
  const settled = windows.filter(({ coverage, labelledAt }) => coverage > 0 && now - labelledAt >= windowMs);
  return settled.length === 0 ? undefined : ENOUGH * median(settled.map(({ coverage }) => coverage));
};
