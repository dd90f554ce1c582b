/** Who is for letting a version into an environment. */
import type { Sql } from '../store/sql.ts';
import type { Approval, Registry } from './types.ts';
import { checkEnvironment } from './unknown.ts';

export interface ApprovalsOptions {
  readonly sql: Sql;
  readonly environments: readonly string[];
  readonly clock: () => Date;
  readonly who: string;
  /** @throws UNKNOWN_MODEL, UNKNOWN_VERSION */
  readonly need: (name: string, version: string) => Promise<void>;
}

export const createApprovals = ({
  sql: { db },
  environments,
  clock,
  who,
  need,
}: ApprovalsOptions): Pick<Registry, 'approve' | 'approvals'> => ({
  async approve({ name, version, environment, ...signed }) {
    checkEnvironment(environment, environments);
    await need(name, version);
    const row = {
      name,
      version,
      environment,
      who: signed.who ?? who,
      why: signed.why ?? null,
      at: clock().toISOString(),
    };
    await db.insertInto('approvals').values(row).execute();
    const { why, ...approval } = row;
    return { ...approval, ...(why !== null && { why }) };
  },
  async approvals({ name, version, environment }) {
    const query = db.selectFrom('approvals').selectAll().where('name', '=', name).where('version', '=', version);
    const rows = await query.where('environment', '=', environment).orderBy('id').execute();
    return rows.map(({ id: _, why, ...row }): Approval => ({ ...row, ...(why !== null && { why }) }));
  },
});
