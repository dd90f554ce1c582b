/** Both ends of a run: where rows come from, and where answers go. */
import { fail } from '../../core/errors.ts';
import { CHUNK_ROWS } from '../../files/table.ts';
import { openSink } from '../../sinks/index.ts';
import type { Sink } from '../../sinks/sink.ts';
import { openSource } from '../../sources/index.ts';
import type { Source } from '../../sources/source.ts';
import type { BatchDeployment } from './deployment.ts';
import type { BatchHost } from './host.ts';
import type { Ledger } from './ledger/ledger.ts';
import { rejectsSource } from './rejects-source.ts';
import type { Run } from './types.ts';
import type { Window } from './window.ts';

export interface RunEnds {
  readonly source: Source;
  readonly sink: Sink;
}

export interface EndsOptions {
  readonly deployment: BatchDeployment;
  readonly window?: Window | undefined;
  /** The run whose rejects are the source. */
  readonly retry?: Run | undefined;
}

/** Opens both ends of a run, works with them, and closes them whatever happens. */
export const withEnds = async <T>(
  host: BatchHost,
  ledger: Ledger,
  { deployment, window, retry }: EndsOptions,
  work: (ends: RunEnds) => Promise<T>,
): Promise<T> => {
  const { folder } = host;
  const database = (name: string) => host.database(name, deployment.zone);
  const sink = await openSink(deployment.sink, { folder, span: window, database });
  try {
    // A shard is a number of whole chunks.
    const chunkRows = Math.min(CHUNK_ROWS, deployment.shardRows);
    const read = await openSource(deployment.source, {
      folder,
      key: deployment.key,
      span: window,
      chunkRows,
      database,
    });
    const source = retry ? rejectsSource({ ledger, run: retry, source: read, key: deployment.key }) : read;
    try {
      if (await source.reads(sink.place)) {
        throw fail(
          'BAD_SINK',
          `${sink.name} is where the rows of ${deployment.name} come from: a run would read what it writes`,
          {
            expected: 'a sink that the source does not read',
            got: `${source.name}, which reads it`,
          },
        );
      }
      return await work({ source, sink });
    } finally {
      await source.close();
    }
  } finally {
    await sink.close();
  }
};
