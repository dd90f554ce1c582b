import type { Migration } from '../migration.ts';

/** What gates and comparisons have said of versions, and who approves of one; both for ever. */
export const verdictTables: Migration = {
  name: 'verdicts and approvals',
  statements: ({ id, integer, appendOnly }) => [
    `create table verdicts (
      id ${id},
      name text not null,
      version text not null,
      against text,
      move ${integer},
      comparison text,
      asked text not null,
      about text not null,
      outcome text not null,
      sentence text not null,
      numbers text not null,
      at text not null,
      foreign key (name, version) references versions (name, version),
      foreign key (name, against) references versions (name, version)
    )`,
    `create index verdicts_by_version on verdicts (name, version, id)`,
    `create index verdicts_by_move on verdicts (move)`,
    `create table approvals (
      id ${id},
      name text not null,
      version text not null,
      environment text not null,
      who text not null,
      why text,
      at text not null,
      foreign key (name, version) references versions (name, version)
    )`,
    `create index approvals_by_version on approvals (name, version, environment)`,
    ...appendOnly('verdicts'),
    ...appendOnly('approvals'),
  ],
};
