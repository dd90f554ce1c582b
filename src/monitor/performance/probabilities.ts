/** Probabilities of labels: how much was staked on what came true. */
import type { Metric } from './metric.ts';
import { meanInterval, mergeMoments, startMoments, type WeightedMoments } from './moments.ts';

export interface ProbabilityTally {
  readonly logLoss: WeightedMoments;
  readonly brier: WeightedMoments;
}

/** The distance of 1 from the next double: no probability is told as surer, so that one miss is not infinitely bad. */
const SUREST = Number.EPSILON;

/** −ln of what was said of the label that came true (I. J. Good, 1952). */
export const logLossOf = (probability: number): number =>
  -Math.log(Math.min(1 - SUREST, Math.max(SUREST, probability)));

/**
 * The squared distance from what came true (G. W. Brier, 1950): of the positive label where there are two, summed over all where there
 * are more.
 */
export const brierOf = (probabilities: ArrayLike<number>, truth: number): number => {
  if (probabilities.length === 2) return (probabilities[truth] - 1) ** 2;
  let sum = 0;
  for (let label = 0; label < probabilities.length; label++)
    sum += (probabilities[label] - (label === truth ? 1 : 0)) ** 2;
  return sum;
};

export const startProbabilities = () => {
  const [logLoss, brier] = [startMoments(), startMoments()];
  return {
    /** One probability a label, and the place of the one that came true. */
    add(probabilities: ArrayLike<number>, truth: number, weight?: number): void {
      logLoss.add(logLossOf(probabilities[truth]), weight);
      brier.add(brierOf(probabilities, truth), weight);
    },
    tally: (): ProbabilityTally => ({ logLoss: logLoss.moments(), brier: brier.moments() }),
  };
};

export const mergeProbabilities = (a: ProbabilityTally, b: ProbabilityTally): ProbabilityTally => ({
  logLoss: mergeMoments(a.logLoss, b.logLoss),
  brier: mergeMoments(a.brier, b.brier),
});

export const probabilityMetrics: readonly Metric<ProbabilityTally>[] = [
  {
    name: 'log_loss',
    label: 'log loss',
    better: 'lower',
    of: ({ logLoss }) => logLoss.mean,
    interval: ({ logLoss }) => meanInterval(logLoss),
  },
  {
    name: 'brier',
    label: 'Brier score',
    better: 'lower',
    of: ({ brier }) => brier.mean,
    interval: ({ brier }) => meanInterval(brier),
  },
];
