/**
 * Whether predictions have become worse: what they lose on average beside what they used to lose, and the chance of seeing so much
 * more where nothing has changed. Of numbers that is the distance from the truth (MAE), of labels the share that is wrong.
 */
import { newcombe } from '../statistics/proportion.ts';
import { studentTail } from '../statistics/student.ts';
import { mergeMoments, NO_MOMENTS, type WeightedMoments } from './moments.ts';

/** What predictions lost. The mean of labels is a share. */
export interface PredictionLoss extends WeightedMoments {
  readonly name: 'mae' | 'errors';
}

type Figures = readonly { readonly name: string; readonly value: number }[];

const valueIn = (figures: Figures, name: string): number =>
  figures.find((one) => one.name === name)?.value ?? Number.NaN;

/** The loss that figures of so many rows tell; undefined where they do not: MAE goes with RMSE, as both make its spread. */
export const lossOf = (figures: Figures, rows: number): PredictionLoss | undefined => {
  if (rows < 1) return undefined;
  const [mae, rmse, accuracy] = ['mae', 'rmse', 'accuracy'].map((name) => valueIn(figures, name));
  if (Number.isFinite(mae) && Number.isFinite(rmse))
    return { name: 'mae', weight: rows, mean: mae, squares: rows * Math.max(0, rmse * rmse - mae * mae) };
  if (!Number.isFinite(accuracy)) return undefined;
  return { name: 'errors', weight: rows, mean: 1 - accuracy, squares: rows * accuracy * (1 - accuracy) };
};

/** Of several windows; undefined for none. */
export const mergeLosses = (losses: readonly PredictionLoss[]): PredictionLoss | undefined =>
  losses.length === 0
    ? undefined
    : { name: losses[0].name, ...losses.reduce((all: WeightedMoments, one) => mergeMoments(all, one), NO_MOMENTS) };

/** A tenth more is worth an alarm, unless given. */
export const TOLERANCE = 0.1;
/** Of labels, a point more, at least. */
const LEAST_POINTS = 0.01;
const STEPS = 60;
/** Smaller p are of no use, and have no quantile. */
const LEAST_P = 1e-12;

/** Above which loss it is worth an alarm. */
export const toleratedLoss = ({ name, mean }: PredictionLoss, tolerance: number): number =>
  name === 'mae' ? mean * (1 + tolerance) : mean + Math.max(LEAST_POINTS, mean * tolerance);

/** B. L. Welch, The generalization of Student's problem (1947), of the loss that is borne. */
const meanP = (now: PredictionLoss, usual: PredictionLoss, tolerance: number): number => {
  const spread = ({ squares, weight }: PredictionLoss): number => squares / Math.max(1, weight - 1) / weight;
  const [own, other] = [spread(now), (1 + tolerance) ** 2 * spread(usual)];
  const error = own + other;
  const more = now.mean - toleratedLoss(usual, tolerance);
  if (!(error > 0)) return more > 0 ? 0 : 1;
  const df = error ** 2 / (own ** 2 / Math.max(1, now.weight - 1) + other ** 2 / Math.max(1, usual.weight - 1));
  return studentTail(more / Math.sqrt(error), df);
};

/** At which chance the interval of Newcombe ends at what is tolerated. */
const shareP = (now: PredictionLoss, usual: PredictionLoss, tolerance: number): number => {
  const more = toleratedLoss(usual, tolerance) - usual.mean;
  const share = ({ mean, weight }: PredictionLoss) => ({ successes: mean * weight, n: weight });
  const low = (p: number): number => newcombe(share(now), share(usual), 2 * p)[0];
  let [below, above] = [Math.log(LEAST_P), Math.log(0.5 - LEAST_P)];
  if (low(Math.exp(below)) > more) return LEAST_P;
  if (!(low(Math.exp(above)) > more)) return 1;
  for (let step = 0; step < STEPS; step++) {
    const middle = (below + above) / 2;
    if (low(Math.exp(middle)) > more) above = middle;
    else below = middle;
  }
  return Math.exp(above);
};

/** The chance of a loss of `now` or more, where the true one is at most what is tolerated beside `usual`. */
export const worseP = (now: PredictionLoss, usual: PredictionLoss, tolerance: number = TOLERANCE): number =>
  now.name === 'mae' ? meanP(now, usual, tolerance) : shareP(now, usual, tolerance);
