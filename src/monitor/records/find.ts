/** Finding a prediction again by its id. */
import type { Kysely } from 'kysely';
import type { PredictionRow, Tables } from '../../store/tables.ts';
import { SHADOW } from '../comparison/shadow.ts';
import type { Kept, Prediction } from './records.ts';

/** The other name of a call's only row. */
const alias = (id: string): string => (id.endsWith('.0') ? id.slice(0, -2) : `${id}.0`);

const predictionOf = ({
  seq: _,
  coerced,
  output,
  error,
  experiment,
  ...rest
}: Omit<PredictionRow, 'seq'> & { readonly seq: number }): Prediction => ({
  ...rest,
  ...(experiment !== '' && { experiment }),
  coerced: coerced !== 0,
  output: output ?? undefined,
  error: error ?? undefined,
});

/** The last predictions of a model, the last one first. */
export const recentRecords = async (
  db: Kysely<Tables>,
  model: string,
  most: number,
): Promise<readonly Prediction[]> => {
  const query = db.selectFrom('predictions').selectAll().where('model', '=', model).where('variant', '!=', SHADOW);
  return (await query.orderBy('seq', 'desc').limit(most).execute()).map(predictionOf);
};

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
  return { ...predictionOf(found), ...(label && { label }) };
};
