/** The rows that runs have rejected, by the shard that they stood in and their place in it. */
import type { Problem } from '../../../core/errors.ts';
import { jsonText } from '../../../files/cells.ts';
import type { Sql } from '../../../store/sql.ts';
import { parseJson } from '../../../text/json.ts';
import type { Reject } from '../types.ts';
import type { Ledger } from './ledger.ts';

/** Rejects in one statement: SQLite binds at most 32,766 values. */
const ROWS_AT_ONCE = 500;

export const openRejects = ({ db }: Sql): Pick<Ledger, 'keepRejects' | 'rejects' | 'resolveRejects'> => ({
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
