import type { Sql } from '../store/sql.ts';
import { namesOf } from './names.ts';
import type { Move, Pointer, Registry } from './types.ts';
import { checkEnvironment, unknownModel } from './unknown.ts';
import { verdictsOfMoves } from './verdicts.ts';

export interface PointersOptions {
  readonly sql: Sql;
  /** In the order in which they are told. */
  readonly environments: readonly string[];
}

const pointerOf = ({
  environment,
  version,
  digest,
  since,
  who,
  why,
}: Omit<Pointer, 'why'> & { readonly why: string | null }): Pointer => ({
  environment,
  version,
  digest,
  since,
  who,
  ...(why !== null && { why }),
});

/** Where environments point, and pointed, as their history has it. */
export const createPointers = ({ sql: { db }, environments }: PointersOptions) => {
  const history: Registry['history'] = async (name, env) => {
    const query = db.selectFrom('history').selectAll().where('name', '=', name).orderBy('id');
    const rows = await (env === undefined ? query : query.where('environment', '=', env)).execute();
    if (rows.length === 0) {
      const known = await namesOf(db);
      if (!known.includes(name)) throw unknownModel(name, known);
      if (env !== undefined) checkEnvironment(env, environments);
    }
    const verdicts = await verdictsOfMoves(db, name);
    return rows.map(({ from_version: from, to_version: to, why, ...row }): Move => {
      const of = verdicts.get(Number(row.id));
      return { ...row, from, to, ...(why !== null && { why }), ...(of && { verdicts: of }) };
    });
  };

  const pointed = () =>
    db
      .selectFrom('history')
      .innerJoin('versions', (join) =>
        join.onRef('versions.name', '=', 'history.name').onRef('versions.version', '=', 'history.to_version'),
      )
      .select(['history.name', 'history.environment', 'history.to_version as version', 'versions.digest'])
      .select(['history.at as since', 'history.who', 'history.why']);

  const at: Registry['at'] = async ({ name, env, date }) => {
    checkEnvironment(env, environments);
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
    const query = pointed().where('history.id', 'in', ({ selectFrom }) =>
      selectFrom('history')
        .select(({ fn }) => fn.max('id').as('id'))
        .groupBy(['name', 'environment']),
    );
    const rows = await (name === undefined ? query : query.where('history.name', '=', name)).execute();
    const rank = (environment: string): number =>
      environments.includes(environment) ? environments.indexOf(environment) : environments.length;
    return rows
      .map((row) => ({ name: row.name, ...pointerOf(row) }))
      .sort((a, b) => rank(a.environment) - rank(b.environment));
  };

  const pointers: Registry['pointers'] = async (name) =>
    (await current(name)).map(({ name: _, ...pointer }) => pointer);

  return { history, at, current, pointers };
};
