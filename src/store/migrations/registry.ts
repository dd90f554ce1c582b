import type { Migration } from '../migration.ts';

export const registryTables: Migration = {
  name: 'registry',
  statements: ({ id, integer, appendOnly }) => [
    `create table models (
      name text primary key,
      turn ${integer} not null
    )`,
    `create table versions (
      name text not null references models (name),
      version text not null,
      digest text not null,
      manifest text not null,
      size ${integer} not null,
      registered_at text not null,
      registered_by text not null,
      why text,
      primary key (name, version)
    )`,
    `create index versions_by_digest on versions (digest)`,
    `create table version_blobs (
      name text not null,
      version text not null,
      digest text not null,
      size ${integer} not null,
      primary key (name, version, digest),
      foreign key (name, version) references versions (name, version)
    )`,
    `create table history (
      id ${id},
      name text not null,
      environment text not null,
      action text not null check (action in ('promote', 'rollback')),
      from_version text,
      to_version text not null,
      who text not null,
      why text,
      at text not null,
      foreign key (name, from_version) references versions (name, version),
      foreign key (name, to_version) references versions (name, version)
    )`,
    `create index history_by_environment on history (name, environment, id)`,
    ...appendOnly('versions'),
    ...appendOnly('version_blobs'),
    ...appendOnly('history'),
  ],
};
