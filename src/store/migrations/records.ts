import type { Migration } from '../migration.ts';

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

/** What is too old is found by its time, wherever it stands: a clock may have been wrong. */
export const recordedByTime: Migration = {
  name: 'records by time',
  statements: () => ['create index recorded_by_time on recorded (at)'],
};

/** What served predictions stands once for all of them: a record takes a third less room, and time to write. */
export const servedTable: Migration = {
  name: 'what served predictions, once',
  statements: ({ id, integer }) => [
    `create table served (
      id ${id},
      deployment text not null,
      model text not null,
      version text not null,
      digest text not null,
      unique (digest, deployment, model, version)
    )`,
    `create table recorded (
      seq ${id},
      id text not null unique,
      at text not null,
      served ${integer} not null,
      input text not null,
      coerced ${integer} not null,
      output text,
      error text,
      ms double precision not null,
      check ((output is null) <> (error is null))
    )`,
    `insert into served (deployment, model, version, digest)
      select distinct deployment, model, version, digest from predictions`,
    `insert into recorded (id, at, served, input, coerced, output, error, ms)
      select predictions.id, at, served.id, input, coerced, output, error, ms
      from predictions join served using (deployment, model, version, digest) order by seq`,
    `drop table predictions`,
    `create view predictions as
      select seq, recorded.id, at, deployment, model, version, digest, input, coerced, output, error, ms
      from recorded join served on served.id = recorded.served`,
  ],
};

const servedKey = ['digest', 'deployment', 'model', 'version'] as const;

/** One package may answer as several variants of what a reference means, and what each answered is told apart. */
export const servedVariants: Migration = {
  name: 'what served predictions, by variant',
  statements: ({ rekey }) => [
    `drop view predictions`,
    `alter table served add column variant text not null default 'stable'`,
    ...rekey(
      'served',
      [...servedKey, 'variant'].map((name) => `${name} text not null`),
      {
        from: servedKey,
        to: [...servedKey, 'variant'],
      },
    ),
    `create view predictions as
      select seq, recorded.id, at, deployment, model, version, digest, variant, input, coerced, output, error, ms
      from recorded join served on served.id = recorded.served`,
  ],
};
