import { type Blobs, checkBytes, checkDigest, digestOf, missing } from './blobs.ts';
import type { Sql } from './sql.ts';

/** Bytes. Small enough that neither a row nor a message of the database's protocol grows large. */
const CHUNK_BYTES = 1024 * 1024;

/** Blobs inside the database itself, for a registry that machines share: one backup holds both, and nothing else is needed. */
export const sqlBlobs = ({ db, place }: Sql): Blobs => {
  const read = async (digest: string): Promise<Uint8Array | undefined> => {
    const blob = await db.selectFrom('blobs').select('size').where('digest', '=', digest).executeTakeFirst();
    if (!blob) return undefined;
    const bytes = new Uint8Array(blob.size);
    let filled = 0;
    for (let ordinal = 0; filled < blob.size; ordinal++) {
      const chunk = await db
        .selectFrom('blob_chunks')
        .select('bytes')
        .where('digest', '=', digest)
        .where('ordinal', '=', ordinal)
        .executeTakeFirst();
      // A blob with a lost or overlong chunk is cut here; its digest then tells.
      if (!chunk || filled + chunk.bytes.length > blob.size) return bytes.subarray(0, filled);
      bytes.set(chunk.bytes, filled);
      filled += chunk.bytes.length;
    }
    return bytes;
  };

  const write = (digest: string, bytes: Uint8Array): Promise<void> =>
    db.transaction().execute(async (trx) => {
      await trx.deleteFrom('blobs').where('digest', '=', digest).execute();
      const added = await trx
        .insertInto('blobs')
        .values({ digest, size: bytes.length, at: new Date().toISOString() })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (added.numInsertedOrUpdatedRows === 0n) return; // another process has just written the same
      for (let ordinal = 0; ordinal * CHUNK_BYTES < bytes.length; ordinal++) {
        const chunk = bytes.subarray(ordinal * CHUNK_BYTES, (ordinal + 1) * CHUNK_BYTES);
        await trx.insertInto('blob_chunks').values({ digest, ordinal, bytes: chunk }).execute();
      }
    });

  return {
    put: async (digest, bytes) => {
      checkBytes(digest, bytes, 'what was handed in');
      const there = await read(digest);
      if (there === undefined || digestOf(there) !== digest) await write(digest, bytes);
    },
    get: async (digest) => {
      const bytes = await read(checkDigest(digest));
      if (bytes === undefined) throw missing(digest, place);
      return checkBytes(digest, bytes, place);
    },
    has: async (digest) => {
      const found = await db
        .selectFrom('blobs')
        .select('digest')
        .where('digest', '=', checkDigest(digest))
        .executeTakeFirst();
      return found !== undefined;
    },
    list: async () => {
      const rows = await db.selectFrom('blobs').select('digest').orderBy('digest').execute();
      return rows.map(({ digest }) => digest);
    },
  };
};
