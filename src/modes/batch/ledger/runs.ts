/** Runs as the ledger tells of them. */
import type { Kysely, Transaction } from 'kysely';
import { fail, type Problem } from '../../../core/errors.ts';
import type { BatchRunRow } from '../../../store/batch-tables.ts';
import type { Sql } from '../../../store/sql.ts';
import type { Tables } from '../../../store/tables.ts';
import { parseJson } from '../../../text/json.ts';
import type { Cause, Plan, Run } from '../types.ts';
import type { Ledger } from './ledger.ts';
import { readSummary } from './stored.ts';

export type Db = Kysely<Tables> | Transaction<Tables>;

const json = <T>(text: string | null): T | undefined => (text === null ? undefined : (parseJson(text) as T));

export const runOf = (row: BatchRunRow): Run => ({
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
  // All its numbers are floats, be they as long as a sum of squared milliseconds.
  summary: row.summary === null ? undefined : readSummary(JSON.parse(row.summary)),
  reacted: row.reacted,
});
export const getRun = async (on: Db, id: string): Promise<Run | undefined> => {
  const row = await on.selectFrom('batch_runs').selectAll().where('id', '=', id).executeTakeFirst();
  return row && runOf(row);
};

/** Runs that a message names, at most. */
const MOST_NAMED = 4;

export const unknown = (id: string) =>
  fail('UNKNOWN_RUN', `There is no run ${id}`, { expected: 'an id out of millrace batch list', got: id });

export const lost = (id: string) =>
  fail('RUN_BUSY', `The run ${id} belongs to another process by now`, {
    expected: 'one process a run',
    got: 'another',
  });

export const cancelled = (id: string) => fail('CANCELLED', `The run ${id} was cancelled`);

export const openRuns = ({ db }: Sql): Pick<Ledger, 'find' | 'list' | 'lastFinished' | 'lastStarted' | 'reacted'> => ({
  async reacted(run, count) {
    await db.updateTable('batch_runs').set({ reacted: count }).where('id', '=', run).execute();
  },
  async find(id) {
    const rows = await db
      .selectFrom('batch_runs')
      .selectAll()
      .where('id', 'like', `${id.replace(/[%_]/g, '')}%`)
      .orderBy('id')
      .limit(MOST_NAMED + 1)
      .execute();
    const exact = rows.find((row) => row.id === id) ?? (rows.length === 1 ? rows[0] : undefined);
    if (exact) return runOf(exact);
    throw rows.length === 0
      ? unknown(id)
      : fail('UNKNOWN_RUN', `${id} could be any of several runs: write more of it`, {
          expected: [
            ...rows.slice(0, MOST_NAMED).map((row) => row.id),
            ...(rows.length > MOST_NAMED ? ['…'] : []),
          ].join(', '),
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
});
