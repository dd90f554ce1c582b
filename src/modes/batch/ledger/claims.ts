/**
 * Who does which slot: one process at a time, and another when that one is gone.
 *
 * Invariants: a slot stands for one run; a run has one owner at most, which only that owner and the end of its lease change; a run
 * that has ended has none.
 */
import type { Transaction } from 'kysely';
import { invariant } from '../../../core/invariant.ts';
import type { BatchRunRow } from '../../../store/batch-tables.ts';
import type { Sql } from '../../../store/sql.ts';
import type { Tables } from '../../../store/tables.ts';
import type { Run } from '../types.ts';
import type { LeaseClock } from './lease.ts';
import type { Claim, Ledger, NewRun } from './ledger.ts';
import { runOf } from './runs.ts';
import { fillSlot, handSlot, holdSlot, SlotTaken } from './slots.ts';

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

const begin = async (
  trx: Transaction<Tables>,
  { window, parent, ...rest }: NewRun,
  owner: string,
  { now, leaseEnd }: LeaseClock,
): Promise<Run> => {
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
  await trx.insertInto('batch_runs').values(row).execute();
  return runOf(row);
};

const goOn = async (trx: Transaction<Tables>, run: Run, owner: string, clock: LeaseClock): Promise<Run> => {
  invariant(clock.isFree(run, owner), "a run that is taken is nobody else's");
  const change = {
    owner,
    lease_until: clock.leaseEnd(),
    status: 'running',
    finished_at: null,
    problem: null,
    cancelled_by: null,
  } as const;
  await trx.updateTable('batch_runs').set(change).where('id', '=', run.id).execute();
  return { ...run, owner, status: 'running', finished_at: undefined, problem: undefined };
};

/**
 * Every run of the slot that came to nothing since the last that was whole. It is asked each time: the process that
 * was told before may not have lived long enough to remove anything.
 */
const dropsOf = async (trx: Transaction<Tables>, { id, deployment, slot }: Run): Promise<readonly string[]> => {
  const rows = await trx
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

export const openClaims = ({ db }: Sql, clock: LeaseClock): Pick<Ledger, 'claim'> => {
  const claim: Ledger['claim'] = (wanted, owner, force) =>
    db.transaction().execute(async (trx): Promise<Claim> => {
      const before = await holdSlot(trx, wanted);
      if (before === undefined) {
        const run = await begin(trx, wanted, owner, clock);
        await fillSlot(trx, run);
        return { what: 'begun', run, drops: [] };
      }
      if (before.status === 'running' && !clock.isFree(before, owner)) return { what: 'busy', run: before };
      if (before.status === 'finished' && !force) return { what: 'done', run: before };
      if (!force && canGoOn(before, wanted.settings)) {
        return { what: 'continued', run: await goOn(trx, before, owner, clock), drops: await dropsOf(trx, before) };
      }
      const run = await begin(trx, wanted, owner, clock);
      await handSlot(trx, run);
      if (before.status === 'running') {
        await trx
          .updateTable('batch_runs')
          .set({ status: 'cancelled', owner: null, finished_at: clock.now() })
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
        if (error instanceof SlotTaken) return claim(wanted, owner, force);
        throw error;
      }
    },
  };
};
