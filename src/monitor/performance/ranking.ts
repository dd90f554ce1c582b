/** How well scores put what came true above what did not. */
import type { ScoreTally } from './scores.ts';

/**
 * The area under the ROC curve: the chance that a row that came true has the higher score than one that did not, ties counting half
 * (J. A. Hanley & B. J. McNeil, 1982). NaN where all rows are alike.
 */
export const aucOf = ({ positives, negatives }: Pick<ScoreTally, 'positives' | 'negatives'>): number => {
  let [below, above, pairs] = [0, 0, 0];
  for (let at = 0; at < positives.length; at++) {
    pairs += positives[at] * (below + negatives[at] / 2);
    below += negatives[at];
    above += positives[at];
  }
  return below === 0 || above === 0 ? Number.NaN : pairs / (below * above);
};

/** The mean over classes, each against the rest; those that never or always came true are left out. */
export const oneVsRestAuc = (classes: readonly ScoreTally[]): number => {
  const areas = classes.map(aucOf).filter((area) => !Number.isNaN(area));
  return areas.length === 0 ? Number.NaN : areas.reduce((sum, area) => sum + area, 0) / areas.length;
};

export interface RocPoint {
  /** Share of what did not come true that is called true from this score on. */
  readonly falseAlarms: number;
  /** Share of what came true. */
  readonly found: number;
  readonly score: number;
}

/** The curve from the highest score down, at most `points` of it, ends included. */
export const rocOf = ({ values, positives, negatives }: ScoreTally, points = 200): readonly RocPoint[] => {
  const sum = (counts: Float64Array): number => counts.reduce((total, count) => total + count, 0);
  const [all, none] = [sum(positives), sum(negatives)];
  if (all === 0 || none === 0) return [];
  const step = Math.max(1, Math.ceil(values.length / (points - 1)));
  const curve: RocPoint[] = [{ falseAlarms: 0, found: 0, score: Number.POSITIVE_INFINITY }];
  let [found, alarms] = [0, 0];
  for (let at = values.length - 1, seen = 1; at >= 0; at--, seen++) {
    found += positives[at];
    alarms += negatives[at];
    if (at === 0 || seen % step === 0)
      curve.push({ falseAlarms: alarms / none, found: found / all, score: values[at] });
  }
  return curve;
};
