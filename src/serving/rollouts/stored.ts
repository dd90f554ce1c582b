/** Rollouts as rows of the store. */
import type { RolloutCountRow, RolloutRow } from '../../store/rollout-tables.ts';
import type { Rollout, RolloutPlan, VariantCounts } from './rollout.ts';

/** Without its `turn`, which the database counts. */
export const rowOfRollout = (rollout: Rollout): RolloutRow => {
  const { id, deployment, status, turn, step, stepSince, startedAt, slowMs, held, share, ...plan } = rollout;
  const { mode, ref, model, stable, candidate, steps, unit, compare, tolerated, policy, floor } = plan;
  return {
    id,
    deployment,
    status,
    turn,
    step,
    step_since: stepSince,
    started_at: startedAt,
    slow_ms: slowMs ?? null,
    held: held ?? null,
    share: share ?? null,
    plan: JSON.stringify({ mode, ref, model, stable, candidate, steps, unit, compare, tolerated, policy, floor }),
  };
};

export const rolloutOf = (row: RolloutRow): Rollout => ({
  ...(JSON.parse(row.plan) as Omit<RolloutPlan, 'deployment'>),
  id: row.id,
  deployment: row.deployment,
  status: row.status,
  turn: Number(row.turn),
  step: Number(row.step),
  stepSince: row.step_since,
  startedAt: row.started_at,
  slowMs: row.slow_ms ?? undefined,
  held: row.held ?? undefined,
  share: row.share ?? undefined,
});

type Columns = Omit<RolloutCountRow, 'rollout' | 'step' | 'variant'>;

export const columnsOf = (counts: VariantCounts): Columns => ({
  n_rows: counts.rows,
  n_calls: counts.calls,
  n_units: counts.units,
  n_errors: counts.errors,
  n_refusals: counts.refusals,
  n_missing: counts.missing,
  n_failed: counts.failed,
  n_timed: counts.timed,
  n_slow: counts.slow,
  n_differing: counts.differing,
  n_dropped: counts.dropped,
  n_stopped: counts.stopped,
});

/** PostgreSQL tells large whole numbers as texts. */
export const countsOf = (row: Columns): VariantCounts => ({
  rows: Number(row.n_rows),
  calls: Number(row.n_calls),
  units: Number(row.n_units),
  errors: Number(row.n_errors),
  refusals: Number(row.n_refusals),
  missing: Number(row.n_missing),
  failed: Number(row.n_failed),
  timed: Number(row.n_timed),
  slow: Number(row.n_slow),
  differing: Number(row.n_differing),
  dropped: Number(row.n_dropped),
  stopped: Number(row.n_stopped),
});
