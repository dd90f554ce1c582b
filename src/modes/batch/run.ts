/** A run, from taking its slot to telling of its end. */
import { randomBytes } from 'node:crypto';
import { fail } from '../../core/errors.ts';
import { readReference } from '../../monitor/profile/reference.ts';
import { type Leave, leaving } from '../../monitor/scored-rows.ts';
import type { Package } from '../../package/layout.ts';
import { agree } from './agree.ts';
import { commit } from './commit.ts';
import type { BatchDeployment } from './deployment.ts';
import { withEnds } from './ends.ts';
import { giveUp } from './give-up.ts';
import type { BatchHost } from './host.ts';
import type { Ledger, NewRun } from './ledger/ledger.ts';
import { cancelled, lost } from './ledger/runs.ts';
import { localEngine } from './move.ts';
import { newOwner } from './owner.ts';
import { patiently } from './patience.ts';
import { type BatchShadow, openShadow } from './shadow.ts';
import { summarize } from './summary.ts';
import type { Progress, Task } from './task.ts';
import type { Cause, Run, Summary } from './types.ts';
import { WHOLE, type Window } from './window.ts';

/** How often a run says that it is alive. */
const HEARTBEAT_MS = 5000;

export type RunEvent =
  | { readonly what: 'began' | 'continued'; readonly run: Run }
  | ({ readonly what: 'progress' } & Progress)
  | { readonly what: 'noted'; readonly message: string }
  | { readonly what: 'waiting'; readonly message: string; readonly seconds: number };

export interface RunOptions {
  readonly deployment: BatchDeployment;
  /** The package that the deployment's reference means now. */
  readonly found: Package;
  /** A package that answers beside it. */
  readonly shadow?: Package | undefined;
  readonly window?: Window | undefined;
  /** What is done once; the window's label, or `all`, unless given. */
  readonly slot?: string | undefined;
  readonly cause: Cause;
  readonly force?: boolean | undefined;
  /** Score in threads even where one is enough, so that the process stays free for other work. */
  readonly threaded?: boolean | undefined;
  /** The run whose rejects are to be scored again. */
  readonly retry?: Run | undefined;
  readonly signal: AbortSignal;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
}

export type RunOutcome =
  | { readonly what: 'finished'; readonly run: Run; readonly summary: Summary }
  /** It had been finished before. */
  | { readonly what: 'done'; readonly run: Run };

/** `20261102-020003-9f3a1c`: text order is time order. */
const newId = (now: Date): string =>
  `${now.toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '').replace('T', '-')}-${randomBytes(3).toString('hex')}`;

/** The package that a run began with. A path can only be opened as it is now, and must still be the same. */
const openPinned = async (host: BatchHost, run: Run, now: Package): Promise<Package> => {
  if (now.digest === run.digest) return now;
  const isPath = /[/\\]|\.tar$/.test(run.ref) || run.ref.startsWith('.');
  if (!isPath) return host.open(`${run.model}@${run.digest}`);
  throw fail(
    'BAD_SOURCE',
    `${run.ref} is another package than when the run ${run.id} began; --force begins a new one`,
    {
      expected: run.digest,
      got: now.digest,
    },
  );
};

/** Says that the run is alive until it is told to stop; aborts when the run is no longer ours. */
const keepAlive = (ledger: Ledger, run: string, owner: string, stop: AbortController) => {
  const timer = setInterval(async () => {
    // The store may be away for a while; the lease is long enough to come back.
    const state = await ledger.beat(run, owner).catch(() => 'kept' as const);
    if (state === 'lost') stop.abort(lost(run));
    if (state === 'cancelled') stop.abort(cancelled(run));
  }, HEARTBEAT_MS);
  return () => clearInterval(timer);
};

/**
 * Does a slot of a deployment: begins, goes on with what was left, or finds it done.
 *
 * @throws MillraceError RUN_BUSY; CANCELLED; TOO_MANY_REJECTS; what sources, sinks and packages throw. The run is then
 * `failed` in the ledger, but for a stop by hand, after which the next call goes on.
 */
export const runSlot = async (host: BatchHost, ledger: Ledger, options: RunOptions): Promise<RunOutcome> => {
  const { deployment, window, cause, force = false, retry, onEvent } = options;
  const owner = newOwner();
  const { manifest, digest } = options.found;
  const scope = retry?.scope ?? window?.label ?? WHOLE;
  const wanted: NewRun = {
    id: newId(host.clock()),
    deployment: deployment.name,
    scope,
    slot: options.slot ?? (retry ? `retry of ${retry.id}` : scope),
    kind: retry ? 'retry' : 'run',
    parent: retry?.id,
    window: window && { from: new Date(window.from).toISOString(), to: new Date(window.to).toISOString() },
    cause,
    ref: deployment.model,
    model: manifest.name,
    version: manifest.version,
    digest,
    settings: deployment.settings,
  };

  const claim = await ledger.claim(wanted, owner, force);
  if (claim.what === 'done') return { what: 'done', run: claim.run };
  if (claim.what === 'busy') {
    throw fail(
      'RUN_BUSY',
      `The run ${claim.run.id} of ${deployment.name} (${claim.run.scope}) is being done by another process`,
      {
        expected: 'one process a window',
        got: claim.run.owner?.split('/').slice(0, 2).join(', process ') ?? 'another',
      },
    );
  }
  const { run } = claim;
  onEvent?.({ what: claim.what === 'begun' ? 'began' : 'continued', run });

  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const rest = keepAlive(ledger, run.id, owner, stop);
  try {
    const summary = await work(host, ledger, { ...options, signal }, { run, owner, drops: claim.drops });
    return { what: 'finished', run: { ...run, status: 'finished', summary }, summary };
  } finally {
    rest();
    await ledger.release(run.id, owner).catch(() => {});
  }
};

const threadsOf = ({ deployment: { workers }, threaded = false }: RunOptions): number =>
  workers > 1 || threaded ? workers : 0;

/** Records of a run's rows: its deployment, the run and the row's key name them, so that a row has one record in a run. */
const leavingOf = (leave: Leave, run: Run, { manifest, digest }: Package): Task['leaving'] => {
  const { deployment, ref, model: name, version } = run;
  const model = { ref, deployment, name, version, digest, manifest };
  return (scorer, keyOf) =>
    leaving(scorer, leave, { model, idOf: (row) => `${deployment}/${run.id}/${keyOf(row).join(',')}` });
};

interface Mine {
  readonly run: Run;
  readonly owner: string;
  /** Runs whose staged rows are to be removed. */
  readonly drops: readonly string[];
}

type Ready = Omit<Task, 'source' | 'sink' | 'shadow' | 'onCommit'>;

/** What the acts need of a run besides its ends. */
const prepare = async (host: BatchHost, ledger: Ledger, options: RunOptions, found: Package, { run, owner }: Mine) => {
  const { deployment, retry, signal, onEvent, force = false } = options;
  const { key, columns, shardRows, record } = deployment;
  const leave = record > 0 ? await host.leave?.(record) : undefined;
  const ready: Ready = {
    run,
    owner,
    retry,
    manifest: found.manifest,
    reference: readReference(found.files.get('profile.json')),
    ledger,
    key,
    columns,
    shardRows,
    maxRejected: retry ? 1 : deployment.maxRejected,
    depth: Math.max(1, threadsOf(options) * 2),
    before: (await ledger.lastFinished(deployment.name, run.id))?.plan,
    isForced: force,
    leaving: leave && leavingOf(leave, run, found),
    clock: host.clock,
    signal,
    onProgress: (one) => onEvent?.({ what: 'progress', ...one }),
    onNote: (message) => onEvent?.({ what: 'noted', message }),
  };
  return ready;
};

const shadowOf = (host: BatchHost, options: RunOptions): BatchShadow | undefined => {
  const { shadow: found, deployment, signal, onEvent } = options;
  const load = (shadow: Package) => host.load(shadow, { threads: threadsOf(options), rowMs: deployment.rowMs, signal });
  const onNote = (message: string): void => onEvent?.({ what: 'noted', message });
  return found && openShadow({ found, load: () => load(found), signal, onNote });
};

/** The three acts, again while they fail for what passes by itself; each time they go on from where the sink says that it stands. */
const work = async (host: BatchHost, ledger: Ledger, options: RunOptions, mine: Mine): Promise<Summary> => {
  const { deployment, signal, onEvent } = options;
  const { patience, rowMs } = deployment;
  const { run, owner, drops } = mine;
  const found = await openPinned(host, run, options.found);
  const scorer = host.load(found, { threads: threadsOf(options), rowMs, signal });
  // Whoever awaits it hears of a failure; until then it must not count as unhandled.
  scorer.catch(() => {});
  const shadow = shadowOf(host, options);
  try {
    const ready = await prepare(host, ledger, options, found, mine);
    const done = await patiently(
      (onCommit) =>
        withEnds(host, ledger, options, async (ends) => {
          for (const id of drops) await ends.sink.drop(id);
          const task: Task = { ...ready, ...ends, shadow, onCommit };
          const agreement = await agree(task);
          const entries = await localEngine.move(agreement, scorer, task);
          return commit(agreement, entries, task);
        }),
      { patience, signal, onWait: (waiting) => onEvent?.({ what: 'waiting', ...waiting }) },
    );
    const finishedAt = host.clock().toISOString();
    const summary = summarize({ run, status: 'finished', finishedAt, ...done });
    await patiently(() => ledger.end(run.id, owner, 'finished', summary), { patience, signal });
    return summary;
  } catch (error) {
    throw await giveUp(host, ledger, { ...options, run, owner }, error);
  } finally {
    await Promise.all([scorer.then((loaded) => loaded.close()).catch(() => {}), shadow?.close()]);
  }
};
