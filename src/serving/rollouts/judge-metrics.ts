/** What is said of the metrics of users, by the losses that truths have told. */
import { outcomeOf } from '../../monitor/comparison/outcome.ts';
import type { Bounds } from '../../monitor/statistics/proportion.ts';
import type { ComparisonVerdict } from '../../registry/verdict.ts';
import { type Compared, comparedName, isOfLabels } from './compared.ts';
import { armsOf, boundsOfLosses, type MeasuredLosses, type Measures } from './measures.ts';
import type { Rollout } from './rollout.ts';

const short = (value: number): string => `${Number(value.toPrecision(4))}`;

const sentenceOf = (
  name: string,
  measured: MeasuredLosses | undefined,
  bounds: Bounds | undefined,
  tolerance: number,
) => {
  if (measured === undefined) return `${name}: nothing is known of any prediction yet`;
  const { stable, candidate } = armsOf(measured);
  const both = `${short(candidate.mean)} of ${candidate.weight} beside ${short(stable.mean)} of ${stable.weight}`;
  const between = bounds === undefined ? 'too few' : `${bounds.map(short).join(' to ')} more`;
  return `${name}: ${both} (${between}, ${short(tolerance)} tolerated)`;
};

const compareMetric = (
  compared: Compared,
  metrics: number,
  measured: MeasuredLosses | undefined,
  at: string,
): ComparisonVerdict => {
  const about = comparedName(compared);
  const { tolerance } = compared;
  const bounds = measured && boundsOfLosses(measured, compared, metrics);
  const arms = measured && armsOf(measured);
  return {
    asked: 'comparison',
    about,
    outcome: outcomeOf(bounds, tolerance),
    sentence: sentenceOf(about, measured, bounds, tolerance),
    numbers: {
      stable: arms?.stable.mean ?? null,
      candidate: arms?.candidate.mean ?? null,
      stableRows: arms?.stable.weight ?? 0,
      candidateRows: arms?.candidate.weight ?? 0,
      pairs: measured?.pairs.apart.weight ?? 0,
      low: bounds?.[0] ?? null,
      high: bounds?.[1] ?? null,
      tolerated: tolerance,
    },
    at,
  };
};

/** One a metric. Nothing comes of answers that nobody was given: in the shadow events say nothing, and are not waited for. */
export const compareMetrics = (
  { compare = [], step, steps }: Rollout,
  measures: Measures,
  now: Date,
): readonly ComparisonVerdict[] =>
  compare
    .filter((one) => steps[step].share > 0 || isOfLabels(one))
    .map((one) => compareMetric(one, compare.length, measures[comparedName(one)], now.toISOString()));
