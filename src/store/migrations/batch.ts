import type { Migration } from '../migration.ts';

export const batchTables: Migration = {
  name: 'batch',
  statements: ({ integer }) => [
    `create table batch_runs (
      id text primary key,
      deployment text not null,
      scope text not null,
      slot text not null,
      kind text not null check (kind in ('run', 'retry')),
      parent text,
      window_from text,
      window_to text,
      cause text not null,
      status text not null check (status in ('running', 'finished', 'failed', 'cancelled')),
      ref text not null,
      model text not null,
      version text not null,
      digest text not null,
      settings text not null,
      plan text,
      owner text,
      lease_until text not null,
      cancelled_by text,
      started_at text not null,
      finished_at text,
      rows_in ${integer} not null,
      rows_out ${integer} not null,
      rows_rejected ${integer} not null,
      problem text,
      summary text,
      reacted ${integer} not null
    )`,
    `create index batch_runs_by_deployment on batch_runs (deployment, started_at)`,
    `create table batch_slots (
      deployment text not null,
      slot text not null,
      run text not null references batch_runs (id),
      primary key (deployment, slot)
    )`,
    `create table batch_shards (
      run text not null references batch_runs (id),
      shard ${integer} not null,
      entry text not null,
      primary key (run, shard)
    )`,
    `create table batch_rejects (
      run text not null references batch_runs (id),
      shard ${integer} not null,
      ordinal ${integer} not null,
      row_number ${integer} not null,
      row_key text not null,
      code text not null,
      problem text not null,
      input text not null,
      resolved_by text,
      primary key (run, shard, ordinal)
    )`,
  ],
};
