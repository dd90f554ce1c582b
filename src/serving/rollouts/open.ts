/** The rollouts of Millrace's store. */
import { randomBytes } from 'node:crypto';
import { sql as raw } from 'kysely';
import { fail } from '../../core/errors.ts';
import { addValues, type Bets, startBets } from '../../monitor/comparison/betting.ts';
import type { Sql } from '../../store/sql.ts';
import { CANDIDATE, STABLE, type Variant } from '../route.ts';
import { measuredSoFar, measureLabels, startMeasures } from './measuring.ts';
import { NO_COUNTS, type Rollout, type RolloutMove, type StepFigures, type VariantCounts } from './rollout.ts';
import type { RolloutChange, Rollouts } from './rollouts.ts';
import { columnsOf, countsOf, rolloutOf, rowOfRollout } from './stored.ts';

const MOST_LISTED = 100;
const ID_BYTES = 6;
const AT_WORK = ['running', 'paused'] as const;

const moveRow = ({ id, step }: Pick<Rollout, 'id' | 'step'>, change: RolloutChange, at: string) => {
  const { action, who, why = null, verdicts = [] } = change;
  return { rollout: id, action, step, who, why, at, verdicts: JSON.stringify(verdicts) };
};

/** As a move leaves it behind: a step that is new has its own times. */
const changed = (rollout: Rollout, { status, step, held }: RolloutChange, at: string): Rollout => {
  const moved = { ...rollout, status: status ?? rollout.status, held, turn: rollout.turn + 1 };
  return step === undefined || step === rollout.step
    ? moved
    : { ...moved, step, stepSince: at, slowMs: undefined, share: undefined };
};

const runs = (deployment: string) =>
  fail('ROLLOUT_RUNS', `${deployment} has a rollout already; it is finished or aborted first.`, {
    expected: 'a deployment without a rollout at work (millrace rollout status)',
    got: deployment,
  });

const openCounts = ({ db }: Sql): Pick<Rollouts, 'count' | 'counts'> => {
  const add = async (rollout: string, step: number, variant: Variant, counts: VariantCounts): Promise<void> => {
    const columns = columnsOf(counts);
    const names = Object.keys(columns) as readonly (keyof typeof columns)[];
    await db
      .insertInto('rollout_counts')
      .values({ rollout, step, variant, ...columns })
      .onConflict((conflict) =>
        conflict
          .columns(['rollout', 'step', 'variant'])
          .doUpdateSet(
            Object.fromEntries(
              names.map((name) => [name, raw<number>`${raw.ref(`rollout_counts.${name}`)} + ${columns[name]}`]),
            ),
          ),
      )
      .execute();
  };
  /** Who writes the row first has it alone until all is written. */
  const bet = async (rollout: string, step: number, pairs: readonly number[]): Promise<void> => {
    await db.transaction().execute(async (trx) => {
      const { bets } = await trx
        .insertInto('rollout_bets')
        .values({ rollout, step, turn: 0, bets: JSON.stringify(startBets()) })
        .onConflict((conflict) =>
          conflict.columns(['rollout', 'step']).doUpdateSet((row) => ({ turn: row('rollout_bets.turn', '+', 1) })),
        )
        .returning('bets')
        .executeTakeFirstOrThrow();
      const added = addValues(
        JSON.parse(bets),
        pairs.map((difference) => (difference + 1) / 2),
      );
      const own = trx.updateTable('rollout_bets').set({ bets: JSON.stringify(added) });
      await own.where('rollout', '=', rollout).where('step', '=', step).execute();
    });
  };
  return {
    async count(id, step, { stable, candidate }, pairs = []) {
      await add(id, step, STABLE, stable);
      await add(id, step, CANDIDATE, candidate);
      if (pairs.length > 0) await bet(id, step, pairs);
    },
    async counts(id) {
      const rows = await db.selectFrom('rollout_counts').selectAll().where('rollout', '=', id).execute();
      const bets = await db.selectFrom('rollout_bets').select(['step', 'bets']).where('rollout', '=', id).execute();
      const most = rows.reduce((step, row) => Math.max(step, Number(row.step)), -1);
      const found = (step: number, variant: Variant): VariantCounts => {
        const row = rows.find((one) => Number(one.step) === step && one.variant === variant);
        return row === undefined ? NO_COUNTS : countsOf(row);
      };
      const betsOf = (step: number): Bets | undefined => {
        const own = bets.find((one) => Number(one.step) === step);
        return own && JSON.parse(own.bets);
      };
      return Array.from({ length: most + 1 }, (_, step): StepFigures => {
        return { stable: found(step, STABLE), candidate: found(step, CANDIDATE), bets: betsOf(step) };
      });
    },
  };
};

/** What changes a rollout, each with its row in the history. */
const openMoves = ({ db }: Sql, now: () => string): Pick<Rollouts, 'start' | 'move' | 'moves'> => ({
  start: (plan, signed) =>
    db.transaction().execute(async (trx) => {
      const at = now();
      const id = `r-${randomBytes(ID_BYTES).toString('hex')}`;
      const row = rowOfRollout({ ...plan, id, status: 'running', turn: 0, step: 0, stepSince: at, startedAt: at });
      const added = trx.insertInto('rollouts').values(row);
      const { numInsertedOrUpdatedRows = 0n } = await added
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 0n) throw runs(plan.deployment);
      const rollout = rolloutOf(row);
      await trx
        .insertInto('rollout_moves')
        .values(moveRow(rollout, { action: 'start', ...signed }, at))
        .execute();
      if (plan.compare !== undefined) await startMeasures(trx, id);
      return rollout;
    }),
  move: (rollout, change) =>
    db.transaction().execute(async (trx) => {
      const at = now();
      const moved = changed(rollout, change, at);
      const { id, deployment: _, plan: __, ...row } = rowOfRollout(moved);
      const { numUpdatedRows } = await trx
        .updateTable('rollouts')
        .set(row)
        .where('id', '=', id)
        .where('turn', '=', rollout.turn)
        .where('status', 'in', AT_WORK)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return undefined;
      await trx
        .insertInto('rollout_moves')
        .values(moveRow(moved, change, at))
        .execute();
      return moved;
    }),
  async moves(id) {
    const rows = await db.selectFrom('rollout_moves').selectAll().where('rollout', '=', id).orderBy('seq').execute();
    return rows.map(
      ({ action, step, who, why, at, verdicts }): RolloutMove => ({
        action,
        step: Number(step),
        who,
        why: why ?? undefined,
        at,
        verdicts: JSON.parse(verdicts),
      }),
    );
  },
});

const openLooks = ({ db }: Sql): Pick<Rollouts, 'atWork' | 'list' | 'find'> => ({
  async atWork() {
    return (await db.selectFrom('rollouts').selectAll().where('status', 'in', AT_WORK).execute()).map(rolloutOf);
  },
  async list(deployment) {
    let query = db.selectFrom('rollouts').selectAll().orderBy('started_at', 'desc').limit(MOST_LISTED);
    if (deployment !== undefined) query = query.where('deployment', '=', deployment);
    return (await query.execute()).map(rolloutOf);
  },
  async find(id) {
    const row = await db.selectFrom('rollouts').selectAll().where('id', '=', id).executeTakeFirst();
    return row && rolloutOf(row);
  },
});

/** The rollouts of a store that others close. @param clock what the time is */
export const openRollouts = (sql: Sql, clock: () => Date): Rollouts => ({
  ...openMoves(sql, () => clock().toISOString()),
  ...openLooks(sql),
  async setSlow({ id, step }, ms) {
    const query = sql.db.updateTable('rollouts').set({ slow_ms: ms }).where('id', '=', id).where('step', '=', step);
    await query.where('slow_ms', 'is', null).execute();
  },
  async setShare({ id, step, turn }, share) {
    const query = sql.db.updateTable('rollouts').set({ share }).where('id', '=', id);
    await query.where('step', '=', step).where('turn', '=', turn).execute();
  },
  async hold({ id, step, turn }, held) {
    const query = sql.db
      .updateTable('rollouts')
      .set({ held: held ?? null })
      .where('id', '=', id);
    await query.where('step', '=', step).where('turn', '=', turn).execute();
  },
  ...openCounts(sql),
  measure: (rollout) => measureLabels(sql, rollout, clock()),
  measured: (id) => measuredSoFar(sql, id),
});
