/** The middle act in this process: chunks are scored a few at a time, and fill one shard after another. */
import type { ColumnAnswers, Scorer } from '../../core/types.ts';
import type { SourceChunk } from '../../sources/source.ts';
import type { Agreement } from './agree.ts';
import { createCommits } from './commit-shard.ts';
import type { Engine } from './engine.ts';
import { keysOf, keyWatch } from './key-watch.ts';
import { prepareRows, type ScoredChunk, score } from './score.ts';
import { binsOfRun, type OpenShard, openShard } from './shard.ts';
import { createStopwatch, type Stopwatch } from './stopwatch.ts';
import { total } from './summary.ts';
import type { Task } from './task.ts';
import type { Plan } from './types.ts';

/** With what a shadow answers to the same rows. */
const beside = async (
  scoring: Promise<ScoredChunk>,
  shadowing: Promise<ColumnAnswers | undefined>,
): Promise<ScoredChunk> => {
  const [one, shadowed] = await Promise.all([scoring, shadowing]);
  return { ...one, shadowed };
};

/** Chunks in the order of the source, `depth` of them being scored at a time. One without rows only counts where nothing else is. */
async function* scored(
  rows: AsyncGenerator<SourceChunk>,
  scorer: Promise<Scorer>,
  task: Task,
  { isFirst, stopwatch, plan }: { readonly isFirst: boolean; readonly stopwatch: Stopwatch; readonly plan: Plan },
): AsyncGenerator<ScoredChunk> {
  const { source, signal, depth, leaving, shadow, onNote } = task;
  const inFlight: Promise<ScoredChunk>[] = [];
  const next = async (): Promise<ScoredChunk> => {
    const one = await stopwatch.timed('score', inFlight[0]).catch((error: unknown) => {
      // A stop ends what runs.
      signal.throwIfAborted();
      throw error;
    });
    inFlight.shift();
    signal.throwIfAborted();
    return one;
  };
  let isNeeded = isFirst;
  try {
    for (;;) {
      const { done, value: chunk } = await stopwatch.timed('read', rows.next());
      if (done) break;
      signal.throwIfAborted();
      for (const note of chunk.notes ?? []) onNote(note);
      if (chunk.rows + chunk.rejects.length === 0 && !isNeeded) continue;
      isNeeded = false;
      const counting = scorer.then((loaded) => score(leaving?.(loaded, keysOf(plan, chunk)) ?? loaded, chunk, source));
      const scoring = shadow === undefined ? counting : beside(counting, shadow.answers(chunk, source));
      scoring.catch(() => {});
      inFlight.push(scoring);
      if (inFlight.length >= depth) yield await next();
    }
    while (inFlight.length > 0) yield await next();
  } finally {
    await Promise.allSettled(inFlight);
    await rows.return(undefined);
  }
}

const moveRows = async (
  agreement: Agreement,
  rows: AsyncGenerator<SourceChunk>,
  scorer: Promise<Scorer>,
  task: Task,
) => {
  const { plan, sinkRun, entries, readMs } = agreement;
  const { manifest, reference, source, sink, shadow, clock, shardRows, onProgress } = task;
  const stopwatch = createStopwatch({ read: readMs, score: 0, write: 0 });
  const watch = keyWatch(plan, source.isOrdered, entries.at(-1)?.last_key);
  const commits = createCommits(task, entries);
  const chunks = scored(rows, scorer, task, { isFirst: entries.length === 0, stopwatch, plan });
  let rowsIn = total(entries, 'rows_in');
  let rejected = total(entries, 'rows_rejected');

  /** Until the shard is full, or there is no more. */
  const fill = async (shard: OpenShard, first: ScoredChunk): Promise<void> => {
    for (let one = first; ; ) {
      const { chunk } = one;
      watch.watch(chunk);
      const at = clock().getTime();
      const prepared = prepareRows(one, { plan, manifest, cells: source.cells, isTyped: sink.isTyped, at });
      await shard.add(one, prepared, stopwatch);
      chunk.release?.();
      rowsIn += chunk.rows + chunk.rejects.length;
      rejected += prepared.rejects.length;
      onProgress({ rows: rowsIn, rejected, share: chunk.share });
      if (shard.isFull(shardRows)) return;
      const { done, value } = await chunks.next();
      if (done) return;
      one = value;
    }
  };

  try {
    let next = await chunks.next();
    if (next.done) return entries;
    const bins = entries[0]?.bins ?? binsOfRun(manifest, reference, next.value);
    for (let index = entries.length; !next.done; index++) {
      const shard = await openShard({ index, sink: sinkRun, manifest, bins, shadow });
      try {
        await fill(shard, next.value);
        // One is committed while the next is filled.
        await stopwatch.timed('write', commits.settled());
      } catch (error) {
        await shard.abort();
        throw error;
      }
      commits.add(shard, shard.entry(watch.last(), stopwatch.take()));
      next = await chunks.next();
    }
    await stopwatch.timed('write', commits.settled());
  } catch (error) {
    await commits.settled().catch(() => {});
    throw error;
  } finally {
    await chunks.return(undefined);
  }
  return commits.entries;
};

export const localEngine: Engine = {
  move: async (agreement, scorer, task) =>
    agreement.rows ? moveRows(agreement, agreement.rows, scorer, task) : agreement.entries,
};
