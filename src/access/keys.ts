/** The keys of all who call, in the registry's database: made, listed, revoked, and never read again. */
import { fail } from '../core/errors.ts';
import type { AccessKeyRow } from '../store/key-tables.ts';
import type { Sql } from '../store/sql.ts';
import { type AskedKey, checkedKey, type Key } from './key.ts';
import type { Role } from './principal.ts';
import { hashOf, newSecret } from './secret.ts';

export interface KnownKey {
  readonly key: Key;
  readonly hash: string;
}

export interface Keys {
  /** The secret is told here, and never again. @throws BAD_KEY */
  create(asked: AskedKey, by: string): Promise<{ readonly key: Key; readonly secret: string }>;
  /** All that there ever were, the oldest first. */
  list(): Promise<readonly Key[]>;
  /** Whoever comes with it is refused within two seconds, everywhere; what was revoked stays as it is. @throws UNKNOWN_KEY */
  revoke(id: string, by: string): Promise<Key>;
  /** Another text after each key that was made or revoked: what is cheap to ask again and again. */
  state(): Promise<string>;
  /** Those that are not revoked, by what is kept of them. */
  known(): Promise<readonly KnownKey[]>;
  /** Notes the day on which keys were used. */
  used(ids: readonly string[], day: string): Promise<void>;
}

/** Keys that are not revoked, at a time: a service holds all of them in memory. */
const MOST_KEYS = 10_000;

const keyOf = (row: AccessKeyRow): Key => ({
  id: row.id,
  name: row.name,
  role: row.role as Role,
  models: JSON.parse(row.models) as readonly string[],
  ...(row.calls_per_second !== null && { calls: Number(row.calls_per_second) }),
  ...(row.rows_per_second !== null && { rows: Number(row.rows_per_second) }),
  createdAt: row.created_at,
  createdBy: row.created_by,
  ...(row.expires_at !== null && { expiresAt: row.expires_at }),
  ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
  ...(row.revoked_by !== null && { revokedBy: row.revoked_by }),
  ...(row.used_on !== null && { usedOn: row.used_on }),
});

const unknownKey = (id: string) =>
  fail('UNKNOWN_KEY', 'There is no key of this id.', {
    expected: 'an id that `millrace keys list` shows',
    // Somebody may have given the key itself.
    got: /^[0-9a-f]{1,20}$/.test(id) ? id : 'something else',
  });

/** @throws STORE_FAILED, as all queries do */
export const openKeys = ({ db }: Pick<Sql, 'db'>, clock: () => Date): Keys => {
  const counts = async (): Promise<{ readonly all: number; readonly revoked: number }> => {
    const query = db.selectFrom('access_keys');
    const counted = query.select(({ fn }) => [fn.countAll().as('all'), fn.count('revoked_at').as('revoked')]);
    const { all, revoked } = await counted.executeTakeFirstOrThrow();
    return { all: Number(all), revoked: Number(revoked) };
  };
  const find = async (id: string): Promise<Key> => {
    const row = await db.selectFrom('access_keys').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) throw unknownKey(id);
    return keyOf(row);
  };

  return {
    async create(asked, by) {
      const now = clock();
      const { role, models, name, calls, rows, expiresAt } = checkedKey(asked, now);
      const { all, revoked } = await counts();
      if (all - revoked >= MOST_KEYS) {
        throw fail('BAD_KEY', `There are ${MOST_KEYS} keys, which is all that there may be; revoke some.`);
      }
      const { id, secret } = newSecret();
      const row: AccessKeyRow = {
        id,
        hash: hashOf(secret),
        name: name ?? id,
        role,
        models: JSON.stringify(models),
        calls_per_second: calls ?? null,
        rows_per_second: rows ?? null,
        created_at: now.toISOString(),
        created_by: by,
        expires_at: expiresAt ?? null,
        revoked_at: null,
        revoked_by: null,
        used_on: null,
      };
      await db.insertInto('access_keys').values(row).execute();
      return { key: keyOf(row), secret };
    },
    async list() {
      const rows = await db.selectFrom('access_keys').selectAll().orderBy('created_at').orderBy('id').execute();
      return rows.map(keyOf);
    },
    async revoke(id, by) {
      const ended = { revoked_at: clock().toISOString(), revoked_by: by };
      await db.updateTable('access_keys').set(ended).where('id', '=', id).where('revoked_at', 'is', null).execute();
      return find(id);
    },
    async state() {
      const { all, revoked } = await counts();
      return `${all} ${revoked}`;
    },
    async known() {
      const rows = await db.selectFrom('access_keys').selectAll().where('revoked_at', 'is', null).execute();
      return rows.map((row) => ({ key: keyOf(row), hash: row.hash }));
    },
    async used(ids, day) {
      if (ids.length === 0) return;
      await db.updateTable('access_keys').set({ used_on: day }).where('id', 'in', ids).execute();
    },
  };
};
