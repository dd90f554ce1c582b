import type { Migration } from '../migration.ts';

/** Counters of one variant in one step, as columns: what processes add to them is added in the database. */
const COUNTERS = [
  'rows',
  'calls',
  'units',
  'errors',
  'refusals',
  'missing',
  'failed',
  'timed',
  'slow',
  'differing',
  'dropped',
  'stopped',
] as const;

/** A deployment has one rollout at work, whoever starts it. */
export const rolloutTables: Migration = {
  name: 'rollouts',
  statements: ({ id, integer, appendOnly }) => [
    `create table rollouts (
      id text primary key,
      deployment text not null,
      status text not null,
      turn ${integer} not null,
      step ${integer} not null,
      step_since text not null,
      started_at text not null,
      slow_ms double precision,
      held text,
      plan text not null
    )`,
    `create unique index rollouts_at_work on rollouts (deployment) where status in ('running', 'paused')`,
    `create index rollouts_by_deployment on rollouts (deployment, started_at)`,
    `create table rollout_moves (
      seq ${id},
      rollout text not null,
      action text not null,
      step ${integer} not null,
      who text not null,
      why text,
      at text not null,
      verdicts text not null
    )`,
    ...appendOnly('rollout_moves'),
    `create index rollout_moves_by_rollout on rollout_moves (rollout, seq)`,
    `create table rollout_counts (
      rollout text not null,
      step ${integer} not null,
      variant text not null,
      ${COUNTERS.map((name) => `n_${name} ${integer} not null`).join(', ')},
      primary key (rollout, step, variant)
    )`,
    `create table rollout_bets (
      rollout text not null,
      step ${integer} not null,
      turn ${integer} not null,
      bets text not null,
      primary key (rollout, step)
    )`,
  ],
};

const servedKey = ['digest', 'deployment', 'model', 'version', 'variant'] as const;

/** What answered within a rollout is told apart from what answered outside of it. */
export const servedExperiments: Migration = {
  name: 'what served predictions, by experiment',
  statements: ({ rekey }) => [
    `drop view predictions`,
    `alter table served add column experiment text not null default ''`,
    ...rekey(
      'served',
      [...servedKey, 'experiment'].map((name) => `${name} text not null`),
      { from: servedKey, to: [...servedKey, 'experiment'] },
    ),
    `create view predictions as
      select seq, recorded.id, at, deployment, model, version, digest, variant, experiment, input, coerced, output, error, ms
      from recorded join served on served.id = recorded.served`,
  ],
};

/** What users compare by themselves: losses of predictions whose truth is known, and of what came of them. */
export const rolloutMeasures: Migration = {
  name: 'what rollouts are compared by',
  statements: ({ id, integer }) => [
    `alter table rollouts add column share double precision`,
    `create table rollout_measures (
      rollout text primary key,
      turn ${integer} not null,
      mark ${integer} not null,
      measures text not null
    )`,
    `create table rollout_labelled (
      rollout text not null,
      id text not null,
      primary key (rollout, id)
    )`,
    `create table rollout_outcomes (
      seq ${id},
      rollout text not null,
      metric text not null,
      value text not null,
      at text not null,
      loss double precision not null,
      counted ${integer} not null,
      unique (rollout, metric, value)
    )`,
  ],
};
