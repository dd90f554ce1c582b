import type { Migration } from '../migration.ts';

/** A problem that lasts is one alert: of a fingerprint there is one that fires, whoever writes. */
export const alertTables: Migration = {
  name: 'alerts',
  statements: ({ id, integer, appendOnly }) => [
    `create table watches (
      deployment text primary key,
      judged_until text not null,
      memory text
    )`,
    `create table judged (
      deployment text not null,
      window_from text not null,
      window_to text not null,
      at text not null,
      judged text not null,
      primary key (deployment, window_to)
    )`,
    `create table alerts (
      id text primary key,
      fingerprint text not null,
      deployment text not null,
      status text not null,
      started_at text not null,
      alert text not null
    )`,
    `create table accepted (
      seq ${id},
      deployment text not null,
      digest text not null,
      at text not null,
      by_whom text not null,
      why text not null,
      window_from text not null,
      window_to text not null,
      profile text not null
    )`,
    ...appendOnly('accepted'),
    `create index accepted_by_deployment on accepted (deployment, seq)`,
    `create unique index alerts_firing on alerts (fingerprint) where status = 'firing'`,
    `create index alerts_by_deployment on alerts (deployment, started_at)`,
    `create table alert_messages (
      id text not null,
      channel text not null,
      at text not null,
      message text not null,
      tries ${integer} not null,
      due_at text,
      arrived_at text,
      problem text,
      primary key (id, channel)
    )`,
    `create index alert_messages_due on alert_messages (channel, due_at)`,
  ],
};

/** What came of reactions stands beside what they were to do. */
export const reactionOutcomes: Migration = {
  name: 'outcomes of reactions',
  statements: () => ['alter table alert_messages add column outcome text'],
};
