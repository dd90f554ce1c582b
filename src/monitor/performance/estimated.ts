/**
 * How right predictions may have been whose truth nobody has told yet: confidence-based performance estimation, as NannyML has it.
 * A calibrated score is the share of such rows that come true; sums of them stand in for what would be counted. It holds as long as
 * what scores mean has not changed: a relation that has turned is not seen.
 */
import { isotonic } from './isotonic.ts';
import { aucOf } from './ranking.ts';

/** Rows of one score. */
export interface EstimatedPlace {
  readonly rows: number;
  /** The share of them that is expected to come true. */
  readonly chance: number;
  /** The share of them that was predicted to come true. */
  readonly predicted: number;
}

export interface ExpectedCounts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
}

export interface EstimatedFigure {
  readonly name: string;
  readonly label: string;
  readonly better: 'higher';
  readonly value: number;
}

/** What the figures rest on, for people. */
export const ESTIMATE_ASSUMES = 'no labels: it is assumed that scores still mean what they meant in the training data';

export const expectedCounts = (places: readonly EstimatedPlace[]): ExpectedCounts => {
  let [truePositives, falsePositives, falseNegatives, trueNegatives] = [0, 0, 0, 0];
  for (const { rows, chance, predicted } of places) {
    truePositives += rows * predicted * chance;
    falsePositives += rows * predicted * (1 - chance);
    falseNegatives += rows * (1 - predicted) * chance;
    trueNegatives += rows * (1 - predicted) * (1 - chance);
  }
  return { truePositives, falsePositives, falseNegatives, trueNegatives };
};

const ratio = (part: number, whole: number): number => (whole === 0 ? Number.NaN : part / whole);

/** Precision at each score, by how much more is found there (scikit-learn's average precision). */
const averagePrecision = (places: readonly EstimatedPlace[]): number => {
  const all = places.reduce((sum, { rows, chance }) => sum + rows * chance, 0);
  let [found, taken, area] = [0, 0, 0];
  for (const { rows, chance } of places.toReversed()) {
    found += rows * chance;
    taken += rows;
    if (rows > 0) area += ((rows * chance) / all) * (found / taken);
  }
  return area;
};

const figure = (name: string, label: string, value: number): EstimatedFigure => ({
  name,
  label,
  better: 'higher',
  value,
});

/** @param places by rising score, each score once */
export const estimatedFigures = (places: readonly EstimatedPlace[]): readonly EstimatedFigure[] => {
  const { truePositives, falsePositives, falseNegatives, trueNegatives } = expectedCounts(places);
  const rows = truePositives + falsePositives + falseNegatives + trueNegatives;
  const positives = Float64Array.from(places, ({ rows: n, chance }) => n * chance);
  const negatives = Float64Array.from(places, ({ rows: n, chance }) => n * (1 - chance));
  return [
    figure('accuracy', 'accuracy', ratio(truePositives + trueNegatives, rows)),
    figure('precision', 'precision', ratio(truePositives, truePositives + falsePositives)),
    figure('recall', 'recall', ratio(truePositives, truePositives + falseNegatives)),
    figure('specificity', 'specificity', ratio(trueNegatives, trueNegatives + falsePositives)),
    figure('f1', 'F1', ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives)),
    figure('auc', 'AUC', aucOf({ positives, negatives })),
    figure('average_precision', 'average precision', averagePrecision(places)),
  ];
};

/** Scores by equal bins from 0 to 1, and what is known of them. */
export interface BinnedScores {
  readonly counts: readonly number[];
  /** Of the training data: rows a bin, and those of them that came true. */
  readonly calibration: { readonly counts: readonly number[]; readonly positives: readonly number[] };
  /** How many rows were predicted to come true: those of the highest scores. By half as the limit unless given. */
  readonly predicted?: number | undefined;
}

const HALF = 0.5;

/** Places of bins, each with the chance of its middle. Undefined where nothing is known, or nothing was counted. */
export const binnedPlaces = ({
  counts,
  calibration,
  predicted,
}: BinnedScores): readonly EstimatedPlace[] | undefined => {
  const bins = counts.length;
  const middle = (bin: number): number => (bin + HALF) / bins;
  const points = calibration.counts.map((weight, bin) => ({
    x: middle(bin),
    y: weight === 0 ? 0 : calibration.positives[bin] / weight,
    weight,
  }));
  const chanceOf = isotonic(points);
  const rows = counts.reduce((sum, count) => sum + count, 0);
  if (chanceOf === undefined || rows === 0 || calibration.counts.length !== bins) return undefined;
  const places: EstimatedPlace[] = [];
  let left = predicted ?? Number.NaN;
  for (let bin = bins - 1; bin >= 0; bin--) {
    const here = counts[bin];
    if (here === 0) continue;
    const taken = Number.isNaN(left) ? (middle(bin) > HALF ? here : 0) : Math.min(here, Math.max(0, left));
    left -= taken;
    places.unshift({ rows: here, chance: chanceOf(middle(bin)), predicted: taken / here });
  }
  return places;
};
