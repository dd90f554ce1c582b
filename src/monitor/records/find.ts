/** Finding a prediction again by its id. */
import type { Kysely } from 'kysely';
import type { Tables } from '../../store/tables.ts';
import type { Kept } from './records.ts';

/** The other name of a call's only row. */
const alias = (id: string): string => (id.endsWith('.0') ? id.slice(0, -2) : `${id}.0`);

export const findRecord = async (db: Kysely<Tables>, id: string): Promise<Kept | undefined> => {
  const found = await db
    .selectFrom('predictions')
    .selectAll()
    .where('id', 'in', [id, alias(id)])
    .orderBy('seq')
    .executeTakeFirst();
  if (found === undefined) return undefined;
  const label = await db
    .selectFrom('labels')
    .select(['at', 'truth'])
    .where('id', '=', found.id)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  const { seq: _, coerced, output, error, ...rest } = found;
  return {
    ...rest,
    coerced: coerced !== 0,
    output: output ?? undefined,
    error: error ?? undefined,
    ...(label && { label }),
  };
};
