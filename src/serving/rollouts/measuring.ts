/**
 * Losses of predictions as labels tell them, added to what is known of a rollout: page by page, each page with its mark in one transaction,
 * so that any number of processes add each prediction once.
 */
import { sql as raw, type Transaction } from 'kysely';
import { parseMetric, type RowLoss } from '../../monitor/comparison/loss.ts';
import { SHADOW_SUFFIX } from '../../monitor/comparison/shadow.ts';
import type { Sql } from '../../store/sql.ts';
import type { Tables } from '../../store/tables.ts';
import { CANDIDATE, STABLE } from '../route.ts';
import { type ComparedLabels, comparedName, isOfLabels } from './compared.ts';
import { addLosses, type MeasuredRow, type Measures } from './measures.ts';
import { experimentOf, type Rollout } from './rollout.ts';

/** Labels that are looked at together. */
const PAGE_LABELS = 2000;
/** PostgreSQL commits labels in another order than it counts them: so many are looked at again. */
const LOOK_BACK_LABELS = 10_000;
/** How long the record of a shadow may come after that of the answer, in milliseconds. */
const SHADOW_MS = 10_000;
/** Statements take only so many parameters. */
const PART_ROWS = 400;

type Values = Readonly<Record<string, unknown>>;

/** What is known of a rollout, which nobody else changes until the transaction is over. */
const take = async (trx: Transaction<Tables>, rollout: string) => {
  const { mark, measures } = await trx
    .insertInto('rollout_measures')
    .values({ rollout, turn: 0, mark: 0, measures: '{}' })
    .onConflict((conflict) => conflict.column('rollout').doUpdateSet({ turn: raw<number>`rollout_measures.turn + 1` }))
    .returning(['mark', 'measures'])
    .executeTakeFirstOrThrow();
  return { mark: Number(mark), measures: JSON.parse(measures) as Measures };
};

/** Labels of predictions that were answered within the rollout and are not counted yet, with what the shadow said of the same row. */
const labelledIn = (trx: Transaction<Tables>, rollout: Rollout, from: number, to: number) =>
  trx
    .selectFrom('labels')
    .innerJoin('recorded', 'recorded.id', 'labels.id')
    .innerJoin('served', 'served.id', 'recorded.served')
    .leftJoin('recorded as shadow', (join) =>
      join.on('shadow.id', '=', raw<string>`labels.id || ${raw.lit(SHADOW_SUFFIX)}`),
    )
    .select(['labels.seq', 'labels.id', 'labels.truth', 'served.variant', 'recorded.at', 'recorded.output'])
    .select('shadow.output as shadow_output')
    .select('shadow.id as shadow_id')
    .where('labels.seq', '>', from)
    .where('labels.seq', '<=', to)
    .where('served.deployment', '=', rollout.deployment)
    .where('served.experiment', '=', experimentOf(rollout))
    .where('served.variant', 'in', [STABLE, CANDIDATE])
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('rollout_labelled')
            .select('rollout_labelled.id')
            .whereRef('rollout_labelled.id', '=', 'labels.id')
            .where('rollout_labelled.rollout', '=', rollout.id),
        ),
      ),
    )
    .orderBy('labels.seq')
    .execute();

type LabelledRow = Awaited<ReturnType<typeof labelledIn>>[number];

/** When each step began, the first one first. */
const stepsSince = async (trx: Transaction<Tables>, rollout: string) =>
  trx
    .selectFrom('rollout_moves')
    .select(['step', 'at'])
    .where('rollout', '=', rollout)
    .where('action', 'in', ['start', 'advance'])
    .orderBy('seq')
    .execute();

const valuesOf = (json: string | null): Values => (json === null ? {} : (JSON.parse(json) as Values));

const lossesOf = (lossOf: RowLoss, { truth, variant, output, shadow_output }: LabelledRow): MeasuredRow => {
  const own = lossOf(valuesOf(output), valuesOf(truth));
  if (variant === CANDIDATE) return { candidate: own };
  return {
    stable: own,
    candidate: shadow_output === null ? undefined : lossOf(valuesOf(shadow_output), valuesOf(truth)),
  };
};

const addRows = (
  before: Measures,
  rows: readonly (LabelledRow & { readonly step: number })[],
  { compare = [], steps }: Rollout,
): Measures => {
  const measures: Record<string, Measures[string]> = { ...before };
  for (const compared of compare.filter((one): one is ComparedLabels => isOfLabels(one))) {
    const name = comparedName(compared);
    const { lossOf } = parseMetric(compared.metric, 'INTERNAL');
    for (const [step, own] of Map.groupBy(rows, (row) => row.step)) {
      const of = { compared, metrics: compare.length, step, isShadow: steps[step].share === 0 };
      measures[name] = addLosses(
        measures[name],
        own.map((row) => lossesOf(lossOf, row)),
        of,
      );
    }
  }
  return measures;
};

/** What may be counted now: each prediction once, up to the first one whose shadow may still come. */
const countable = (rows: readonly (LabelledRow & { readonly step: number })[], { steps }: Rollout, now: Date) => {
  const oldest = now.getTime() - SHADOW_MS;
  const awaited = rows.findIndex(
    ({ step, shadow_id, at }) => steps[step].share === 0 && shadow_id === null && Date.parse(at) > oldest,
  );
  const some = awaited === -1 ? rows : rows.slice(0, awaited);
  const first = new Map(some.toReversed().map((row) => [row.id, row]));
  return { counted: some.filter((row) => first.get(row.id) === row), awaited: rows[awaited] };
};

/** Adds the next page; true when there is more. */
const measurePage = async (trx: Transaction<Tables>, rollout: Rollout, lookBack: number, top: number, now: Date) => {
  const { mark, measures } = await take(trx, rollout.id);
  const to = Math.min(top, mark + PAGE_LABELS);
  const rows = await labelledIn(trx, rollout, Math.max(0, mark - lookBack), to);
  const since = await stepsSince(trx, rollout.id);
  const placed = rows.map((row) => ({ ...row, step: Number(since.findLast(({ at }) => at <= row.at)?.step ?? 0) }));
  const { counted, awaited } = countable(placed, rollout, now);
  const end = Math.max(mark, awaited === undefined ? to : Number(awaited.seq) - 1);
  const all = addRows(measures, counted, rollout);
  for (let at = 0; at < counted.length; at += PART_ROWS) {
    const part = counted.slice(at, at + PART_ROWS).map(({ id }) => ({ rollout: rollout.id, id }));
    await trx.insertInto('rollout_labelled').values(part).execute();
  }
  const set = { mark: end, measures: JSON.stringify(all) };
  await trx.updateTable('rollout_measures').set(set).where('rollout', '=', rollout.id).execute();
  return { measures: all, isMore: awaited === undefined && to < top };
};

const lastLabel = async ({ db }: Pick<Sql, 'db'>): Promise<number> => {
  const { last } = await db
    .selectFrom('labels')
    .select(({ fn }) => fn.max('seq').as('last'))
    .executeTakeFirstOrThrow();
  return Number(last ?? 0);
};

/** Labels from before the rollout are about none of its predictions. */
export const startMeasures = async (trx: Transaction<Tables>, rollout: string): Promise<void> => {
  const mark = await lastLabel({ db: trx });
  await trx.insertInto('rollout_measures').values({ rollout, turn: 0, mark, measures: '{}' }).execute();
};

/** What is known of a rollout so far. */
export const measuredSoFar = async ({ db }: Sql, rollout: string): Promise<Measures> => {
  const query = db.selectFrom('rollout_measures').select('measures').where('rollout', '=', rollout);
  const row = await query.executeTakeFirst();
  return row === undefined ? {} : (JSON.parse(row.measures) as Measures);
};

export const measureLabels = async ({ db, kind }: Sql, rollout: Rollout, now: Date): Promise<Measures> => {
  if (rollout.compare === undefined || rollout.compare.length === 0) return {};
  const top = await lastLabel({ db });
  const query = db.selectFrom('rollout_measures').select(['mark', 'measures']).where('rollout', '=', rollout.id);
  const before = await query.executeTakeFirst();
  if (before !== undefined && Number(before.mark) >= top) return JSON.parse(before.measures) as Measures;
  const lookBack = kind === 'sqlite' ? 0 : LOOK_BACK_LABELS;
  for (;;) {
    const page = await db.transaction().execute((trx) => measurePage(trx, rollout, lookBack, top, now));
    if (!page.isMore) return page.measures;
  }
};
