import { fail, type MillraceError, show } from '../core/errors.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Sql } from '../store/sql.ts';
import { isName } from './ref.ts';
import { isVersion } from './semver.ts';
import type { NewVersion, Registry, Resolved } from './types.ts';

export interface RegisterOptions {
  readonly sql: Sql;
  readonly blobs: Blobs;
  readonly clock: () => Date;
  /** Who is named as the one who registered where a call names nobody. */
  readonly who: string;
}

interface BlobSize {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

const check = ({ manifest: { name, version }, digest, blobs }: NewVersion): void => {
  if (!isName(name)) throw fail('BAD_MANIFEST', `${show(name)} is not a name for a model`, { field: 'name' });
  if (!isVersion(version)) throw fail('BAD_MANIFEST', `${show(version)} is not a version`, { field: 'version' });
  if (!blobs.has(digest)) {
    throw fail('DAMAGED_PACKAGE', `${name}@${version} lacks its own OCI manifest ${digest}`, { expected: digest });
  }
};

const taken = ({ name, version, digest }: Resolved, there: string): MillraceError =>
  fail(
    'VERSION_TAKEN',
    `${name}@${version} is registered with the digest ${there}, and a version never changes: give this one a new version`,
    { expected: there, got: digest },
  );

/** What adds versions, which never change. */
export const createRegister = ({ sql: { db }, blobs, clock, who }: RegisterOptions): Registry['register'] => {
  /** @throws VERSION_TAKEN */
  const isThere = async (wanted: Resolved): Promise<boolean> => {
    const { name, version, digest } = wanted;
    const own = db.selectFrom('versions').select('digest').where('name', '=', name).where('version', '=', version);
    const there = await own.executeTakeFirst();
    if (there && there.digest !== digest) throw taken(wanted, there.digest);
    return there !== undefined;
  };

  /** False when somebody else has added that version meanwhile. */
  const add = (resolved: Resolved, wanted: NewVersion, sizes: readonly BlobSize[]): Promise<boolean> =>
    db.transaction().execute(async (trx) => {
      const { name, version } = resolved;
      await trx
        .insertInto('models')
        .values({ name, turn: 0 })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('versions')
        .values({
          ...resolved,
          manifest: JSON.stringify(wanted.manifest),
          size: sizes.reduce((sum, { size }) => sum + size, 0),
          registered_at: clock().toISOString(),
          registered_by: wanted.who ?? who,
          why: wanted.why ?? null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 0n) return false;
      const rows = sizes.map((blob) => ({ name, version, ...blob }));
      await trx.insertInto('version_blobs').values(rows).execute();
      return true;
    });

  /** A version that is there may be signed by somebody more. */
  const keepSignatures = async ({ digest, signatures = [] }: NewVersion): Promise<void> => {
    for (const envelope of signatures) {
      const add = db.insertInto('signatures').values({ digest, envelope });
      await add.onConflict((conflict) => conflict.doNothing()).execute();
    }
  };

  return async (wanted) => {
    check(wanted);
    const { name, version } = wanted.manifest;
    const resolved: Resolved = { name, version, digest: wanted.digest };
    await isThere(resolved);

    // Blobs first: a version that is listed always has them, and what a crash leaves behind is only unused.
    const { large = [] } = wanted;
    const sizes = [
      ...[...wanted.blobs].map(([digest, bytes]) => ({ digest, size: bytes.length })),
      ...large.map(({ digest, size }) => ({ digest, size })),
    ];
    for (const [digest, bytes] of wanted.blobs) await blobs.put(digest, bytes);
    for (const blob of large) await blobs.putLarge(blob);

    await keepSignatures(wanted);

    const added = await add(resolved, wanted, sizes);
    if (!added) await isThere(resolved);
    return { ...resolved, added };
  };
};
