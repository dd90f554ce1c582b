/** What becomes of a run that has an owner: its lease goes on, is given back, ends with the run, or is taken away. */
import { fail } from '../../../core/errors.ts';
import { jsonText } from '../../../files/cells.ts';
import type { Sql } from '../../../store/sql.ts';
import type { LeaseClock } from './lease.ts';
import type { Ledger } from './ledger.ts';
import { getRun, lost, unknown } from './runs.ts';

export const openLeases = (
  { db }: Sql,
  { now, leaseEnd, isFree }: LeaseClock,
): Pick<Ledger, 'beat' | 'release' | 'end' | 'cancel'> => ({
  async beat(run, owner) {
    const row = await db
      .updateTable('batch_runs')
      .set({ lease_until: leaseEnd() })
      .where('id', '=', run)
      .where('owner', '=', owner)
      .where('status', '=', 'running')
      .returning('cancelled_by')
      .executeTakeFirst();
    if (!row) return 'lost';
    return row.cancelled_by === null ? 'kept' : 'cancelled';
  },
  async release(run, owner) {
    const free = { owner: null, lease_until: now() };
    await db.updateTable('batch_runs').set(free).where('id', '=', run).where('owner', '=', owner).execute();
  },
  async end(run, owner, status, summary, problem) {
    const { numUpdatedRows } = await db
      .updateTable('batch_runs')
      .set({
        status,
        owner: null,
        finished_at: summary.finished_at,
        rows_in: summary.rows_in,
        rows_out: summary.rows_out,
        rows_rejected: summary.rows_rejected,
        summary: jsonText(summary),
        problem: problem === undefined ? null : jsonText(problem),
      })
      .where('id', '=', run)
      .where('owner', '=', owner)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw lost(run);
  },
  async cancel(id, who) {
    return db.transaction().execute(async (trx) => {
      await trx
        .updateTable('batch_runs')
        .set({ cancelled_by: who })
        .where('id', '=', id)
        .where('status', '=', 'running')
        .execute();
      const run = await getRun(trx, id);
      if (!run) throw unknown(id);
      if (run.status !== 'running') {
        throw fail('USAGE', `The run ${id} is ${run.status} already`, {
          expected: 'a run that is running',
          got: run.status,
        });
      }
      if (!isFree(run, '')) return { run, at: 'its next step' as const };
      await trx
        .updateTable('batch_runs')
        .set({ status: 'cancelled', owner: null, finished_at: now() })
        .where('id', '=', id)
        .execute();
      return { run: { ...run, status: 'cancelled' as const }, at: 'once' as const };
    });
  },
});
