import type { Migration } from '../migration.ts';

/** Rows never change: those that are old are taken out, and what they are together is put in. */
export const profileTable: Migration = {
  name: 'profiles',
  statements: ({ id, integer }) => [
    `create table profiles (
      seq ${id},
      served ${integer} not null,
      span text not null,
      at text not null,
      row_count ${integer} not null,
      refused ${integer} not null,
      profile text not null
    )`,
    `create index profiles_by_time on profiles (span, at)`,
    `create index profiles_by_served on profiles (served, at)`,
  ],
};

/** Durations, failures and refusals stand beside the values of rows, so that they can be read without these. */
export const profileTraffic: Migration = {
  name: 'traffic of profiles',
  statements: () => ['alter table profiles add column traffic text'],
};
