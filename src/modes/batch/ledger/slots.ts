/** Slots: a window of a deployment, or all of its source, and the run that stands for it. */
import type { Transaction } from 'kysely';
import type { Sql } from '../../../store/sql.ts';
import type { Tables } from '../../../store/tables.ts';
import type { Run } from '../types.ts';
import type { Ledger } from './ledger.ts';
import { getRun } from './runs.ts';

type Slot = Pick<Run, 'deployment' | 'slot'>;

/** Somebody inserted the slot between our looking and our writing; now it is there to be looked at. */
export class SlotTaken extends Error {}

/** The run that stands for a slot. Writing the slot's row first puts all who want it in one line, on both databases. */
export const holdSlot = async (trx: Transaction<Tables>, { deployment, slot }: Slot): Promise<Run | undefined> => {
  const held = await trx
    .updateTable('batch_slots')
    .set((row) => ({ run: row.ref('run') }))
    .where('deployment', '=', deployment)
    .where('slot', '=', slot)
    .returning('run')
    .executeTakeFirst();
  return held && getRun(trx, held.run);
};

/** Lets a run be the first that stands for its slot. @throws SlotTaken */
export const fillSlot = async (trx: Transaction<Tables>, { deployment, slot, id }: Run): Promise<void> => {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('batch_slots')
    .values({ deployment, slot, run: id })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) throw new SlotTaken();
};

/** Lets a run stand for its slot in place of another. */
export const handSlot = async (trx: Transaction<Tables>, { deployment, slot, id }: Run): Promise<void> => {
  await trx
    .updateTable('batch_slots')
    .set({ run: id })
    .where('deployment', '=', deployment)
    .where('slot', '=', slot)
    .execute();
};

export const openSlots = ({ db }: Sql): Pick<Ledger, 'slot'> => ({
  async slot(deployment, slot) {
    const row = await db
      .selectFrom('batch_slots')
      .select('run')
      .where('deployment', '=', deployment)
      .where('slot', '=', slot)
      .executeTakeFirst();
    return row && getRun(db, row.run);
  },
});
