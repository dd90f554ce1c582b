import { type Blobs, checkBytes, checkDigest, checkDigests, digestOf, digestOfPieces, missing } from './blobs.ts';
import type { Sql } from './sql.ts';

/** Bytes. Small enough that neither a row nor a message of the database's protocol grows large. */
const CHUNK_BYTES = 1024 * 1024;

/** The rows that blobs are, a row of chunks each. */
const createRows = (db: Sql['db']) => {
  const chunkOf = async (digest: string, ordinal: number): Promise<Uint8Array | undefined> => {
    const query = db.selectFrom('blob_chunks').select('bytes').where('digest', '=', digest);
    return (await query.where('ordinal', '=', ordinal).executeTakeFirst())?.bytes;
  };
  /** A blob with a lost or overlong chunk ends there; its digest then tells. */
  async function* chunksOf(digest: string, size: number): AsyncGenerator<Uint8Array> {
    let filled = 0;
    for (let ordinal = 0; filled < size; ordinal++) {
      const bytes = await chunkOf(digest, ordinal);
      if (!bytes || filled + bytes.length > size) return;
      yield bytes;
      filled += bytes.length;
    }
  }
  const sizeOf = async (digest: string): Promise<number | undefined> =>
    (await db.selectFrom('blobs').select('size').where('digest', '=', digest).executeTakeFirst())?.size;
  const write = (digest: string, size: number, pieces: () => AsyncIterable<Uint8Array>): Promise<void> =>
    db.transaction().execute(async (trx) => {
      await trx.deleteFrom('blobs').where('digest', '=', digest).execute();
      const added = await trx
        .insertInto('blobs')
        .values({ digest, size, at: new Date().toISOString() })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (added.numInsertedOrUpdatedRows === 0n) return; // another process has just written the same
      let ordinal = 0;
      const got = await digestOfPieces(pieces(), async (piece) => {
        for (let at = 0; at < piece.length; at += CHUNK_BYTES) {
          const bytes = piece.slice(at, at + CHUNK_BYTES);
          await trx.insertInto('blob_chunks').values({ digest, ordinal, bytes }).execute();
          ordinal++;
        }
      });
      checkDigests(digest, got, 'what was handed in');
    });

  return { sizeOf, chunksOf, write };
};

/**
 * Blobs inside the database itself, for a registry that machines share: one backup holds both, and nothing else is needed.
 * `copies` keeps on this machine what is wanted as a file.
 */
export const sqlBlobs = ({ db, place }: Sql, copies: () => Promise<Blobs>): Blobs => {
  const { sizeOf, chunksOf, write } = createRows(db);
  const read = async (digest: string): Promise<Uint8Array | undefined> => {
    const size = await sizeOf(digest);
    if (size === undefined) return undefined;
    const bytes = new Uint8Array(size);
    let filled = 0;
    for await (const chunk of chunksOf(digest, size)) {
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
    return bytes.subarray(0, filled);
  };

  return {
    put: async (digest, bytes) => {
      checkBytes(digest, bytes, 'what was handed in');
      const there = await read(digest);
      if (there !== undefined && digestOf(there) === digest) return;
      await write(digest, bytes.length, async function* () {
        yield bytes;
      });
    },
    putLarge: async ({ digest, size, read: pieces }) => {
      const there = await sizeOf(checkDigest(digest));
      if (there === undefined || (await digestOfPieces(chunksOf(digest, there))) !== digest)
        await write(digest, size, pieces);
    },
    file: async (digest) => {
      const own = await copies();
      if (await own.has(checkDigest(digest))) return own.file(digest);
      const size = await sizeOf(digest);
      if (size === undefined) throw missing(digest, place);
      checkDigests(digest, await digestOfPieces(chunksOf(digest, size)), place);
      await own.putLarge({ digest, size, read: () => chunksOf(digest, size) });
      return own.file(digest);
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
