import { fail, show } from '../core/errors.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Sql } from '../store/sql.ts';
import type { VersionRow } from '../store/tables.ts';
import { namesOf } from './names.ts';
import { isName, parseRef } from './ref.ts';
import { compareVersions, isVersion, latestOf } from './semver.ts';
import type { Pointer, Registry, Resolved, Version, VersionSummary } from './types.ts';
import { unknownEnvironment, unknownModel, unknownVersion } from './unknown.ts';

export interface VersionsOptions {
  readonly sql: Sql;
  readonly blobs: Blobs;
  readonly environments: readonly string[];
  readonly clock: () => Date;
  readonly who: string;
  readonly pointers: (name: string) => Promise<readonly Pointer[]>;
}

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

/** The half of the registry that knows what there is: versions, which never change. */
export const createVersions = ({ sql, blobs, environments, clock, who, pointers }: VersionsOptions) => {
  const { db } = sql;

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

  const latest = (found: readonly VersionSummary[]): VersionSummary | undefined => {
    const version = latestOf(found.map((summary) => summary.version));
    return found.find((summary) => summary.version === version);
  };

  const stored = (name: string, version: string) =>
    db
      .selectFrom('versions')
      .select('digest')
      .where('name', '=', name)
      .where('version', '=', version)
      .executeTakeFirst();

  const taken = ({ name, version, digest }: Resolved, there: string) =>
    fail(
      'VERSION_TAKEN',
      `${name}@${version} is registered with the digest ${there}, and a version never changes: give this one a new version`,
      { expected: there, got: digest },
    );

  const register: Registry['register'] = async (wanted) => {
    const { manifest, digest } = wanted;
    const { name, version } = manifest;
    if (!isName(name)) throw fail('BAD_MANIFEST', `${show(name)} is not a name for a model`, { field: 'name' });
    if (!isVersion(version)) throw fail('BAD_MANIFEST', `${show(version)} is not a version`, { field: 'version' });
    if (!wanted.blobs.has(digest)) {
      throw fail('DAMAGED_PACKAGE', `${name}@${version} lacks its own OCI manifest ${digest}`, { expected: digest });
    }
    const resolved: Resolved = { name, version, digest };
    const before = await stored(name, version);
    if (before && before.digest !== digest) throw taken(resolved, before.digest);

    // Blobs first: a version that is listed always has them, and what a crash leaves behind is only unused.
    const sizes = [...wanted.blobs].map(([blob, bytes]) => ({ digest: blob, size: bytes.length }));
    for (const [blob, bytes] of wanted.blobs) await blobs.put(blob, bytes);

    const added = await db.transaction().execute(async (trx) => {
      await trx
        .insertInto('models')
        .values({ name, turn: 0 })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('versions')
        .values({
          ...resolved,
          manifest: JSON.stringify(manifest),
          size: sizes.reduce((sum, { size }) => sum + size, 0),
          registered_at: clock().toISOString(),
          registered_by: wanted.who ?? who,
          why: wanted.why ?? null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 0n) return false;
      await trx
        .insertInto('version_blobs')
        .values(sizes.map((blob) => ({ name, version, ...blob })))
        .execute();
      return true;
    });
    if (added) return { ...resolved, added };
    const there = (await stored(name, version))?.digest ?? digest;
    if (there !== digest) throw taken(resolved, there);
    return { ...resolved, added };
  };

  const byDigest = (name: string, wanted: string, found: readonly VersionSummary[]): Resolved => {
    const matches = found.filter(({ digest }) => digest.startsWith(wanted));
    const digests = new Set(matches.map(({ digest }) => digest));
    if (digests.size > 1) {
      throw fail('BAD_REF', `${name}@${wanted} could be any of ${digests.size} versions: write more of the digest`, {
        expected: [...digests].join(' or '),
        got: wanted,
      });
    }
    const [match] = matches;
    if (match) return match;
    throw fail('UNKNOWN_VERSION', `${name} has no version with the digest ${wanted}`, {
      expected: found
        .map(({ version, digest }) => `${version} ${digest.slice(0, 19)}…`)
        .slice(0, 8)
        .join(', '),
      got: wanted,
    });
  };

  const byEnvironment = async (name: string, environment: string): Promise<Resolved> => {
    if (!environments.includes(environment)) throw unknownEnvironment(environment, environments);
    const pointing = await pointers(name);
    const pointer = pointing.find((candidate) => candidate.environment === environment);
    if (pointer) return { name, version: pointer.version, digest: pointer.digest };
    const others = pointing.map((other) => `${other.environment} at ${other.version}`).join(', ');
    throw fail(
      'EMPTY_ENVIRONMENT',
      `No version of ${name} has been promoted to ${environment}${others && ` (${others})`}; use: millrace promote ${name}@<version> --to ${environment}`,
      { expected: `a version of ${name} in ${environment}`, got: 'nothing' },
    );
  };

  const resolve: Registry['resolve'] = async (text) => {
    const ref = parseRef(text);
    if (ref.kind === 'path') {
      throw fail('BAD_REF', `${show(text)} is a path, and only what is registered has a place in the registry`, {
        expected: 'name@version, name@environment, name@sha256:… or name',
        got: show(text),
      });
    }
    const { name } = ref;
    const found = await versions(name);
    const pick = async (): Promise<Resolved> => {
      if (ref.kind === 'environment') return byEnvironment(name, ref.environment);
      if (ref.kind === 'digest') return byDigest(name, ref.digest, found);
      const match = ref.kind === 'latest' ? latest(found) : found.find(({ version }) => version === ref.version);
      if (match) return match;
      throw unknownVersion(
        name,
        ref.kind === 'version' ? ref.version : 'latest',
        found.map(({ version }) => version),
      );
    };
    const { version, digest } = await pick();
    return { name, version, digest };
  };

  const find: Registry['find'] = async (text): Promise<Version> => {
    const { name, version } = await resolve(text);
    const [row, held] = await Promise.all([
      db
        .selectFrom('versions')
        .selectAll()
        .where('name', '=', name)
        .where('version', '=', version)
        .executeTakeFirstOrThrow(),
      db
        .selectFrom('version_blobs')
        .select('digest')
        .where('name', '=', name)
        .where('version', '=', version)
        .orderBy('digest')
        .execute(),
    ]);
    return { ...summaryOf(row), manifest: JSON.parse(row.manifest), blobs: held.map(({ digest }) => digest) };
  };

  return { summaries, latest, register, versions, resolve, find };
};
