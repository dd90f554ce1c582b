/** A COPY into a table: bytes go to the server as fast as it takes them. */
import { once } from 'node:events';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { copyHeader, copyTrailer } from './copy-write.ts';

export interface CopyIn {
  /** Tuples in the binary format; resolves when the next may come. */
  put(tuples: Buffer): Promise<void>;
  /** Resolves when the server has taken all. */
  end(): Promise<void>;
}

/** `sql` is a `copy … from stdin (format binary)`. What fails on the way is thrown by the next call. */
export const startCopyIn = (client: pg.PoolClient, sql: string): CopyIn => {
  const copy = client.query(copyFrom(sql));
  let failure: Error | undefined;
  copy.on('error', (error) => {
    failure ??= error;
  });
  const send = async (bytes: Buffer): Promise<void> => {
    if (failure) throw failure;
    if (!copy.write(bytes)) {
      // Whichever does not come is no longer listened for.
      const listening = new AbortController();
      const { signal } = listening;
      await Promise.race([once(copy, 'drain', { signal }), once(copy, 'close', { signal })]).finally(() =>
        listening.abort(),
      );
    }
    if (failure) throw failure;
  };
  let isHeaded = false;
  const sendHeader = async (): Promise<void> => {
    if (!isHeaded) await send(copyHeader);
    isHeaded = true;
  };
  return {
    async put(tuples) {
      await sendHeader();
      await send(tuples);
    },
    async end() {
      await sendHeader();
      await send(copyTrailer);
      let onEnd = (): void => {};
      const finished = new Promise<void>((resolve, reject) => {
        onEnd = () => reject(new Error('Connection terminated'));
        copy.once('finish', resolve);
        copy.once('error', reject);
        client.once('end', onEnd);
      });
      copy.end();
      await finished.finally(() => client.removeListener('end', onEnd));
    },
  };
};
