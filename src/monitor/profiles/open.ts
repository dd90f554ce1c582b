/** Profiles in Millrace's store. */
import type { Sql } from '../../store/sql.ts';
import { merge, type Profile, readProfile } from '../profile/profile.ts';
import { createServedIds } from '../records/served.ts';
import { ageProfiles } from './age.ts';
import { type ProfileSpan, type Profiles, SPAN_MS, type SpanProfile, type SpanVolume } from './profiles.ts';

/** Of a row of the store. */
export const readContent = (profile: string): { readonly inputs: Profile; readonly outputs: Profile } => {
  const { inputs, outputs } = JSON.parse(profile);
  return { inputs: readProfile(inputs), outputs: readProfile(outputs) };
};

/** `b` began before `a`. */
const together = (a: SpanProfile, b: SpanProfile): SpanProfile => ({
  ...a,
  at: b.at,
  rows: a.rows + b.rows,
  refused: a.refused + b.refused,
  inputs: merge(a.inputs, b.inputs),
  outputs: merge(a.outputs, b.outputs),
});

const add = (sql: Sql): Profiles['add'] => {
  const servedId = createServedIds(sql.db);
  return async (minutes) => {
    if (minutes.length === 0) return;
    const rows = [];
    for (const { at, rows: row_count, refused, inputs, outputs, ...served } of minutes) {
      const profile = JSON.stringify({ inputs, outputs });
      rows.push({ served: await servedId(served), span: 'minute' as const, at, row_count, refused, profile });
    }
    await sql.db.insertInto('profiles').values(rows).execute();
  };
};

const spansOf = ({ db }: Sql, deployment: string, since: Date) =>
  db
    .selectFrom('profiles')
    .innerJoin('served', 'served.id', 'profiles.served')
    .select(['deployment', 'model', 'version', 'digest', 'variant', 'at', 'row_count', 'refused', 'profile'])
    .where('deployment', '=', deployment)
    .where('at', '>=', since.toISOString());

const of =
  (sql: Sql): Profiles['of'] =>
  async (deployment, since) => {
    const rows = await spansOf(sql, deployment, since).orderBy('at', 'desc').orderBy('seq', 'desc').execute();
    const found = new Map<string, SpanProfile>();
    for (const { row_count, profile, ...row } of rows) {
      const one = { ...row, rows: row_count, ...readContent(profile) };
      const key = `${row.digest} ${row.variant}`;
      const before = found.get(key);
      found.set(key, before === undefined ? one : together(before, one));
    }
    return [...found.values()];
  };

/** Those that are not longer than a window. */
const spansWithin = (ms: number): readonly ProfileSpan[] =>
  ms >= SPAN_MS.day ? ['minute', 'hour', 'day'] : ms >= SPAN_MS.hour ? ['minute', 'hour'] : ['minute'];

const windowStart = (at: string, ms: number): string => {
  const time = Date.parse(at);
  return new Date(time - (time % ms)).toISOString();
};

const windows =
  (sql: Sql): Profiles['windows'] =>
  async (deployment, since, until, ms) => {
    const rows = await spansOf(sql, deployment, since)
      .where('at', '<', until.toISOString())
      .where('span', 'in', spansWithin(ms))
      .orderBy('at')
      .orderBy('seq')
      .execute();
    const found = new Map<string, SpanProfile>();
    for (const { row_count, profile, ...row } of rows) {
      const at = windowStart(row.at, ms);
      const one = { ...row, at, rows: row_count, ...readContent(profile) };
      const key = `${at} ${row.digest} ${row.variant}`;
      const before = found.get(key);
      found.set(key, before === undefined ? one : together(before, one));
    }
    return [...found.values()];
  };

const volumes =
  ({ db }: Sql): Profiles['volumes'] =>
  async (deployment, since, until, ms) => {
    const rows = await db
      .selectFrom('profiles')
      .innerJoin('served', 'served.id', 'profiles.served')
      .select(['deployment', 'model', 'version', 'digest', 'variant', 'at', 'row_count', 'refused'])
      .where('deployment', '=', deployment)
      .where('at', '>=', since.toISOString())
      .where('at', '<', until.toISOString())
      .where('span', 'in', spansWithin(ms))
      .orderBy('at')
      .orderBy('seq')
      .execute();
    const found = new Map<string, SpanVolume>();
    for (const { row_count, ...row } of rows) {
      const at = windowStart(row.at, ms);
      const key = `${at} ${row.digest} ${row.variant}`;
      const { rows: before, refused } = found.get(key) ?? { rows: 0, refused: 0 };
      found.set(key, { ...row, at, rows: before + row_count, refused: refused + row.refused });
    }
    return [...found.values()];
  };

/** The profiles of a store that others close. */
export const openProfiles = (sql: Sql): Profiles => ({
  add: add(sql),
  of: of(sql),
  windows: windows(sql),
  volumes: volumes(sql),
  age: (now) => ageProfiles(sql, now),
});
