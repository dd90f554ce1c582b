import type { Migration } from '../migration.ts';

/** Keys of those who call, without their secrets. */
export const keyTable: Migration = {
  name: 'access keys',
  statements: ({ integer }) => [
    `create table access_keys (
      id text primary key,
      hash text not null unique,
      name text not null,
      role text not null,
      models text not null,
      calls_per_second ${integer},
      rows_per_second ${integer},
      created_at text not null,
      created_by text not null,
      expires_at text,
      revoked_at text,
      revoked_by text,
      used_on text
    )`,
  ],
};
