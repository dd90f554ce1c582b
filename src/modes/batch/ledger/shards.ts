/**
 * What runs have done: how each is to be cut into shards, and the shards that are done.
 *
 * Invariants: the shards of a run are numbered from 0 without gaps, and each is entered once; in each, as in the run that is their sum,
 * rows_in = rows_out + rows_rejected.
 */
import { invariant } from '../../../core/invariant.ts';
import { jsonText } from '../../../files/cells.ts';
import { addMinutes } from '../../../monitor/profiles/open.ts';
import { createServedIds } from '../../../monitor/records/served.ts';
import type { Sql } from '../../../store/sql.ts';
import type { Ledger } from './ledger.ts';
import { readEntry } from './stored.ts';

const addShard = ({ db }: Sql): Ledger['addShard'] => {
  const servedId = createServedIds(db);
  return async (run, shard, entry, counted) => {
    invariant(entry.rows_in === entry.rows_out + entry.rows_rejected, 'each row of a shard went out or was rejected');
    const minutes = counted === undefined ? [] : [{ servedId: await servedId(counted), minute: counted }];
    await db.transaction().execute(async (trx) => {
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('batch_shards')
        .values({ run, shard, entry: jsonText(entry) })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 0n) return;
      await trx
        .updateTable('batch_runs')
        .set((row) => ({
          rows_in: row('rows_in', '+', entry.rows_in),
          rows_out: row('rows_out', '+', entry.rows_out),
          rows_rejected: row('rows_rejected', '+', entry.rows_rejected),
        }))
        .where('id', '=', run)
        .execute();
      await addMinutes(trx, minutes);
    });
  };
};

export const openShards = (sql: Sql): Pick<Ledger, 'pin' | 'shards' | 'addShard' | 'clearShards'> => ({
  async pin(run, plan) {
    await sql.db
      .updateTable('batch_runs')
      .set({ plan: jsonText(plan) })
      .where('id', '=', run)
      .execute();
  },
  async shards(run) {
    const rows = await sql.db
      .selectFrom('batch_shards')
      .select(['shard', 'entry'])
      .where('run', '=', run)
      .orderBy('shard')
      .execute();
    invariant(
      rows.every(({ shard }, index) => shard === index),
      'the shards of a run are numbered without gaps',
    );
    // All its numbers are floats, be they as long as a sum of squared milliseconds.
    return rows.map(({ entry }) => readEntry(JSON.parse(entry)));
  },
  addShard: addShard(sql),
  async clearShards(run) {
    await sql.db.deleteFrom('batch_shards').where('run', '=', run).execute();
    await sql.db.deleteFrom('batch_rejects').where('run', '=', run).execute();
    const none = { rows_in: 0, rows_out: 0, rows_rejected: 0 };
    await sql.db.updateTable('batch_runs').set(none).where('id', '=', run).execute();
  },
});
