/** Profiles in Millrace's store. */
import type { Kysely } from 'kysely';
import type { Sql } from '../../store/sql.ts';
import type { Tables } from '../../store/tables.ts';
import { createServedIds, type Served } from '../records/served.ts';
import { ageProfiles } from './age.ts';
import { readCounted, readTraffic, together, writeCounted } from './counted.ts';
import { type ProfileSpan, type Profiles, SPAN_MS, type SpanProfile, type SpanVolume } from './profiles.ts';

/** Adds to what is known of minutes; in a transaction of the caller's, the numbers of what answered are found before. */
export const addMinutes = async (
  db: Kysely<Tables>,
  minutes: readonly { readonly servedId: number; readonly minute: SpanProfile }[],
): Promise<void> => {
  const rows = minutes.map(({ servedId: served, minute }) => ({
    served,
    span: 'minute' as const,
    at: minute.at,
    ...writeCounted(minute),
  }));
  if (rows.length > 0) await db.insertInto('profiles').values(rows).execute();
};

const add = (sql: Sql): Profiles['add'] => {
  const servedId = createServedIds(sql.db);
  return async (minutes) => {
    const known = [];
    for (const minute of minutes) known.push({ servedId: await servedId(minute), minute });
    await addMinutes(sql.db, known);
  };
};

const spansOf = ({ db }: Sql, deployment: string, since: Date) =>
  db
    .selectFrom('profiles')
    .innerJoin('served', 'served.id', 'profiles.served')
    .select(['deployment', 'model', 'version', 'digest', 'variant', 'at', 'row_count', 'refused', 'profile', 'traffic'])
    .where('deployment', '=', deployment)
    .where('at', '>=', since.toISOString());

type SpanRow = Served & Parameters<typeof readCounted>[0];
const spanOf = (row: SpanRow, at: string): SpanProfile => {
  const { deployment, model, version, digest, variant } = row;
  return { deployment, model, version, digest, variant, at, ...readCounted(row) };
};

const of =
  (sql: Sql): Profiles['of'] =>
  async (deployment, since) => {
    const rows = await spansOf(sql, deployment, since).orderBy('at', 'desc').orderBy('seq', 'desc').execute();
    const found = new Map<string, SpanProfile>();
    for (const row of rows) {
      const one = spanOf(row, row.at);
      const key = `${row.digest} ${row.variant}`;
      const before = found.get(key);
      // The one before came later.
      found.set(key, before === undefined ? one : { ...together(before, one), at: one.at });
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
    for (const row of rows) {
      const at = windowStart(row.at, ms);
      const one = spanOf(row, at);
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

const traffic =
  ({ db }: Sql): Profiles['traffic'] =>
  async (deployment, since) => {
    const rows = await db
      .selectFrom('profiles')
      .innerJoin('served', 'served.id', 'profiles.served')
      .select(['deployment', 'model', 'version', 'digest', 'variant', 'at', 'span', 'row_count', 'refused', 'traffic'])
      .where('deployment', '=', deployment)
      .where('at', '>=', since.toISOString())
      .orderBy('at')
      .orderBy('seq')
      .execute();
    return rows.map(({ row_count, traffic: stored, ...row }) => ({
      ...row,
      rows: row_count,
      traffic: readTraffic(stored),
    }));
  };

/** The profiles of a store that others close. */
export const openProfiles = (sql: Sql): Profiles => ({
  add: add(sql),
  of: of(sql),
  windows: windows(sql),
  volumes: volumes(sql),
  traffic: traffic(sql),
  age: (now) => ageProfiles(sql, now),
});
