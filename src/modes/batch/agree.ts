/**
 * The first act of a run: source, sink and ledger agree on what will be written, and on what is done already. The sink says
 * what is done, so a killed process, a restarted database and a stop by hand are one and the same.
 */
import { fail } from '../../core/errors.ts';
import { ahead } from '../../files/ahead.ts';
import type { SinkRun } from '../../sinks/sink.ts';
import type { Source, SourceChunk } from '../../sources/source.ts';
import { countedOf } from './counted.ts';
import { readEntry } from './ledger/stored.ts';
import { makePlan, shapeOf } from './plan.ts';
import { readBy } from './shadow.ts';
import { sinkRunOf, type Task } from './task.ts';
import type { Plan, Run, ShardEntry } from './types.ts';

export interface Agreement {
  readonly plan: Plan;
  readonly sinkRun: SinkRun;
  /** The shards that are done, in order. */
  readonly entries: readonly ShardEntry[];
  /** The rows behind them, to be read once and ended; undefined where the run is published already. */
  readonly rows: AsyncGenerator<SourceChunk> | undefined;
  /** Milliseconds that were waited for the first rows. */
  readonly readMs: number;
}

/** What the sink has is what is done; the ledger may be one shard behind, or know of shards that somebody has removed. */
const reconcile = async (task: Task, sinkRun: SinkRun): Promise<readonly ShardEntry[]> => {
  const { ledger, run } = task;
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
    await ledger.addShard(run.id, shard, entry, countedOf(entry, task));
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

/** Rows behind a position. Only what models read is looked at; all else passes through as it is stored. */
const readBehind = ({ source, manifest, shadow }: Task, last: ShardEntry | undefined): AsyncGenerator<SourceChunk> =>
  ahead(source.read(last?.next, readBy(manifest, shadow)));

const goOn = async (task: Task, plan: Plan): Promise<Agreement> => {
  const sinkRun = await task.sink.open(sinkRunOf(task.run), shapeOf(plan));
  const entries = await reconcile(task, sinkRun);
  const isPublished = await sinkRun.isPublished();
  if (!isPublished) await checkFingerprint(task.source, plan);
  return { plan, sinkRun, entries, rows: isPublished ? undefined : readBehind(task, entries.at(-1)), readMs: 0 };
};

export type Proposal = Pick<Task, 'manifest' | 'source' | 'sink' | 'key' | 'columns' | 'before' | 'isForced'> & {
  readonly run: Pick<Run, 'id' | 'deployment' | 'digest'>;
};

/** What the first rows settle, where the sink takes it: one failure before the start beats a reject for every row. */
export const propose = async (proposal: Proposal, first: SourceChunk): Promise<Plan> => {
  const { manifest, run, source, sink, key, columns, before, isForced } = proposal;
  const { name, cells } = source;
  const fingerprint = await source.fingerprint();
  const about = { manifest, digest: run.digest, run: run.id, source: name, cells, fingerprint, key, columns, before };
  const plan = makePlan(about, first);
  await sink.check(shapeOf(plan), { deployment: run.deployment, isForced });
  return plan;
};

async function* startingWith<T>(first: T, others: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield first;
    yield* others;
  } finally {
    await others.return(undefined);
  }
}

const begin = async (task: Task): Promise<Agreement> => {
  const rows = readBehind(task, undefined);
  try {
    const start = performance.now();
    const { done, value: first } = await rows.next();
    const readMs = performance.now() - start;
    if (done) throw fail('INTERNAL', `${task.source.name} told nothing of its columns.`);
    task.signal.throwIfAborted();
    const { notes = [], ...rest } = first;
    for (const note of notes) task.onNote(note);
    const plan = await propose(task, first);
    await task.ledger.pin(task.run.id, plan);
    const sinkRun = await task.sink.open(sinkRunOf(task.run), shapeOf(plan));
    return { plan, sinkRun, entries: [], rows: startingWith(rest, rows), readMs };
  } catch (error) {
    await rows.return(undefined);
    throw error;
  }
};

/**
 * @throws MillraceError BAD_SOURCE, BAD_SINK, BAD_PROJECT, FILE_EXISTS; what sources, sinks and ledgers throw.
 */
export const agree = async (task: Task): Promise<Agreement> => {
  const plan = task.run.plan ?? (await task.ledger.find(task.run.id)).plan;
  return plan ? goOn(task, plan) : begin(task);
};
