import type { Migration } from '../migration.ts';

export const blobTables: Migration = {
  name: 'blobs',
  statements: ({ integer, bytes }) => [
    `create table blobs (
      digest text primary key,
      size ${integer} not null,
      at text not null
    )`,
    `create table blob_chunks (
      digest text not null references blobs (digest) on delete cascade,
      ordinal ${integer} not null,
      bytes ${bytes} not null,
      primary key (digest, ordinal)
    )`,
  ],
};
