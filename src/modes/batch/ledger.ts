/** The ledger: which runs there are, what they have done, and who is at work on them. Any number of processes share one. */
import type { Kysely, Transaction } from 'kysely';
import { fail, type Problem } from '../../core/errors.ts';
import { jsonText, parseJson } from '../../files/cells.ts';
import type { Sql } from '../../store/sql.ts';
import type { BatchRunRow, Tables } from '../../store/tables.ts';
import { isGone } from './owner.ts';
import type { Cause, Plan, Reject, Run, ShardEntry, Status, Summary } from './types.ts';

/** How long others keep away from a run after its owner was last heard of, in milliseconds. */
export const LEASE = 60_000;
/** Rejects in one statement: SQLite binds at most 32,766 values. */
const ROWS_AT_ONCE = 500;

export interface NewRun {
  readonly id: string;
  readonly deployment: string;
  readonly scope: string;
  readonly slot: string;
  readonly kind: 'run' | 'retry';
  readonly parent?: string | undefined;
  readonly window?: { readonly from: string; readonly to: string } | undefined;
  readonly cause: Cause;
  readonly ref: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly settings: string;
}

/** What came of wanting to do a slot. */
export type Claim =
  /** The run is this owner's now. `drops` are runs whose staged rows nobody will need any more. */
  | { readonly what: 'begun' | 'continued'; readonly run: Run; readonly drops: readonly string[] }
  | { readonly what: 'done'; readonly run: Run }
  | { readonly what: 'busy'; readonly run: Run };

export interface ListOptions {
  readonly deployment?: string | undefined;
  readonly status?: Status | undefined;
  readonly limit: number;
}

export interface Ledger {
  /**
   * Takes a slot: begins a run, or goes on with the one that a process left half done. A finished slot is left alone
   * unless `force`; one in which another process is at work always is.
   */
  claim(wanted: NewRun, owner: string, force: boolean): Promise<Claim>;
  /** Says that the owner is alive. Resolves to `lost` when the run is another's, or was cancelled. */
  beat(run: string, owner: string): Promise<'kept' | 'lost' | 'cancelled'>;
  /** Lets others have the run at once. */
  release(run: string, owner: string): Promise<void>;
  pin(run: string, plan: Plan): Promise<void>;
  /** In order, without gaps. */
  shards(run: string): Promise<readonly ShardEntry[]>;
  addShard(run: string, shard: number, entry: ShardEntry): Promise<void>;
  clearShards(run: string): Promise<void>;
  /** Keeps the rejects of a shard, in place of those of an earlier attempt at it. */
  keepRejects(run: string, shard: number, rejects: readonly Reject[]): Promise<void>;
  /** Pages of rejects, in the order of the source. */
  rejects(run: string, options: { readonly unresolved: boolean }): AsyncIterable<readonly Reject[]>;
  /** Marks the rejects of `parent` that the retry `run` has scored: all those taken up whose keys it did not reject again. */
  resolveRejects(parent: string, run: string): Promise<void>;
  end(
    run: string,
    owner: string,
    status: Exclude<Status, 'running'>,
    summary: Summary,
    problem?: Problem,
  ): Promise<void>;
  reacted(run: string, count: number): Promise<void>;
  /** Asks whoever is at work to stop; a run of nobody is cancelled at once. @throws MillraceError UNKNOWN_RUN, RUN_BUSY */
  cancel(run: string, who: string): Promise<{ readonly run: Run; readonly at: 'once' | 'its next step' }>;
  /** By its id or the first characters of it. @throws MillraceError UNKNOWN_RUN */
  find(id: string): Promise<Run>;
  /** The newest first. */
  list(options: ListOptions): Promise<readonly Run[]>;
  /** The run that stands for a slot. */
  slot(deployment: string, slot: string): Promise<Run | undefined>;
  /** The last run of the deployment that finished, before `run` where that is given. */
  lastFinished(deployment: string, before?: string): Promise<Run | undefined>;
  /** When the last run of this cause began for the deployment. */
  lastStarted(deployment: string, causes: readonly Cause[]): Promise<Run | undefined>;
}

type Db = Kysely<Tables> | Transaction<Tables>;

const json = <T>(text: string | null): T | undefined => (text === null ? undefined : (parseJson(text) as T));

const runOf = (row: BatchRunRow): Run => ({
  id: row.id,
  deployment: row.deployment,
  scope: row.scope,
  slot: row.slot,
  kind: row.kind,
  parent: row.parent ?? undefined,
  window: row.window_from === null ? undefined : { from: row.window_from, to: row.window_to ?? '' },
  cause: row.cause as Cause,
  status: row.status,
  ref: row.ref,
  model: row.model,
  version: row.version,
  digest: row.digest,
  settings: row.settings,
  plan: json<Plan>(row.plan),
  owner: row.owner ?? undefined,
  lease_until: row.lease_until,
  started_at: row.started_at,
  finished_at: row.finished_at ?? undefined,
  rows_in: row.rows_in,
  rows_out: row.rows_out,
  rows_rejected: row.rows_rejected,
  problem: json<Problem>(row.problem),
  summary: json<Summary>(row.summary),
  reacted: row.reacted,
});

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

export const openLedger = ({ db }: Sql, clock: () => Date): Ledger => {
  const now = (): string => clock().toISOString();
  const leaseEnd = (): string => new Date(clock().getTime() + LEASE).toISOString();
  const isFree = (run: Run, owner: string): boolean =>
    run.owner === undefined || run.owner === owner || run.lease_until < now() || isGone(run.owner);

  const get = async (on: Db, id: string): Promise<Run | undefined> => {
    const row = await on.selectFrom('batch_runs').selectAll().where('id', '=', id).executeTakeFirst();
    return row && runOf(row);
  };

  const insert = async (on: Db, wanted: NewRun, owner: string): Promise<Run> => {
    const { window, parent, ...rest } = wanted;
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
    await on.insertInto('batch_runs').values(row).execute();
    return runOf(row);
  };

  const take = async (on: Db, run: Run, owner: string): Promise<Run> => {
    const change = {
      owner,
      lease_until: leaseEnd(),
      status: 'running',
      finished_at: null,
      problem: null,
      cancelled_by: null,
    } as const;
    await on.updateTable('batch_runs').set(change).where('id', '=', run.id).execute();
    return { ...run, owner, status: 'running', finished_at: undefined, problem: undefined };
  };

  const claim: Ledger['claim'] = (wanted, owner, force) =>
    db.transaction().execute(async (trx): Promise<Claim> => {
      const { deployment, slot } = wanted;
      // Writing the slot's row first puts all who want it in one line, on both databases.
      const held = await trx
        .updateTable('batch_slots')
        .set((row) => ({ run: row.ref('run') }))
        .where('deployment', '=', deployment)
        .where('slot', '=', slot)
        .returning('run')
        .executeTakeFirst();
      const before = held && (await get(trx, held.run));
      if (before) {
        if (before.status === 'running' && !isFree(before, owner)) return { what: 'busy', run: before };
        if (before.status === 'finished' && !force) return { what: 'done', run: before };
        if (!force && canGoOn(before, wanted.settings)) {
          return { what: 'continued', run: await take(trx, before, owner), drops: [] };
        }
      }
      const run = await insert(trx, wanted, owner);
      if (before === undefined) {
        const { numInsertedOrUpdatedRows } = await trx
          .insertInto('batch_slots')
          .values({ deployment, slot, run: run.id })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (numInsertedOrUpdatedRows === 0n) throw new SlotTaken();
        return { what: 'begun', run, drops: [] };
      }
      await trx
        .updateTable('batch_slots')
        .set({ run: run.id })
        .where('deployment', '=', deployment)
        .where('slot', '=', slot)
        .execute();
      if (before.status === 'running') {
        await trx
          .updateTable('batch_runs')
          .set({ status: 'cancelled', owner: null, finished_at: now() })
          .where('id', '=', before.id)
          .execute();
      }
      return { what: 'begun', run, drops: before.status === 'finished' ? [] : [before.id] };
    });

  return {
    async claim(wanted, owner, force) {
      try {
        return await claim(wanted, owner, force);
      } catch (error) {
        // Somebody inserted the slot between our looking and our writing; now it is there to be looked at.
        if (error instanceof SlotTaken) return claim(wanted, owner, force);
        throw error;
      }
    },
    async beat(run, owner) {
      const row = await db
        .updateTable('batch_runs')
        .set({ lease_until: leaseEnd() })
        .where('id', '=', run)
        .where('owner', '=', owner)
        .where('status', '=', 'running')
        .returning('cancelled_by')
        .executeTakeFirst();
      if (!row) return 'lost';
      return row.cancelled_by === null ? 'kept' : 'cancelled';
    },
    async release(run, owner) {
      const free = { owner: null, lease_until: now() };
      await db.updateTable('batch_runs').set(free).where('id', '=', run).where('owner', '=', owner).execute();
    },
    async pin(run, plan) {
      await db
        .updateTable('batch_runs')
        .set({ plan: jsonText(plan) })
        .where('id', '=', run)
        .execute();
    },
    async shards(run) {
      const rows = await db
        .selectFrom('batch_shards')
        .select('entry')
        .where('run', '=', run)
        .orderBy('shard')
        .execute();
      return rows.map(({ entry }) => parseJson(entry) as ShardEntry);
    },
    async addShard(run, shard, entry) {
      await db.transaction().execute(async (trx) => {
        const { numInsertedOrUpdatedRows } = await trx
          .insertInto('batch_shards')
          .values({ run, shard, entry: jsonText(entry) })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (numInsertedOrUpdatedRows === 0n) return;
        await trx
          .updateTable('batch_runs')
          .set((row) => ({
            rows_in: row('rows_in', '+', entry.rows_in),
            rows_out: row('rows_out', '+', entry.rows_out),
            rows_rejected: row('rows_rejected', '+', entry.rows_rejected),
          }))
          .where('id', '=', run)
          .execute();
      });
    },
    async clearShards(run) {
      await db.deleteFrom('batch_shards').where('run', '=', run).execute();
      await db.deleteFrom('batch_rejects').where('run', '=', run).execute();
      const none = { rows_in: 0, rows_out: 0, rows_rejected: 0 };
      await db.updateTable('batch_runs').set(none).where('id', '=', run).execute();
    },
    async keepRejects(run, shard, rejects) {
      await db.transaction().execute(async (trx) => {
        await trx.deleteFrom('batch_rejects').where('run', '=', run).where('shard', '>=', shard).execute();
        for (let start = 0; start < rejects.length; start += ROWS_AT_ONCE) {
          const rows = rejects.slice(start, start + ROWS_AT_ONCE).map(({ row, key, problem, input }, index) => ({
            run,
            shard,
            ordinal: start + index,
            row_number: row,
            row_key: jsonText(key),
            code: problem.code,
            problem: jsonText(problem),
            input: jsonText(input),
            resolved_by: null,
          }));
          await trx.insertInto('batch_rejects').values(rows).execute();
        }
      });
    },
    async *rejects(run, { unresolved }) {
      let after = { shard: -1, ordinal: -1 };
      for (;;) {
        const { shard, ordinal } = after;
        const query = db
          .selectFrom('batch_rejects')
          .selectAll()
          .where('run', '=', run)
          .where((where) =>
            where.or([
              where('shard', '>', shard),
              where.and([where('shard', '=', shard), where('ordinal', '>', ordinal)]),
            ]),
          )
          .orderBy('shard')
          .orderBy('ordinal')
          .limit(ROWS_AT_ONCE);
        const rows = await (unresolved ? query.where('resolved_by', 'is', null) : query).execute();
        const last = rows.at(-1);
        if (!last) return;
        after = last;
        yield rows.map(
          (row): Reject => ({
            row: row.row_number,
            key: parseJson(row.row_key) as readonly unknown[],
            problem: parseJson(row.problem) as Problem,
            input: parseJson(row.input),
            resolved_by: row.resolved_by ?? undefined,
          }),
        );
      }
    },
    async resolveRejects(parent, run) {
      await db
        .updateTable('batch_rejects')
        .set({ resolved_by: run })
        .where('run', '=', parent)
        .where('resolved_by', 'is', null)
        .where('row_number', 'not in', (inner) =>
          inner.selectFrom('batch_rejects as again').select('again.row_number').where('again.run', '=', run),
        )
        .execute();
    },
    async end(run, owner, status, summary, problem) {
      const { numUpdatedRows } = await db
        .updateTable('batch_runs')
        .set({
          status,
          owner: null,
          finished_at: summary.finished_at,
          rows_in: summary.rows_in,
          rows_out: summary.rows_out,
          rows_rejected: summary.rows_rejected,
          summary: jsonText(summary),
          problem: problem === undefined ? null : jsonText(problem),
        })
        .where('id', '=', run)
        .where('owner', '=', owner)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw lost(run);
    },
    async reacted(run, count) {
      await db.updateTable('batch_runs').set({ reacted: count }).where('id', '=', run).execute();
    },
    async cancel(id, who) {
      return db.transaction().execute(async (trx) => {
        await trx
          .updateTable('batch_runs')
          .set({ cancelled_by: who })
          .where('id', '=', id)
          .where('status', '=', 'running')
          .execute();
        const run = await get(trx, id);
        if (!run) throw unknown(id);
        if (run.status !== 'running') {
          throw fail('USAGE', `The run ${id} is ${run.status} already`, {
            expected: 'a run that is running',
            got: run.status,
          });
        }
        if (!isFree(run, '')) return { run, at: 'its next step' as const };
        await trx
          .updateTable('batch_runs')
          .set({ status: 'cancelled', owner: null, finished_at: now() })
          .where('id', '=', id)
          .execute();
        return { run: { ...run, status: 'cancelled' as const }, at: 'once' as const };
      });
    },
    async find(id) {
      const rows = await db
        .selectFrom('batch_runs')
        .selectAll()
        .where('id', 'like', `${id.replace(/[%_]/g, '')}%`)
        .orderBy('id')
        .limit(2)
        .execute();
      const exact = rows.find((row) => row.id === id) ?? (rows.length === 1 ? rows[0] : undefined);
      if (exact) return runOf(exact);
      throw rows.length === 0
        ? unknown(id)
        : fail('UNKNOWN_RUN', `${id} could be any of several runs: write more of it`, {
            expected: rows.map((row) => row.id).join(', '),
            got: id,
          });
    },
    async list({ deployment, status, limit }) {
      let query = db
        .selectFrom('batch_runs')
        .selectAll()
        .orderBy('started_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit);
      if (deployment !== undefined) query = query.where('deployment', '=', deployment);
      if (status !== undefined) query = query.where('status', '=', status);
      return (await query.execute()).map(runOf);
    },
    async slot(deployment, slot) {
      const row = await db
        .selectFrom('batch_slots')
        .select('run')
        .where('deployment', '=', deployment)
        .where('slot', '=', slot)
        .executeTakeFirst();
      return row && get(db, row.run);
    },
    async lastFinished(deployment, before) {
      let query = db
        .selectFrom('batch_runs')
        .selectAll()
        .where('deployment', '=', deployment)
        .where('kind', '=', 'run')
        .where('status', '=', 'finished')
        .orderBy('finished_at', 'desc')
        .limit(1);
      if (before !== undefined) query = query.where('id', '!=', before);
      const row = await query.executeTakeFirst();
      return row && runOf(row);
    },
    async lastStarted(deployment, causes) {
      const row = await db
        .selectFrom('batch_runs')
        .selectAll()
        .where('deployment', '=', deployment)
        .where('cause', 'in', [...causes])
        .orderBy('started_at', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && runOf(row);
    },
  };
};

class SlotTaken extends Error {}

const unknown = (id: string) =>
  fail('UNKNOWN_RUN', `There is no run ${id}`, { expected: 'an id out of millrace batch list', got: id });

export const lost = (id: string) =>
  fail('RUN_BUSY', `The run ${id} belongs to another process by now`, {
    expected: 'one process a run',
    got: 'another',
  });
