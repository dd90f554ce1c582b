import type { Sql } from '../store/sql.ts';
import type { VersionRow } from '../store/tables.ts';
import { namesOf } from './names.ts';
import { compareVersions } from './semver.ts';
import type { Registry, Resolved, Version, VersionSummary } from './types.ts';
import { unknownModel } from './unknown.ts';

const columns = ['name', 'version', 'digest', 'size', 'registered_at', 'registered_by', 'why'] as const;

const summaryOf = (row: Omit<VersionRow, 'manifest'>): VersionSummary => ({
  name: row.name,
  version: row.version,
  digest: row.digest,
  size: row.size,
  registeredAt: row.registered_at,
  registeredBy: row.registered_by,
  ...(row.why !== null && { why: row.why }),
});

/** The versions that there are, which never change. */
export const createVersions = ({ db }: Pick<Sql, 'db'>) => {
  /** Of one model, or of all; the highest first. */
  const summaries = async (name?: string): Promise<readonly VersionSummary[]> => {
    const query = db.selectFrom('versions').select(columns);
    const rows = await (name === undefined ? query : query.where('name', '=', name)).execute();
    return rows.map(summaryOf).sort((a, b) => compareVersions(b.version, a.version));
  };

  const versions: Registry['versions'] = async (name) => {
    const found = await summaries(name);
    if (found.length === 0) throw unknownModel(name, await namesOf(db));
    return found;
  };

  /** All that is known of one of them. */
  const read = async ({ name, version }: Resolved): Promise<Version> => {
    const row = db.selectFrom('versions').selectAll().where('name', '=', name).where('version', '=', version);
    const held = db
      .selectFrom('version_blobs')
      .select('digest')
      .where('name', '=', name)
      .where('version', '=', version)
      .orderBy('digest');
    const [found, blobs] = await Promise.all([row.executeTakeFirstOrThrow(), held.execute()]);
    const signed = db.selectFrom('signatures').select('envelope').where('digest', '=', found.digest).orderBy('id');
    const signatures = (await signed.execute()).map(({ envelope }) => envelope);
    return {
      ...summaryOf(found),
      manifest: JSON.parse(found.manifest),
      blobs: blobs.map(({ digest }) => digest),
      ...(signatures.length > 0 && { signatures }),
    };
  };

  return { summaries, versions, read };
};
