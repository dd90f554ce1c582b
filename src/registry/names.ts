import type { Kysely } from 'kysely';
import type { Tables } from '../store/tables.ts';

/** Of every registered model, sorted. */
export const namesOf = async (db: Kysely<Tables>): Promise<readonly string[]> =>
  (await db.selectFrom('models').select('name').orderBy('name').execute()).map(({ name }) => name);
