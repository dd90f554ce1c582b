/**
 * Who is at work on which run: one process at a time, and another when that one is gone.
 *
 * Invariants: a slot stands for one run; a run has one owner at most, which only that owner and the end of its lease change; a run
 * that has ended has none.
 */
import { fail } from '../../../core/errors.ts';
import { invariant } from '../../../core/invariant.ts';
import { jsonText } from '../../../files/cells.ts';
import type { Sql } from '../../../store/sql.ts';
import type { BatchRunRow } from '../../../store/tables.ts';
import { isGone } from '../owner.ts';
import type { Run } from '../types.ts';
import type { Claim, Ledger, NewRun } from './ledger.ts';
import { type Db, getRun, lost, runOf, unknown } from './runs.ts';

/** How long others keep away from a run after its owner was last heard of, in milliseconds. */
export const LEASE = 60_000;

/** Failures after which a run has to begin anew, since going on would end in the same. */
const startsOver: ReadonlySet<string> = new Set([
  'TOO_MANY_REJECTS',
  'DUPLICATE_KEY',
  'BAD_SOURCE',
  'BAD_SINK',
  'BAD_FILE',
]);

const canGoOn = (run: Run, settings: string): boolean =>
  run.settings === settings &&
  (run.status === 'running' || (run.status === 'failed' && !startsOver.has(run.problem?.code ?? 'INTERNAL')));

class SlotTaken extends Error {}

export const openClaims = (
  { db }: Sql,
  clock: () => Date,
): Pick<Ledger, 'claim' | 'beat' | 'release' | 'end' | 'cancel'> => {
  const now = (): string => clock().toISOString();
  const leaseEnd = (): string => new Date(clock().getTime() + LEASE).toISOString();
  const isFree = (run: Run, owner: string): boolean =>
    run.owner === undefined || run.owner === owner || run.lease_until < now() || isGone(run.owner);

  const insert = async (on: Db, wanted: NewRun, owner: string): Promise<Run> => {
    const { window, parent, ...rest } = wanted;
    const row: BatchRunRow = {
      ...rest,
      parent: parent ?? null,
      window_from: window?.from ?? null,
      window_to: window?.to ?? null,
      status: 'running',
      plan: null,
      owner,
      lease_until: leaseEnd(),
      cancelled_by: null,
      started_at: now(),
      finished_at: null,
      rows_in: 0,
      rows_out: 0,
      rows_rejected: 0,
      problem: null,
      summary: null,
      reacted: 0,
    };
    await on.insertInto('batch_runs').values(row).execute();
    return runOf(row);
  };

  const take = async (on: Db, run: Run, owner: string): Promise<Run> => {
    invariant(isFree(run, owner), "a run that is taken is nobody else's");
    const change = {
      owner,
      lease_until: leaseEnd(),
      status: 'running',
      finished_at: null,
      problem: null,
      cancelled_by: null,
    } as const;
    await on.updateTable('batch_runs').set(change).where('id', '=', run.id).execute();
    return { ...run, owner, status: 'running', finished_at: undefined, problem: undefined };
  };

  /**
   * Every run of the slot that came to nothing since the last that was whole. It is asked each time: the process that
   * was told before may not have lived long enough to remove anything.
   */
  const dropsOf = async (on: Db, { id, deployment, slot }: Run): Promise<readonly string[]> => {
    const rows = await on
      .selectFrom('batch_runs')
      .select('id')
      .where('deployment', '=', deployment)
      .where('slot', '=', slot)
      .where('id', '<>', id)
      .where('status', 'in', ['cancelled', 'failed'])
      .where('started_at', '>=', (inner) =>
        inner
          .selectFrom('batch_runs as whole')
          .select((whole) => whole.fn.coalesce(whole.fn.max('whole.started_at'), whole.val('')).as('since'))
          .where('whole.deployment', '=', deployment)
          .where('whole.slot', '=', slot)
          .where('whole.status', '=', 'finished'),
      )
      .orderBy('started_at')
      .execute();
    return rows.map((row) => row.id);
  };

  const claim: Ledger['claim'] = (wanted, owner, force) =>
    db.transaction().execute(async (trx): Promise<Claim> => {
      const { deployment, slot } = wanted;
      // Writing the slot's row first puts all who want it in one line, on both databases.
      const held = await trx
        .updateTable('batch_slots')
        .set((row) => ({ run: row.ref('run') }))
        .where('deployment', '=', deployment)
        .where('slot', '=', slot)
        .returning('run')
        .executeTakeFirst();
      const before = held && (await getRun(trx, held.run));
      if (before) {
        if (before.status === 'running' && !isFree(before, owner)) return { what: 'busy', run: before };
        if (before.status === 'finished' && !force) return { what: 'done', run: before };
        if (!force && canGoOn(before, wanted.settings)) {
          return { what: 'continued', run: await take(trx, before, owner), drops: await dropsOf(trx, before) };
        }
      }
      const run = await insert(trx, wanted, owner);
      if (before === undefined) {
        const { numInsertedOrUpdatedRows } = await trx
          .insertInto('batch_slots')
          .values({ deployment, slot, run: run.id })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (numInsertedOrUpdatedRows === 0n) throw new SlotTaken();
        return { what: 'begun', run, drops: [] };
      }
      await trx
        .updateTable('batch_slots')
        .set({ run: run.id })
        .where('deployment', '=', deployment)
        .where('slot', '=', slot)
        .execute();
      if (before.status === 'running') {
        await trx
          .updateTable('batch_runs')
          .set({ status: 'cancelled', owner: null, finished_at: now() })
          .where('id', '=', before.id)
          .execute();
      }
      return { what: 'begun', run, drops: await dropsOf(trx, run) };
    });

  return {
    async claim(wanted, owner, force) {
      try {
        return await claim(wanted, owner, force);
      } catch (error) {
        // Somebody inserted the slot between our looking and our writing; now it is there to be looked at.
        if (error instanceof SlotTaken) return claim(wanted, owner, force);
        throw error;
      }
    },
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
  };
};
