import type { Transaction } from 'kysely';
import { fail } from '../core/errors.ts';
import type { Sql } from '../store/sql.ts';
import type { HistoryRow, Tables } from '../store/tables.ts';
import { namesOf } from './names.ts';
import type { Move, Moved, Pointer, Registry } from './types.ts';
import { standing } from './undo.ts';
import { unknownEnvironment, unknownModel, unknownVersion } from './unknown.ts';

export interface MovesOptions {
  readonly sql: Sql;
  readonly environments: readonly string[];
  readonly clock: () => Date;
  readonly who: string;
}

type Trx = Transaction<Tables>;

interface Plan {
  readonly action: Move['action'];
  readonly name: string;
  readonly environment: string;
  readonly who: string;
  readonly why: string | undefined;
}

type Past = Pick<HistoryRow, 'action' | 'to_version' | 'at'>;

/** The half of the registry that knows where environments point, and pointed: an append-only history. */
export const createMoves = ({ sql, environments, clock, who }: MovesOptions) => {
  const { db } = sql;

  const check = (environment: string): void => {
    if (!environments.includes(environment)) throw unknownEnvironment(environment, environments);
  };

  /**
   * One move of an environment. Taking the model's turn first makes movers of one model wait for each other in both
   * databases, so each sees where the one before it left the environment.
   */
  const move = async (plan: Plan, target: (trx: Trx, past: readonly Past[]) => Promise<string>): Promise<Moved> => {
    const { name, environment, action } = plan;
    check(environment);
    return db.transaction().execute(async (trx): Promise<Moved> => {
      const turn = await trx
        .updateTable('models')
        .set((row) => ({ turn: row('turn', '+', 1) }))
        .where('name', '=', name)
        .executeTakeFirst();
      if (turn.numUpdatedRows === 0n) throw unknownModel(name, await namesOf(trx));
      const past = await trx
        .selectFrom('history')
        .select(['action', 'to_version', 'at'])
        .where('name', '=', name)
        .where('environment', '=', environment)
        .orderBy('id')
        .execute();
      const last = past.at(-1);
      const from = last?.to_version ?? null;
      const to = await target(trx, past);
      const { digest } = await trx
        .selectFrom('versions')
        .select('digest')
        .where('name', '=', name)
        .where('version', '=', to)
        .executeTakeFirstOrThrow();
      const result = { name, version: to, digest, environment, from };
      if (from === to && action === 'promote') return { ...result, changed: false };
      // The clock of this machine may be behind that of the one that moved it last; history never runs backwards.
      const now = clock().toISOString();
      const at = last && last.at > now ? last.at : now;
      await trx
        .insertInto('history')
        .values({
          name,
          environment,
          action,
          from_version: from,
          to_version: to,
          who: plan.who,
          why: plan.why ?? null,
          at,
        })
        .execute();
      return { ...result, changed: true };
    });
  };

  const promote: Registry['promote'] = ({ name, version, to, ...signed }) =>
    move({ action: 'promote', name, environment: to, who: signed.who ?? who, why: signed.why }, async (trx) => {
      const rows = await trx.selectFrom('versions').select('version').where('name', '=', name).execute();
      const versions = rows.map((row) => row.version);
      if (!versions.includes(version)) throw unknownVersion(name, version, versions);
      return version;
    });

  const rollback: Registry['rollback'] = ({ name, env, ...signed }) =>
    move({ action: 'rollback', name, environment: env, who: signed.who ?? who, why: signed.why }, async (_, past) => {
      const stack = standing(past);
      const before = stack.at(-2);
      if (before !== undefined) return before;
      const current = stack.at(-1);
      const got = current === undefined ? `${env} is empty` : `${env} points at ${current}, its first version`;
      throw fail('NOTHING_TO_ROLL_BACK', `${name} has nothing to roll back to: ${got}`, {
        expected: `an earlier version of ${name} in ${env}`,
        got,
      });
    });

  const history: Registry['history'] = async (name, env) => {
    const query = db.selectFrom('history').selectAll().where('name', '=', name).orderBy('id');
    const rows = await (env === undefined ? query : query.where('environment', '=', env)).execute();
    if (rows.length === 0) {
      const known = await namesOf(db);
      if (!known.includes(name)) throw unknownModel(name, known);
      if (env !== undefined) check(env);
    }
    return rows.map(
      ({ from_version, to_version, why, ...row }): Move => ({
        ...row,
        from: from_version,
        to: to_version,
        ...(why !== null && { why }),
      }),
    );
  };

  const pointed = () =>
    db
      .selectFrom('history')
      .innerJoin('versions', (join) =>
        join.onRef('versions.name', '=', 'history.name').onRef('versions.version', '=', 'history.to_version'),
      )
      .select([
        'history.name',
        'history.environment',
        'history.to_version as version',
        'versions.digest',
        'history.at as since',
        'history.who',
        'history.why',
      ]);

  const at: Registry['at'] = async ({ name, env, date }) => {
    check(env);
    const row = await pointed()
      .where('history.name', '=', name)
      .where('history.environment', '=', env)
      .where('history.at', '<=', date.toISOString())
      .orderBy('history.id', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (row) return pointerOf(row);
    const known = await namesOf(db);
    if (!known.includes(name)) throw unknownModel(name, known);
    return undefined;
  };

  /** The current pointers of one model, or of all. */
  const current = async (name?: string): Promise<readonly (Pointer & { readonly name: string })[]> => {
    const query = pointed().where('history.id', 'in', (expression) =>
      expression
        .selectFrom('history')
        .select(({ fn }) => fn.max('id').as('id'))
        .groupBy(['name', 'environment']),
    );
    const rows = await (name === undefined ? query : query.where('history.name', '=', name)).execute();
    const rank = (environment: string) =>
      environments.includes(environment) ? environments.indexOf(environment) : environments.length;
    return rows
      .map((row) => ({ name: row.name, ...pointerOf(row) }))
      .sort((a, b) => rank(a.environment) - rank(b.environment));
  };

  const pointers: Registry['pointers'] = async (name) =>
    (await current(name)).map(({ name: _, ...pointer }) => pointer);

  return { promote, rollback, history, at, current, pointers };
};

const pointerOf = ({
  environment,
  version,
  digest,
  since,
  who,
  why,
}: Omit<Pointer, 'why'> & { why: string | null }): Pointer => ({
  environment,
  version,
  digest,
  since,
  who,
  ...(why !== null && { why }),
});
