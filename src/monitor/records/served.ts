/** What answered: deployment, model and variant, which many predictions share and each names by a number. */
import type { Kysely } from 'kysely';
import type { ServedRow, Tables } from '../../store/tables.ts';

export interface Served extends Omit<ServedRow, 'id' | 'experiment'> {
  /** The rollout within which it answered; none unless given. */
  readonly experiment?: string | undefined;
}

export const isSame = (a: Served, b: Served): boolean =>
  a.digest === b.digest &&
  a.deployment === b.deployment &&
  a.model === b.model &&
  a.version === b.version &&
  a.variant === b.variant &&
  (a.experiment ?? '') === (b.experiment ?? '');

/** The number of what answered, for one who asks again and again: the database is asked once for each. */
export const createServedIds = (db: Kysely<Tables>): ((one: Served) => Promise<number>) => {
  const known: (Served & { readonly id: number })[] = [];
  return async (one) => {
    const before = known.find((served) => isSame(served, one));
    if (before !== undefined) return before.id;
    const { deployment, model, version, digest, variant, experiment = '' } = one;
    const served = { deployment, model, version, digest, variant, experiment };
    const add = db.insertInto('served').values(served);
    await add.onConflict((conflict) => conflict.doNothing()).execute();
    const query = db
      .selectFrom('served')
      .select('id')
      .where((where) => where.and(served));
    const { id } = await query.executeTakeFirstOrThrow();
    known.push({ ...served, id });
    return id;
  };
};
