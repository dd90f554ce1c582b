import type { Migration } from '../migrations.ts';

export const recordTables: Migration = {
  name: 'records',
  statements: ({ id, integer }) => [
    `create table predictions (
      seq ${id},
      id text not null unique,
      at text not null,
      deployment text not null,
      model text not null,
      version text not null,
      digest text not null,
      input text not null,
      coerced ${integer} not null,
      output text,
      error text,
      ms double precision not null,
      check ((output is null) <> (error is null))
    )`,
    `create index predictions_by_model on predictions (model, at)`,
    `create table labels (
      seq ${id},
      id text not null,
      at text not null,
      truth text not null
    )`,
    `create index labels_by_id on labels (id, seq)`,
  ],
};
