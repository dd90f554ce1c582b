/**
 * One attempt at a run: from where the sink says that it stands to its end. Whatever breaks, the next attempt goes on from
 * the last shard that was committed; so a killed process, a restarted database and a stop by hand are one and the same.
 *
 * Invariants: shards are committed one at a time, in order and without gaps; the ledger has no shard that the sink has not.
 */
import { fail } from '../../core/errors.ts';
import { invariant } from '../../core/invariant.ts';
import type { Manifest, Scorer } from '../../core/types.ts';
import { ahead } from '../../files/ahead.ts';
import type { Reference } from '../../monitor/profile/reference.ts';
import type { Sink, SinkRun, SinkRunInfo } from '../../sinks/sink.ts';
import type { Source, SourceChunk } from '../../sources/source.ts';
import { type KeyWatch, keyWatch } from './key-watch.ts';
import type { Ledger } from './ledger/ledger.ts';
import { readEntry } from './ledger/stored.ts';
import { makePlan, shapeOf } from './plan.ts';
import { prepareRows, type ScoredChunk, score } from './score.ts';
import { type OpenShard, openShard } from './shard.ts';
import type { Plan, Run, ShardEntry } from './types.ts';

/** No more rejects than these are kept of a run that already has more of them than it may. */
const MOST_REJECTS = 100_000;

export interface Progress {
  readonly rows: number;
  readonly rejected: number;
  /** How much of the source is done, 0 to 1, where its size is known. */
  readonly share?: number | undefined;
}

export interface AttemptOptions {
  readonly run: Run;
  readonly manifest: Manifest;
  /** It may still be loading while the first rows are read. */
  readonly scorer: Promise<Scorer>;
  readonly reference: Reference | undefined;
  readonly source: Source;
  readonly sink: Sink;
  readonly ledger: Ledger;
  readonly key: readonly string[];
  readonly columns: readonly string[];
  readonly shardRows: number;
  readonly maxRejected: number;
  /** Chunks that are scored at the same time. */
  readonly depth: number;
  readonly before: Plan | undefined;
  /** What is there may be replaced, whoever made it. */
  readonly isForced: boolean;
  readonly clock: () => Date;
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly onNote?: ((note: string) => void) | undefined;
  /** Something was committed. */
  readonly onCommit: () => void;
}

export interface Attempted {
  readonly plan: Plan;
  readonly sinkRun: SinkRun;
  readonly entries: readonly ShardEntry[];
}

const sum = (entries: readonly ShardEntry[], field: 'rows_in' | 'rows_out' | 'rows_rejected'): number =>
  entries.reduce((total, entry) => total + entry[field], 0);

/** Throws TOO_MANY_REJECTS. */
export const checkRejects = (rejected: number, rows: number, most: number): void => {
  if (rejected <= most * rows) return;
  const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
  throw fail(
    'TOO_MANY_REJECTS',
    `${rejected} of ${rows} rows were rejected (${percent(rejected / Math.max(1, rows))}); max_rejected allows ${percent(most)}`,
    { expected: `at most ${percent(most)}`, got: percent(rejected / Math.max(1, rows)) },
  );
};

/** What the sink has is what is done; the ledger may be one shard behind, or know of shards that somebody has removed. */
const reconcile = async ({ ledger, run }: AttemptOptions, sinkRun: SinkRun): Promise<readonly ShardEntry[]> => {
  const known = await ledger.shards(run.id);
  if (await sinkRun.isPublished()) return known;
  const there = await sinkRun.committed();
  if (known.length > there.size) {
    await ledger.clearShards(run.id);
    throw fail('BAD_SINK', `The sink has lost what the run ${run.id} had staged there; run it again`, {
      expected: `${known.length} shards`,
      got: `${there.size}`,
    });
  }
  const entries = [...known];
  for (let shard = known.length; shard < there.size; shard++) {
    const entry = readEntry(there.get(shard));
    await ledger.addShard(run.id, shard, entry);
    entries.push(entry);
  }
  return entries;
};

const checkFingerprint = async (source: Source, plan: Plan): Promise<void> => {
  const now = await source.fingerprint();
  if (now === plan.fingerprint) return;
  throw fail('BAD_SOURCE', `${source.name} has changed since the run began; --force begins a new one`, {
    expected: plan.fingerprint,
    got: now,
  });
};

export const attempt = async (options: AttemptOptions): Promise<Attempted> => {
  const { run, manifest, source, sink, ledger, signal, clock } = options;
  const info: SinkRunInfo = {
    id: run.id,
    deployment: run.deployment,
    scope: run.scope,
    model: run.model,
    version: run.version,
    digest: run.digest,
  };
  let plan = run.plan ?? (await ledger.find(run.id)).plan;
  let sinkRun: SinkRun | undefined;
  let entries: ShardEntry[] = [];
  if (plan) {
    sinkRun = await sink.open(info, shapeOf(plan));
    entries = [...(await reconcile(options, sinkRun))];
    if (await sinkRun.isPublished()) return { plan, sinkRun, entries };
    await checkFingerprint(source, plan);
  }

  const waits = { read: 0, score: 0, write: 0 };
  const timed = async <T>(what: keyof typeof waits, work: Promise<T>): Promise<T> => {
    const began = performance.now();
    try {
      return await work;
    } finally {
      waits[what] += performance.now() - began;
    }
  };

  const settle = async (first: SourceChunk): Promise<Plan> => {
    const made = makePlan(
      {
        manifest,
        digest: run.digest,
        run: run.id,
        source: source.name,
        cells: source.cells,
        fingerprint: await source.fingerprint(),
        key: options.key,
        columns: options.columns,
        before: options.before,
      },
      first,
    );
    await sink.check(shapeOf(made), { deployment: run.deployment, isForced: options.isForced });
    await ledger.pin(run.id, made);
    return made;
  };

  let shard: OpenShard | undefined;
  let bins = entries[0]?.bins;
  let index = entries.length;
  let committing: Promise<void> = Promise.resolve();
  const rejectedBefore = (): number => sum(entries, 'rows_rejected');

  const start = index;
  /**
   * Rejects first, at the start in place of those that an earlier attempt has left: should the process end here, the shard
   * is done again, and they with it.
   */
  const commit = async (full: OpenShard, entry: ShardEntry): Promise<void> => {
    invariant(full.index === entries.length, 'shards are committed in order and without gaps');
    try {
      if (full.rejects.length > 0 || full.index === start) await ledger.keepRejects(run.id, full.index, full.rejects);
      await full.commit(entry);
    } catch (error) {
      await full.abort();
      throw error;
    }
    entries.push(entry);
    await ledger.addShard(run.id, full.index, entry);
    options.onCommit();
    if (rejectedBefore() >= MOST_REJECTS) checkRejects(rejectedBefore(), sum(entries, 'rows_in'), options.maxRejected);
  };
  const closeShard = async (lastKey: readonly string[] | undefined): Promise<void> => {
    if (!shard) return;
    await timed('write', committing);
    const full = shard;
    shard = undefined;
    const entry = full.entry(lastKey);
    Object.assign(waits, { read: 0, score: 0, write: 0 });
    committing = commit(full, entry);
    committing.catch(() => {});
  };

  const inFlight: { readonly chunk: SourceChunk; readonly scoring: Promise<ScoredChunk> }[] = [];
  let rows = sum(entries, 'rows_in');
  let rejected = rejectedBefore();
  let state: { readonly plan: Plan; readonly sinkRun: SinkRun; readonly watch: KeyWatch } | undefined;

  const takeOne = async (): Promise<void> => {
    const [next] = inFlight;
    if (!next || !state) return;
    const scored = await timed('score', next.scoring).catch((error: unknown) => {
      // A stop ends what runs.
      signal.throwIfAborted();
      throw error;
    });
    inFlight.shift();
    signal.throwIfAborted();
    state.watch.watch(next.chunk);
    const prepared = prepareRows(scored, {
      plan: state.plan,
      manifest,
      cells: source.cells,
      isTyped: sink.isTyped,
      at: clock().getTime(),
    });
    if (!shard) {
      const { reference } = options;
      shard = await openShard({ index, sink: state.sinkRun, manifest, reference, bins, first: scored, waits });
      bins ??= shard.bins;
      index++;
    }
    await shard.add(scored, prepared);
    next.chunk.release?.();
    rows += next.chunk.rows + next.chunk.rejects.length;
    rejected += prepared.rejects.length;
    options.onProgress?.({ rows, rejected, share: next.chunk.share });
    if (shard.isFull(options.shardRows)) await closeShard(state.watch.last());
  };

  const wanted = Object.keys(manifest.inputs);
  const chunks = ahead(source.read(entries.at(-1)?.next, wanted))[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value: chunk } = await timed('read', chunks.next());
      if (done) break;
      signal.throwIfAborted();
      for (const note of chunk.notes ?? []) options.onNote?.(note);
      const isBare = chunk.rows + chunk.rejects.length === 0 && (state !== undefined || entries.length > 0);
      if (!state) {
        plan ??= await settle(chunk);
        sinkRun ??= await sink.open(info, shapeOf(plan));
        state = { plan, sinkRun, watch: keyWatch(plan, source.isOrdered, entries.at(-1)?.last_key) };
      }
      if (isBare) continue;
      const scoring = options.scorer.then((scorer) => score(scorer, chunk, source));
      scoring.catch(() => {});
      inFlight.push({ chunk, scoring });
      if (inFlight.length >= options.depth) await takeOne();
    }
    while (inFlight.length > 0) await takeOne();
    await closeShard(state?.watch.last());
    await timed('write', committing);
  } catch (error) {
    await Promise.allSettled([committing, ...inFlight.map(({ scoring }) => scoring)]);
    await shard?.abort();
    throw error;
  } finally {
    await chunks.return?.(undefined);
  }
  if (!plan || !sinkRun) throw fail('INTERNAL', `${source.name} told nothing of its columns.`);
  return { plan, sinkRun, entries };
};
