/** What truths have said of both versions so far: losses by step where each answered its own rows, and of rows that both answered. */
import { addDifferences, type Bets, boundsOfPairs, startBets } from '../../monitor/comparison/betting.ts';
import { boundsOfMeanDifference, boundsOfStrata } from '../../monitor/comparison/mean-difference.ts';
import { mergeMoments, type WeightedMoments } from '../../monitor/performance/moments.ts';
import { ALPHA, type Bounds } from '../../monitor/statistics/proportion.ts';
import { type Compared, mostOf } from './compared.ts';

export interface MeasuredArms {
  readonly stable: WeightedMoments;
  readonly candidate: WeightedMoments;
}

/** Of one metric. */
export interface MeasuredLosses {
  /** By the number of the step. */
  readonly steps: Readonly<Record<number, MeasuredArms>>;
  /** Of rows that both answered: what each lost, and how much more the candidate did. */
  readonly pairs: MeasuredArms & { readonly apart: WeightedMoments; readonly bets: Bets | undefined };
}

/** By the names of metrics; what nothing is known of is missing. Plain data, as the store has it. */
export type Measures = Readonly<Record<string, MeasuredLosses>>;

/** One loss, or two of one row. */
export type MeasuredRow = { readonly candidate?: number | undefined; readonly stable?: number | undefined };

const NONE: WeightedMoments = Object.freeze({ weight: 0, mean: 0, squares: 0 });
const NO_ARMS: MeasuredArms = Object.freeze({ stable: NONE, candidate: NONE });

const added = (moments: WeightedMoments, loss: number | undefined): WeightedMoments =>
  loss === undefined ? moments : mergeMoments(moments, { weight: 1, mean: loss, squares: 0 });

const addedTo = (arms: MeasuredArms, row: MeasuredRow): MeasuredArms => ({
  stable: added(arms.stable, row.stable),
  candidate: added(arms.candidate, row.candidate),
});

const startLosses = (compared: Compared, alpha: number): MeasuredLosses => ({
  steps: {},
  pairs: { ...NO_ARMS, apart: NONE, bets: mostOf(compared) === undefined ? undefined : startBets(alpha) },
});

/** The chance of error of each of the two ways in which a metric is told, where there are so many metrics. */
export const alphaOf = (metrics: number): number => ALPHA / (2 * Math.max(1, metrics));

/**
 * With the losses of rows of one step added. In the shadow a row says something where both have answered it.
 *
 * @param isShadow both have the same rows
 */
export const addLosses = (
  before: MeasuredLosses | undefined,
  rows: readonly MeasuredRow[],
  { compared, metrics, step, isShadow }: MeasuredOf,
): MeasuredLosses => {
  const most = mostOf(compared);
  const capped = (loss: number | undefined) =>
    loss === undefined || most === undefined ? loss : Math.max(0, Math.min(most, loss));
  const own = rows.map(({ stable, candidate }) => ({ stable: capped(stable), candidate: capped(candidate) }));
  const losses = before ?? startLosses(compared, alphaOf(metrics));
  if (!isShadow) {
    const arms = own.reduce(addedTo, losses.steps[step] ?? NO_ARMS);
    return { ...losses, steps: { ...losses.steps, [step]: arms } };
  }
  const both = own.filter(({ stable, candidate }) => stable !== undefined && candidate !== undefined);
  const differences = both.map(({ stable = 0, candidate = 0 }) => candidate - stable);
  const { bets, apart, ...arms } = losses.pairs;
  const pairs = {
    ...both.reduce(addedTo, arms),
    apart: differences.reduce(added, apart),
    bets:
      bets &&
      addDifferences(
        bets,
        differences.map((difference) => difference / (most ?? 1)),
      ),
  };
  return { ...losses, pairs };
};

export interface MeasuredOf {
  readonly compared: Compared;
  /** How many metrics the rollout has. */
  readonly metrics: number;
  readonly step: number;
  readonly isShadow: boolean;
}

/** Losses of both, of the rows that a comparison rests on. */
export const armsOf = ({ steps, pairs }: MeasuredLosses): MeasuredArms =>
  [pairs, ...Object.values(steps)].reduce(
    (sum: MeasuredArms, { stable, candidate }) => ({
      stable: mergeMoments(sum.stable, stable),
      candidate: mergeMoments(sum.candidate, candidate),
    }),
    NO_ARMS,
  );

const boundsOfBoth = ({ bets, apart }: MeasuredLosses['pairs'], most: number | undefined, alpha: number) => {
  if (bets === undefined || most === undefined) return boundsOfMeanDifference(apart, { alpha });
  if (bets.count === 0) return undefined;
  const [low, high] = boundsOfPairs(bets);
  return [low * most, high * most] as const;
};

/**
 * Where the difference of mean losses lies, the candidate's less the stable one's, at any time: of pairs by betting where losses are bounded, of rows of
 * either by the asymptotic sequence, step by step so that both were asked at the same time; where both are known, by both.
 */
export const boundsOfLosses = (
  { steps, pairs }: MeasuredLosses,
  compared: Compared,
  metrics: number,
): Bounds | undefined => {
  const alpha = alphaOf(metrics);
  const paired = boundsOfBoth(pairs, mostOf(compared), alpha);
  const apart = boundsOfStrata(
    Object.values(steps).map(({ stable, candidate }) => [stable, candidate]),
    { alpha },
  );
  if (paired === undefined || apart === undefined) return paired ?? apart;
  const both: Bounds = [Math.max(paired[0], apart[0]), Math.min(paired[1], apart[1])];
  return both[0] <= both[1] ? both : apart;
};
