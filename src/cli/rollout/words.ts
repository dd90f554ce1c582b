/** What is said of rollouts, in lines. */
import { armsOf, type Measures } from '../../serving/rollouts/measures.ts';
import type { Rollout, StepCounts } from '../../serving/rollouts/rollout.ts';
import { shareName } from '../../serving/rollouts/steps.ts';

/** `ride-duration  1.2.0 → 1.3.0  running at 5 % (step 2 of 4)`. */
export const told = ({ deployment, stable, candidate, status, step, steps, held }: Rollout): string => {
  const at = `${shareName(steps[step].share)} (step ${step + 1} of ${steps.length})`;
  const how = status === 'finished' ? status : `${status} at ${at}`;
  return `${deployment}  ${stable.version} → ${candidate.version}  ${how}${held === undefined ? '' : `: ${held}`}`;
};

/** A line a step and variant. */
export const countRows = ({ steps, stable, candidate }: Rollout, counts: readonly StepCounts[]) =>
  counts.flatMap((step, at) =>
    (['stable', 'candidate'] as const).map((variant) => ({
      step: shareName(steps[at].share),
      variant,
      version: (variant === 'stable' ? stable : candidate).version,
      rows: step[variant].rows,
      calls: step[variant].calls,
      errors: step[variant].errors,
      refusals: step[variant].refusals,
      missing: step[variant].missing,
      slow: step[variant].slow,
    })),
  );

const short = (value: number, rows: number): string => (rows === 0 ? '' : `${Number(value.toPrecision(4))}`);

/** A line a metric of which something is known. */
export const measureRows = (measures: Measures) =>
  Object.entries(measures).map(([metric, measured]) => {
    const { stable, candidate } = armsOf(measured);
    return {
      metric,
      stable: short(stable.mean, stable.weight),
      rows: stable.weight,
      candidate: short(candidate.mean, candidate.weight),
      'its rows': candidate.weight,
      pairs: measured.pairs.apart.weight,
    };
  });
