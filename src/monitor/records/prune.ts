/** Removing what need not be kept, in parts: nobody waits long for the database meanwhile. */
import type { Kysely, SelectQueryBuilder } from 'kysely';
import type { Tables } from '../../store/tables.ts';
import type { Retention } from './records.ts';

/** Predictions removed at a time. */
const PRUNE_ROWS = 2000;

/** Removes predictions, and their truths with them. */
const remove = (
  db: Kysely<Tables>,
  chosen: SelectQueryBuilder<Tables, 'recorded', { readonly seq: number }>,
): Promise<number> =>
  db.transaction().execute(async (trx) => {
    const gone = await trx.deleteFrom('recorded').where('seq', 'in', chosen).returning('id').execute();
    const ids = gone.map(({ id }) => id);
    if (ids.length > 0) {
      await trx.deleteFrom('labels').where('id', 'in', ids).execute();
      await trx.deleteFrom('keyed_predictions').where('id', 'in', ids).execute();
    }
    return ids.length;
  });

/** How many were removed of those that are too old, or too many. */
export const pruneRecords = async (db: Kysely<Tables>, { before, most }: Retention): Promise<number> => {
  const oldest = db.selectFrom('recorded').select('seq').limit(PRUNE_ROWS);
  let removed = 0;
  // Each by its own index: asked for both at once, databases look at every prediction there is. Clocks may be wrong, so
  // what is old by its time need not be what was written first.
  if (before !== undefined) {
    removed += await remove(db, oldest.where('at', '<', before.toISOString()).orderBy('at'));
  }
  if (most !== undefined) {
    const { last } = await db
      .selectFrom('recorded')
      .select(({ fn }) => fn.max('seq').as('last'))
      .executeTakeFirstOrThrow();
    removed += await remove(db, oldest.where('seq', '<=', Number(last ?? 0) - most).orderBy('seq'));
  }
  return removed;
};
