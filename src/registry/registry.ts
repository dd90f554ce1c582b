import type { Blobs } from '../store/blobs.ts';
import type { Sql } from '../store/sql.ts';
import { createApprovals } from './approvals.ts';
import { createMoves } from './moves.ts';
import { createPointers } from './pointers.ts';
import { createRegister } from './register.ts';
import { createResolver } from './resolve.ts';
import { latestOf } from './semver.ts';
import type { ModelSummary, Registry } from './types.ts';
import { createComparisons } from './verdicts.ts';
import { createVersions } from './versions.ts';

export interface RegistryOptions {
  readonly sql: Sql;
  readonly blobs: Blobs;
  /** In the order in which a version goes through them. */
  readonly environments: readonly string[];
  readonly clock: () => Date;
  /** Who is named in the history where a call names nobody. */
  readonly who: string;
  /** The gates of an environment that a version of this model has to pass; none unless given. */
  readonly gates?: (environment: string, model: string) => readonly string[];
}

/** Names, immutable versions, and environments that point at them. Any number of processes may share one. */
export const openRegistry = ({ sql, blobs, environments, clock, who, gates = () => [] }: RegistryOptions): Registry => {
  const { promote, rollback } = createMoves({ sql, environments, clock, who, gates });
  const { history, at, current, pointers } = createPointers({ sql, environments });
  const { summaries, versions, read } = createVersions(sql);
  const register = createRegister({ sql, blobs, clock, who });
  const resolve = createResolver({ environments, versions, pointers });
  const need = async (name: string, version: string): Promise<void> => void (await resolve(`${name}@${version}`));

  const models: Registry['models'] = async () => {
    const byName = Map.groupBy(await summaries(), ({ name }) => name);
    const pointing = Map.groupBy(await current(), ({ name }) => name);
    const result: ModelSummary[] = [];
    for (const [name, found] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const newest = latestOf(found);
      if (!newest) continue;
      const own = (pointing.get(name) ?? []).map(({ name: _, ...pointer }) => pointer);
      result.push({ name, latest: newest, versions: found, pointers: own });
    }
    return result;
  };

  return {
    environments,
    place: sql.place,
    blobs,
    register,
    models,
    versions,
    resolve,
    find: async (ref) => read(await resolve(ref)),
    promote,
    rollback,
    history,
    at,
    pointers,
    ...createComparisons(sql.db),
    ...createApprovals({ sql, environments, clock, who, need }),
    close: () => sql.close(),
  };
};
