/** A run, from taking its slot to telling of its end. */
import { randomBytes } from 'node:crypto';
import { fail, MillraceError, messageOf, type Problem } from '../../core/errors.ts';
import type { Reference } from '../../monitor/profile/reference.ts';
import type { Package } from '../../package/layout.ts';
import { type Attempted, attempt, checkRejects, type Progress } from './attempt.ts';
import type { BatchDeployment } from './deployment.ts';
import { withEnds } from './ends.ts';
import type { BatchHost } from './host.ts';
import type { Ledger, NewRun } from './ledger/ledger.ts';
import { lost } from './ledger/runs.ts';
import { newOwner } from './owner.ts';
import { patiently } from './patience.ts';
import { summarize } from './summary.ts';
import type { Cause, Run, ShardEntry, Status, Summary } from './types.ts';
import { WHOLE, type Window } from './window.ts';

/** How often a run says that it is alive, in milliseconds. */
const HEARTBEAT = 5000;

export type RunEvent =
  | { readonly what: 'began' | 'continued'; readonly run: Run }
  | ({ readonly what: 'progress' } & Progress)
  | { readonly what: 'noted'; readonly message: string }
  | { readonly what: 'waiting'; readonly message: string; readonly seconds: number };

export interface RunOptions {
  readonly deployment: BatchDeployment;
  /** The package that the deployment's reference means now. */
  readonly found: Package;
  readonly window?: Window | undefined;
  /** What is done once; the window's label, or `all`, unless said. */
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

export type Outcome =
  | { readonly what: 'finished'; readonly run: Run; readonly summary: Summary }
  /** It had been finished before. */
  | { readonly what: 'done'; readonly run: Run };

/** `20261102-020003-9f3a1c`: text order is time order. */
const newId = (now: Date): string =>
  `${now.toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '').replace('T', '-')}-${randomBytes(3).toString('hex')}`;

const referenceOf = (found: Package): Reference | undefined => {
  const bytes = found.files.get('profile.json');
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Reference);
};

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
  }, HEARTBEAT);
  return () => clearInterval(timer);
};

const cancelled = (id: string) => fail('CANCELLED', `The run ${id} was cancelled`);

/**
 * Does a slot of a deployment: begins, goes on with what was left, or finds it done.
 *
 * @throws MillraceError RUN_BUSY; CANCELLED; TOO_MANY_REJECTS; what sources, sinks and packages throw. The run is then
 * `failed` in the ledger, but for a stop by hand, after which the next call goes on.
 */
export const runSlot = async (host: BatchHost, ledger: Ledger, options: RunOptions): Promise<Outcome> => {
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

interface Mine {
  readonly run: Run;
  readonly owner: string;
  /** Runs whose staged rows are to be removed. */
  readonly drops: readonly string[];
}

const work = async (
  host: BatchHost,
  ledger: Ledger,
  options: RunOptions,
  { run, owner, drops }: Mine,
): Promise<Summary> => {
  const { deployment, signal, retry, onEvent, threaded = false } = options;
  let last: { readonly entries: readonly ShardEntry[]; readonly source: string; readonly sink: string } | undefined;
  let publishing = 0;
  const summaryOf = (status: Status, problem?: Problem): Summary =>
    summarize({
      run,
      status,
      entries: last?.entries ?? [],
      finishedAt: host.clock().toISOString(),
      publishing,
      source: last?.source ?? '',
      sink: last?.sink ?? '',
      problem,
    });

  const found = await openPinned(host, run, options.found);
  const threads = deployment.workers > 1 || threaded ? deployment.workers : 0;
  const scorer = host.load(found, { threads, rowMs: deployment.rowMs, signal });
  // Whoever awaits it hears of a failure; until then it must not count as unhandled.
  scorer.catch(() => {});
  try {
    const before = await ledger.lastFinished(deployment.name, run.id);
    await patiently(
      (progress) =>
        withEnds(host, ledger, options, async ({ source, sink }) => {
          for (const id of drops) await sink.drop(id);
          const attempted: Attempted = await attempt({
            run,
            manifest: found.manifest,
            scorer,
            reference: referenceOf(found),
            source,
            sink,
            ledger,
            key: deployment.key,
            columns: deployment.columns,
            shardRows: deployment.shardRows,
            maxRejected: retry ? 1 : deployment.maxRejected,
            depth: Math.max(1, threads * 2),
            before: before?.plan,
            isForced: options.force ?? false,
            clock: host.clock,
            signal,
            onProgress: (one) => onEvent?.({ what: 'progress', ...one }),
            onNote: (message) => onEvent?.({ what: 'noted', message }),
            onCommit: progress,
          });
          last = { entries: attempted.entries, source: source.name, sink: sink.name };
          const { rows_in, rows_out, rows_rejected } = summaryOf('running');
          if (rows_in !== rows_out + rows_rejected) {
            throw fail('INTERNAL', `${rows_in} rows came in, ${rows_out} went out and ${rows_rejected} were rejected.`);
          }
          if (!retry) checkRejects(rows_rejected, rows_in, deployment.maxRejected);
          signal.throwIfAborted();
          const state = await ledger.beat(run.id, owner);
          if (state !== 'kept') throw state === 'lost' ? lost(run.id) : cancelled(run.id);
          const start = performance.now();
          await attempted.sinkRun.publish(retry ? 'add' : 'replace', rows_out);
          publishing += performance.now() - start;
          if (retry) await ledger.resolveRejects(retry.id, run.id);
        }),
      {
        patience: deployment.patience,
        signal,
        onWait: (waiting) => onEvent?.({ what: 'waiting', ...waiting }),
      },
    );
    const summary = summaryOf('finished');
    await patiently(() => ledger.end(run.id, owner, 'finished', summary), { patience: deployment.patience, signal });
    return summary;
  } catch (error) {
    throw await giveUp(error);
  } finally {
    await scorer.then((loaded) => loaded.close()).catch(() => {});
  }

  /**
   * What has failed is said to have; what was only stopped is left as it is, for whoever goes on. Resolves to what is to
   * be thrown: the error, with where to look.
   */
  async function giveUp(error: unknown): Promise<unknown> {
    const isOurs = error instanceof MillraceError;
    const isCancelled = isOurs && error.code === 'CANCELLED';
    if ((signal.aborted && !isOurs) || (isOurs && error.code === 'RUN_BUSY')) return error;
    let problem: Problem = isOurs ? error.problem : { code: 'INTERNAL', message: messageOf(error) };
    last ??= { entries: await ledger.shards(run.id).catch(() => []), source: '', sink: '' };
    const setAside = ['TOO_MANY_REJECTS', 'DUPLICATE_KEY'].includes(problem.code);
    try {
      await withEnds(host, ledger, options, async ({ sink, source }) => {
        last = { entries: last?.entries ?? [], source: source.name, sink: sink.name };
        if (isCancelled) return sink.drop(run.id);
        if (!setAside) return;
        const { plan } = await ledger.find(run.id);
        if (!plan) return;
        const { shapeOf } = await import('./plan.ts');
        const { id, ...info } = run;
        const staged = await sink.open({ ...info, id }, shapeOf(plan));
        const aside = await staged.setAside();
        last = { ...last, sink: aside };
        if (last.entries.length > 0)
          problem = { ...problem, message: `${problem.message}. What there is of it: ${aside}` };
      });
    } catch {
      // The failure itself is what is to be told; what is staged is found again by the next run.
    }
    if (problem.code === 'TOO_MANY_REJECTS') {
      problem = { ...problem, message: `${problem.message}. See why: millrace batch rejects ${run.id}` };
    }
    await ledger
      .end(
        run.id,
        owner,
        isCancelled ? 'cancelled' : 'failed',
        summaryOf(isCancelled ? 'cancelled' : 'failed', problem),
        problem,
      )
      .catch(() => {});
    return isOurs && problem !== error.problem ? new MillraceError(problem, { cause: error }) : error;
  }
};
