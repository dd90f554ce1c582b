import type { Migration } from '../migration.ts';

/** Labels by a business key, those that wait for their predictions, and what was seen of windows since. */
export const labelTables: Migration = {
  name: 'labels by key',
  statements: ({ id, integer }) => [
    `create table label_keys (
      id ${id},
      deployment text not null,
      fields text not null,
      in_id ${integer} not null,
      indexed_to ${integer} not null,
      turn ${integer} not null,
      predictions ${integer} not null,
      keyed ${integer} not null,
      unique (deployment, fields)
    )`,
    `create table keyed_predictions (
      label_key ${integer} not null,
      value text not null,
      id text not null,
      primary key (label_key, value, id)
    )`,
    `create index keyed_predictions_by_id on keyed_predictions (id)`,
    `create table told_labels (
      seq ${id},
      label_key ${integer} not null,
      value text not null,
      at text not null,
      truth text not null
    )`,
    `create index told_labels_by_value on told_labels (label_key, value, seq)`,
    `create index told_labels_by_time on told_labels (at)`,
    `create table label_feeds (
      deployment text primary key,
      read_to text,
      taken_until text not null,
      at text,
      problem text
    )`,
    `create table performances (
      deployment text not null,
      window_from text not null,
      window_to text not null,
      at text not null,
      judged_at text,
      performance text not null,
      primary key (deployment, window_to)
    )`,
  ],
};
