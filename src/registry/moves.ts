import type { Transaction } from 'kysely';
import { fail } from '../core/errors.ts';
import type { Sql } from '../store/sql.ts';
import type { HistoryRow, Tables } from '../store/tables.ts';
import { namesOf } from './names.ts';
import { refusalOf } from './refusal.ts';
import type { Move, Moved, Registry } from './types.ts';
import { standing } from './undo.ts';
import { checkEnvironment, unknownModel, unknownVersion } from './unknown.ts';
import type { Verdict } from './verdict.ts';
import { insertVerdicts } from './verdicts.ts';

export interface MovesOptions {
  readonly sql: Sql;
  readonly environments: readonly string[];
  readonly clock: () => Date;
  /** Who is named in the history where a call names nobody. */
  readonly who: string;
  /** The gates of an environment that a version of this model has to pass. */
  readonly gates: (environment: string, model: string) => readonly string[];
}

type Trx = Transaction<Tables>;

interface Plan {
  readonly action: Move['action'];
  readonly name: string;
  readonly environment: string;
  readonly who: string;
  readonly why: string | undefined;
  readonly verdicts: readonly Verdict[];
}

type Past = Pick<HistoryRow, 'action' | 'to_version' | 'at'>;

/**
 * Taking the model's turn first makes movers of one model wait for each other in both databases, so each sees where the
 * one before it left the environment. @throws UNKNOWN_MODEL
 */
const takeTurn = async (trx: Trx, name: string): Promise<void> => {
  const turn = await trx
    .updateTable('models')
    .set((row) => ({ turn: row('turn', '+', 1) }))
    .where('name', '=', name)
    .executeTakeFirst();
  if (turn.numUpdatedRows === 0n) throw unknownModel(name, await namesOf(trx));
};

/** The moves of one environment so far, the oldest first. */
const pastOf = (trx: Trx, { name, environment }: Plan): Promise<readonly Past[]> =>
  trx
    .selectFrom('history')
    .select(['action', 'to_version', 'at'])
    .where('name', '=', name)
    .where('environment', '=', environment)
    .orderBy('id')
    .execute();

const digestOf = async (trx: Trx, name: string, version: string): Promise<string> => {
  const own = trx.selectFrom('versions').select('digest').where('name', '=', name).where('version', '=', version);
  return (await own.executeTakeFirstOrThrow()).digest;
};

/** @throws UNKNOWN_VERSION */
const checkVersion = async (trx: Trx, name: string, version: string): Promise<void> => {
  const rows = await trx.selectFrom('versions').select('version').where('name', '=', name).execute();
  const versions = rows.map((row) => row.version);
  if (!versions.includes(version)) throw unknownVersion(name, version, versions);
};

/** The version before the one that stands. @throws NOTHING_TO_ROLL_BACK */
const versionBefore = ({ name, environment }: Plan, past: readonly Past[]): string => {
  const stack = standing(past);
  const before = stack.at(-2);
  if (before !== undefined) return before;
  const current = stack.at(-1);
  const got =
    current === undefined ? `${environment} is empty` : `${environment} points at ${current}, its first version`;
  throw fail('NOTHING_TO_ROLL_BACK', `${name} has nothing to roll back to: ${got}`, {
    expected: `an earlier version of ${name} in ${environment}`,
    got,
  });
};

/** @throws NOTHING_TO_ROLL_BACK where the environment points at another version than this */
const checkCurrent = ({ name, environment }: Plan, past: readonly Past[], from: string): void => {
  const current = past.at(-1)?.to_version;
  if (current === from) return;
  const got = current === undefined ? `${environment} is empty` : `${environment} points at ${current}`;
  throw fail('NOTHING_TO_ROLL_BACK', `${name} ${from} is not in ${environment} any more: ${got}`, {
    expected: `${name}@${environment} at ${from}`,
    got,
  });
};

/** Gates have compared the version with the one in place then. @throws GATE_REFUSED where another one stands there now */
const checkUnmoved = ({ name, environment }: Plan, past: readonly Past[], from: string | null | undefined): void => {
  const current = past.at(-1)?.to_version ?? null;
  if (from === undefined || current === from) return;
  throw fail('GATE_REFUSED', `${name}@${environment} was moved while its gates were asked: ask again`, {
    expected: `${environment} at ${from ?? 'nothing'}`,
    got: `${current ?? 'nothing'}`,
  });
};

/** What moves environments, and writes every move into their history, to which rows are only added. */
export const createMoves = ({ sql: { db }, environments, clock, who, gates }: MovesOptions) => {
  /** The clock of this machine may be behind that of the one that moved it last; history never runs backwards. */
  const timeAfter = (last: Past | undefined): string => {
    const now = clock().toISOString();
    return last && last.at > now ? last.at : now;
  };

  const move = async (plan: Plan, target: (trx: Trx, past: readonly Past[]) => Promise<string>): Promise<Moved> => {
    const { verdicts, ...moving } = plan;
    const { name, environment, action } = moving;
    checkEnvironment(environment, environments);
    return db.transaction().execute(async (trx): Promise<Moved> => {
      await takeTurn(trx, name);
      const past = await pastOf(trx, plan);
      const last = past.at(-1);
      const from = last?.to_version ?? null;
      const to = await target(trx, past);
      const result = { name, version: to, digest: await digestOf(trx, name, to), environment, from };
      if (from === to && action === 'promote') return { ...result, changed: false };
      const row = { ...moving, why: plan.why ?? null, from_version: from, to_version: to, at: timeAfter(last) };
      const { id } = await trx.insertInto('history').values(row).returning('id').executeTakeFirstOrThrow();
      // A promotion is judged by what it leads to, a rollback by what it leads away from.
      const [version, against] = action === 'promote' ? [to, from] : [from ?? to, to];
      await insertVerdicts(trx, { name, version, against, move: Number(id), comparison: null }, verdicts);
      return { ...result, changed: true };
    });
  };

  const promote: Registry['promote'] = ({ name, version, to, from, override = false, verdicts = [], ...signed }) => {
    const plan: Plan = { action: 'promote', name, environment: to, who: signed.who ?? who, why: signed.why, verdicts };
    return move(plan, async (trx, past) => {
      await checkVersion(trx, name, version);
      checkUnmoved(plan, past, from);
      const refusal = refusalOf({ name, version, environment: to, gates: gates(to, name) }, verdicts);
      if (refusal && !override && past.at(-1)?.to_version !== version) throw refusal;
      return version;
    });
  };

  const rollback: Registry['rollback'] = ({ name, env, from, verdicts = [], ...signed }) => {
    const plan: Plan = {
      action: 'rollback',
      name,
      environment: env,
      who: signed.who ?? who,
      why: signed.why,
      verdicts,
    };
    return move(plan, async (_, past) => {
      if (from !== undefined) checkCurrent(plan, past, from);
      return versionBefore(plan, past);
    });
  };

  return { promote, rollback };
};
