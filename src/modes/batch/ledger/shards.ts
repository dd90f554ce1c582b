/**
 * What runs have done: the shards of each, and the rows that it rejected.
 *
 * Invariants: the shards of a run are numbered from 0 without gaps, and each is entered once; in each, as in the run that is their sum,
 * rows_in = rows_out + rows_rejected.
 */
import type { Problem } from '../../../core/errors.ts';
import { invariant } from '../../../core/invariant.ts';
import { jsonText } from '../../../files/cells.ts';
import type { Sql } from '../../../store/sql.ts';
import { parseJson } from '../../../text/json.ts';
import type { Reject } from '../types.ts';
import type { Ledger } from './ledger.ts';
import { readEntry } from './stored.ts';

/** Rejects in one statement: SQLite binds at most 32,766 values. */
const ROWS_AT_ONCE = 500;

export const openShards = ({
  db,
}: Sql): Pick<
  Ledger,
  'pin' | 'shards' | 'addShard' | 'clearShards' | 'keepRejects' | 'rejects' | 'resolveRejects'
> => ({
  async pin(run, plan) {
    await db
      .updateTable('batch_runs')
      .set({ plan: jsonText(plan) })
      .where('id', '=', run)
      .execute();
  },
  async shards(run) {
    const rows = await db
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
  async addShard(run, shard, entry) {
    invariant(entry.rows_in === entry.rows_out + entry.rows_rejected, 'each row of a shard went out or was rejected');
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
    });
  },
  async clearShards(run) {
    await db.deleteFrom('batch_shards').where('run', '=', run).execute();
    await db.deleteFrom('batch_rejects').where('run', '=', run).execute();
    const none = { rows_in: 0, rows_out: 0, rows_rejected: 0 };
    await db.updateTable('batch_runs').set(none).where('id', '=', run).execute();
  },
  async keepRejects(run, shard, rejects) {
    await db.transaction().execute(async (trx) => {
      await trx.deleteFrom('batch_rejects').where('run', '=', run).where('shard', '>=', shard).execute();
      for (let start = 0; start < rejects.length; start += ROWS_AT_ONCE) {
        const rows = rejects.slice(start, start + ROWS_AT_ONCE).map(({ row, key, problem, input }, index) => ({
          run,
          shard,
          ordinal: start + index,
          row_number: row,
          row_key: jsonText(key),
          code: problem.code,
          problem: jsonText(problem),
          input: jsonText(input),
          resolved_by: null,
        }));
        await trx.insertInto('batch_rejects').values(rows).execute();
      }
    });
  },
  async *rejects(run, { unresolved }) {
    let after = { shard: -1, ordinal: -1 };
    for (;;) {
      const { shard, ordinal } = after;
      const query = db
        .selectFrom('batch_rejects')
        .selectAll()
        .where('run', '=', run)
        .where((where) =>
          where.or([
            where('shard', '>', shard),
            where.and([where('shard', '=', shard), where('ordinal', '>', ordinal)]),
          ]),
        )
        .orderBy('shard')
        .orderBy('ordinal')
        .limit(ROWS_AT_ONCE);
      const rows = await (unresolved ? query.where('resolved_by', 'is', null) : query).execute();
      const last = rows.at(-1);
      if (!last) return;
      after = last;
      yield rows.map(
        (row): Reject => ({
          row: row.row_number,
          key: parseJson(row.row_key) as readonly unknown[],
          problem: parseJson(row.problem) as Problem,
          input: parseJson(row.input),
          resolved_by: row.resolved_by ?? undefined,
        }),
      );
    }
  },
  async resolveRejects(parent, run) {
    await db
      .updateTable('batch_rejects')
      .set({ resolved_by: run })
      .where('run', '=', parent)
      .where('resolved_by', 'is', null)
      .where('row_number', 'not in', (inner) =>
        inner.selectFrom('batch_rejects as again').select('again.row_number').where('again.run', '=', run),
      )
      .execute();
  },
});
