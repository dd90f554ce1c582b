/**
 * Predictions on their way to labels that were told before them. A key is indexed as predictions come, page by page, each page with
 * its mark in one transaction: a process that ends between two of them loses nothing, and the next one goes on there.
 */
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Sql } from '../../store/sql.ts';
import type { Tables } from '../../store/tables.ts';
import { SHADOW } from '../comparison/shadow.ts';
import { type GivenCounts, giveTruths } from './give.ts';
import { keyOfRecord, type LabelKey, takeKey } from './label-key.ts';
import { type KeyCoverage, type LabelJoin, type LabellingCounts, NO_LABELS } from './labels.ts';
import { inParts } from './parts.ts';

/** Places of records that are looked at together. */
const PAGE_ROWS = 4000;
/** Waiting labels that are looked at together. */
const WAITING_ROWS = 500;
/** PostgreSQL commits records in another order than it counts them: so many are looked at again. */
const LOOK_BACK_ROWS = 10_000;

const toTruth = (json: string): Readonly<Record<string, unknown>> => JSON.parse(json);

const adding = (counts: LabellingCounts, given: GivenCounts, matched: number): LabellingCounts => ({
  ...counts,
  matched: counts.matched + matched,
  labelled: counts.labelled + given.labelled,
  same: counts.same + given.same,
  unfit: counts.unfit + given.unfit,
  ...((counts.firstUnfit ?? given.firstUnfit) !== undefined && { firstUnfit: counts.firstUnfit ?? given.firstUnfit }),
});

/** Records of a deployment between two places, that are not in the index. */
const recordsIn = (trx: Transaction<Tables>, { id, deployment }: LabelKey, from: number, to: number) =>
  trx
    .selectFrom('recorded')
    .innerJoin('served', 'served.id', 'recorded.served')
    .select(['recorded.seq', 'recorded.id', 'recorded.input'])
    .where('served.deployment', '=', deployment)
    .where('served.variant', '!=', SHADOW)
    .where('recorded.seq', '>', from)
    .where('recorded.seq', '<=', to)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('keyed_predictions')
            .select('keyed_predictions.id')
            .whereRef('keyed_predictions.id', '=', 'recorded.id')
            .where('label_key', '=', id),
        ),
      ),
    )
    .orderBy('recorded.seq')
    .execute();

interface PageEnd {
  readonly to: number;
  readonly counts: LabellingCounts;
  readonly key: LabelKey;
}

/** Indexes one page, and gives what was told of its keys. */
const matchPage = async (
  trx: Transaction<Tables>,
  {
    join,
    from,
    top,
    at,
  }: { readonly join: LabelJoin; readonly from: number; readonly top: number; readonly at: string },
): Promise<PageEnd> => {
  const key = await takeKey(trx, join);
  const to = Math.min(top, from + PAGE_ROWS);
  const records = await recordsIn(trx, key, from, to);
  const keyed = records.flatMap(({ id, input }) => {
    const value = keyOfRecord(join, { id, input });
    return value === undefined ? [] : [{ label_key: key.id, value, id }];
  });
  for (const some of inParts(keyed)) {
    const add = trx.insertInto('keyed_predictions').values(some);
    await add.onConflict((conflict) => conflict.doNothing()).execute();
  }
  const idsOf = Map.groupBy(keyed, ({ value }) => value);
  let counts = NO_LABELS;
  for (const some of inParts([...idsOf.keys()])) {
    const told = await trx
      .selectFrom('told_labels')
      .select(['value', 'truth'])
      .where('label_key', '=', key.id)
      .where('value', 'in', some)
      .orderBy('seq')
      .execute();
    const given = told.flatMap(({ value, truth }) =>
      (idsOf.get(value) ?? []).map(({ id }) => ({ id, truth: toTruth(truth) })),
    );
    counts = adding(counts, await giveTruths(trx, given, { at }), new Set(told.map(({ value }) => value)).size);
  }
  const fresh = records.filter(({ seq }) => Number(seq) > key.indexedTo);
  const freshIds = new Set(fresh.map(({ id }) => id));
  const now = {
    indexed_to: Math.max(to, key.indexedTo),
    predictions: key.predictions + fresh.length,
    keyed: key.keyed + keyed.filter(({ id }) => freshIds.has(id)).length,
  };
  await trx.updateTable('label_keys').set(now).where('id', '=', key.id).execute();
  return { to, counts, key: { ...key, ...now } };
};

/** Labels by id whose prediction has come meanwhile: a call's only row goes by two names. */
const matchIds = async (trx: Transaction<Tables>, join: LabelJoin, at: string): Promise<LabellingCounts> => {
  const key = await takeKey(trx, join);
  const found = await trx
    .selectFrom('told_labels')
    .innerJoin('recorded', (on) =>
      on.on(({ or, eb, ref }) =>
        or([
          eb('recorded.id', '=', ref('told_labels.value')),
          eb('recorded.id', '=', sql<string>`told_labels.value || '.0'`),
        ]),
      ),
    )
    .innerJoin('served', 'served.id', 'recorded.served')
    .select(['told_labels.seq', 'recorded.id', 'told_labels.truth'])
    .where('label_key', '=', key.id)
    .where('served.deployment', '=', join.deployment)
    .orderBy('told_labels.seq')
    .limit(WAITING_ROWS)
    .execute();
  const given = await giveTruths(
    trx,
    found.map(({ id, truth }) => ({ id, truth: toTruth(truth) })),
    { at },
  );
  const seqs = found.map(({ seq }) => seq);
  if (seqs.length > 0) await trx.deleteFrom('told_labels').where('seq', 'in', seqs).execute();
  return adding(NO_LABELS, given, found.length);
};

/** Labels that have waited long enough. */
const forgetOld = async (db: Kysely<Tables>, { deployment, key, waitMs }: LabelJoin, now: Date): Promise<void> => {
  if (waitMs === undefined) return;
  const own = db
    .selectFrom('label_keys')
    .select('id')
    .where('deployment', '=', deployment)
    .where('fields', '=', JSON.stringify(key));
  const oldest = new Date(now.getTime() - waitMs).toISOString();
  await db.deleteFrom('told_labels').where('at', '<', oldest).where('label_key', 'in', own).execute();
};

const merged = (a: LabellingCounts, b: LabellingCounts): LabellingCounts => adding(a, b, b.matched);

export const matchLabels = async (
  { db, kind }: Sql,
  join: LabelJoin,
  now: Date,
): Promise<LabellingCounts & KeyCoverage> => {
  const at = now.toISOString();
  await forgetOld(db, join, now);
  let counts = NO_LABELS;
  if (join.key.length === 0) {
    for (;;) {
      const found = await db.transaction().execute((trx) => matchIds(trx, join, at));
      counts = merged(counts, found);
      if (found.matched < WAITING_ROWS) return { ...counts, predictions: 0, keyed: 0 };
    }
  }
  const { last } = await db
    .selectFrom('recorded')
    .select(({ fn }) => fn.max('seq').as('last'))
    .executeTakeFirstOrThrow();
  const top = Number(last ?? 0);
  const start = await db.transaction().execute((trx) => takeKey(trx, join));
  let { predictions, keyed } = start;
  let from = kind === 'sqlite' ? start.indexedTo : Math.max(0, start.indexedTo - LOOK_BACK_ROWS);
  while (from < top) {
    const place = { join, from, top, at };
    const page = await db.transaction().execute((trx) => matchPage(trx, place));
    counts = merged(counts, page.counts);
    ({ predictions, keyed } = page.key);
    from = page.to;
  }
  return { ...counts, predictions, keyed };
};
