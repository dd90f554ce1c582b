/** Batch as the command line and `up` see it. */
import { join } from 'node:path';
import { fail, type Problem, problemOf } from '../../core/errors.ts';
import type { Package } from '../../package/layout.ts';
import type { BatchDeployment } from './deployment.ts';
import type { BatchHost } from './host.ts';
import type { Ledger, ListOptions } from './ledger/ledger.ts';
import { openLedger } from './ledger/open.ts';
import { createReactions, type Reacted } from './react.ts';
import { rehearse } from './rehearse.ts';
import { writeReport } from './report/write.ts';
import { type RunEvent, type RunOutcome, runSlot } from './run.ts';
import type { Cause, Reject, Run } from './types.ts';
import { lastWhole, type Window, windowAt, windowNamed, windowsBetween } from './window.ts';

const ALL_REACTED = -1;
/** Windows of one backfill, at most. */
const MOST_WINDOWS = 10_000;

export type BatchEvent = RunEvent | { readonly what: 'reacted'; readonly reacted: Reacted };

export interface RunRequest {
  readonly deployment: string;
  /** A window as a person names it; only for deployments that have windows. */
  readonly window?: string | undefined;
  readonly force?: boolean | undefined;
  readonly cause?: Cause | undefined;
  readonly slot?: string | undefined;
  readonly threaded?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly onEvent?: ((event: BatchEvent) => void) | undefined;
}

export interface BackfillRequest extends Omit<RunRequest, 'window' | 'slot' | 'force'> {
  readonly from: string;
  readonly to: string;
  readonly only: 'missing' | 'failed' | 'all';
  readonly concurrency: number;
  /** Only says which windows there are. */
  readonly dryRun: boolean;
  /** Windows that are not over yet, in order; at least one. */
  readonly onLeftOut?: ((windows: readonly Window[]) => void) | undefined;
  readonly onWindow?: ((done: WindowDone) => void) | undefined;
}

export interface WindowDone {
  readonly window: string;
  readonly what: 'to do' | 'finished' | 'done' | 'failed';
  readonly run?: Run | undefined;
  readonly problem?: Problem | undefined;
}

export interface ReportPaths {
  readonly html: string;
  readonly json: string;
}

export type Performed = RunOutcome & { readonly report: ReportPaths; readonly reacted: readonly Reacted[] };

export interface BatchDeployments {
  readonly names: readonly string[];
  /** @throws MillraceError BAD_PROJECT */
  deployment(name: string): BatchDeployment;
  /** @throws MillraceError USAGE for a window that is not over; what runs throw. */
  run(request: RunRequest): Promise<Performed>;
  /** A window, or without one all of the source. */
  perform(
    deployment: BatchDeployment,
    window: Window | undefined,
    request: Omit<RunRequest, 'deployment' | 'window'>,
  ): Promise<Performed>;
  rehearse(request: Pick<RunRequest, 'deployment' | 'window' | 'force'>): ReturnType<typeof rehearse>;
  /** Windows that are not over are left out. @throws MillraceError USAGE where that is all of them. */
  backfill(request: BackfillRequest): Promise<readonly WindowDone[]>;
  retryRejects(run: string, request: Omit<RunRequest, 'deployment' | 'window'>): Promise<Performed>;
  list(options: ListOptions): Promise<readonly Run[]>;
  find(id: string): Promise<Run>;
  cancel(id: string): ReturnType<Ledger['cancel']>;
  rejects(id: string, options: { readonly unresolved: boolean }): Promise<AsyncIterable<readonly Reject[]>>;
  reportOf(run: Run): ReportPaths;
  ledger(): Promise<Ledger>;
}

/** The window that a request means. @throws MillraceError USAGE. */
const requestedWindow = (deployment: BatchDeployment, text: string | undefined, now: Date): Window | undefined => {
  const { window, zone, name } = deployment;
  if (window === undefined) {
    if (text === undefined) return undefined;
    throw fail('USAGE', `${name} has no windows: it always scores all of its source`, {
      field: '--window',
      expected: 'no --window, or a window: in the deployment',
      got: text,
    });
  }
  return text === undefined ? lastWhole(window, zone, now.getTime()) : windowNamed(window, zone, text);
};

const isOver = ({ to }: Window, now: Date): boolean => to <= now.getTime();
/** Rows of a window may come until its end, and a finished one is left alone: theirs would never be predicted. */
const notOver = (name: string, { kind, zone, to, label }: Window, now: Date, field: string) =>
  fail(
    'USAGE',
    `${name} ${label} is not over before ${new Date(to).toISOString().replace('.000Z', 'Z')}, and rows may come until then`,
    {
      field,
      expected: `a window that is over; the last one is ${lastWhole(kind, zone, now.getTime()).label}`,
      got: label,
    },
  );

/** The window of a run that is to go on or to be retried. */
export const windowOf = ({ window, zone }: BatchDeployment, run: Run): Window | undefined =>
  window === undefined || run.window === undefined ? undefined : windowAt(window, zone, Date.parse(run.window.from));

export const createBatch = (host: BatchHost): BatchDeployments => {
  let opened: Promise<Ledger> | undefined;
  const ledger = (): Promise<Ledger> => {
    opened ??= host.store().then((store) => openLedger(store, host.clock));
    return opened;
  };
  const reportOf = (run: Run): ReportPaths => {
    const folder = join(host.home, 'runs', run.deployment, run.id);
    return { html: join(folder, 'report.html'), json: join(folder, 'report.json') };
  };

  /** The report, and what the deployment wants done; each reaction once, by the bits of `reacted` (all of them: -1). */
  const follow = async (run: Run, deployment: BatchDeployment, found: Package, signal: AbortSignal) => {
    const book = await ledger();
    const report = reportOf(run);
    const { summary } = run;
    if (!summary) return [];
    const before = await book.lastFinished(run.deployment, run.id);
    await writeReport({ summary, run, before: before?.summary, found, paths: report });
    const reactions = createReactions(deployment.react, found.manifest, deployment.name);
    const reacted: Reacted[] = [];
    let bits = run.reacted;
    for (const [index, reaction] of reactions.entries()) {
      if (bits & (1 << index)) continue;
      const key = `${run.id}-${index}`;
      const one = await reaction.act(summary, key, { folder: host.folder, env: host.env, report, signal });
      reacted.push(one);
      if (one.what !== 'failed') {
        bits |= 1 << index;
        await book.reacted(run.id, bits);
      }
    }
    if (reacted.every(({ what }) => what !== 'failed')) await book.reacted(run.id, ALL_REACTED);
    return reacted;
  };

  /** The package of a run, for its report; the one of the deployment where that cannot be opened any more. */
  const packageOf = async (run: Run, now: Package): Promise<Package> =>
    run.digest === now.digest ? now : host.open(`${run.model}@${run.digest}`).catch(() => now);

  const start = async (
    deployment: BatchDeployment,
    window: Window | undefined,
    { force, cause = 'hand', slot, threaded, signal, onEvent }: Omit<RunRequest, 'deployment' | 'window'>,
    retry?: Run,
  ) => {
    const book = await ledger();
    let id: string | undefined;
    // Reactions that cannot work are refused before anything is scored.
    const found = await host.open(deployment.model);
    createReactions(deployment.react, found.manifest, deployment.name);
    const after = async (run: Run): Promise<readonly Reacted[]> => {
      const reacted = await follow(run, deployment, await packageOf(run, found), signal);
      for (const one of reacted) onEvent?.({ what: 'reacted', reacted: one });
      return reacted;
    };
    try {
      const outcome = await runSlot(host, book, {
        deployment,
        found,
        window,
        slot,
        cause,
        force,
        threaded,
        retry,
        signal,
        onEvent: (event) => {
          if ('run' in event) id = event.run.id;
          onEvent?.(event);
        },
      });
      // A process that ended between the end of a run and what follows leaves the latter to the next.
      const run = await book.find(outcome.run.id);
      const isOwed = outcome.what === 'finished' || run.reacted !== ALL_REACTED;
      const reacted = isOwed ? await after(run) : [];
      return { ...outcome, run, report: reportOf(run), reacted };
    } catch (error) {
      const run = id === undefined ? undefined : await book.find(id).catch(() => undefined);
      if (run?.status === 'failed') await after(run).catch(() => {});
      throw error;
    }
  };

  const run: BatchDeployments['run'] = async ({ deployment: name, window, ...request }) => {
    const deployment = host.deployment(name);
    const now = host.clock();
    const wanted = requestedWindow(deployment, window, now);
    if (wanted && !isOver(wanted, now)) throw notOver(name, wanted, now, '--window');
    return start(deployment, wanted, request);
  };

  return {
    names: host.names,
    deployment: host.deployment,
    ledger,
    reportOf,
    run,
    perform: (deployment, window, request) => start(deployment, window, request),
    async rehearse({ deployment: name, window, force }) {
      const deployment = host.deployment(name);
      return rehearse(host, await ledger(), {
        deployment,
        force,
        found: await host.open(deployment.model),
        window: requestedWindow(deployment, window, host.clock()),
      });
    },
    async backfill({ deployment: name, from, to, only, concurrency, dryRun, onLeftOut, onWindow, ...request }) {
      const deployment = host.deployment(name);
      const { window: kind, zone } = deployment;
      if (kind === undefined) {
        throw fail('USAGE', `${name} has no windows to fill`, { expected: 'a window: in the deployment', got: 'none' });
      }
      const [first, last] = [windowNamed(kind, zone, from), windowNamed(kind, zone, to)];
      const all = windowsBetween(first, last, MOST_WINDOWS);
      const now = host.clock();
      if (!isOver(first, now)) throw notOver(name, first, now, '--from');
      const leftOut = all.filter((window) => !isOver(window, now));
      if (leftOut.length > 0) onLeftOut?.(leftOut);
      const book = await ledger();
      const wanted: Window[] = [];
      for (const window of all.slice(0, all.length - leftOut.length)) {
        const status = (await book.slot(name, window.label))?.status;
        if (only === 'all' || (only === 'failed' ? status === 'failed' : status !== 'finished')) wanted.push(window);
      }
      if (dryRun) return wanted.map(({ label }) => ({ window: label, what: 'to do' }));
      const done: WindowDone[] = [];
      const waiting = [...wanted];
      const worker = async (): Promise<void> => {
        for (let window = waiting.shift(); window; window = waiting.shift()) {
          request.signal.throwIfAborted();
          const { label } = window;
          let one: WindowDone;
          try {
            const { what, run: made } = await start(deployment, window, {
              ...request,
              cause: 'backfill',
              force: only === 'all',
            });
            one = { window: label, what, run: made };
          } catch (error) {
            request.signal.throwIfAborted();
            one = { window: label, what: 'failed', run: await book.slot(name, label), problem: problemOf(error) };
          }
          done.push(one);
          onWindow?.(one);
        }
      };
      await Promise.all(Array.from({ length: Math.min(concurrency, wanted.length) }, worker));
      return done.sort((a, b) => (a.window < b.window ? -1 : 1));
    },
    async retryRejects(id, request) {
      const book = await ledger();
      const parent = await book.find(id);
      if (parent.status !== 'finished') {
        throw fail(
          'USAGE',
          `The run ${parent.id} is ${parent.status}: only the rejects of a finished run can be retried`,
          {
            expected: 'a finished run; a failed one is run again as a whole',
            got: parent.status,
          },
        );
      }
      const deployment = host.deployment(parent.deployment);
      const last = await book.slot(parent.deployment, `retry of ${parent.id}`);
      const force = last?.status === 'finished';
      return start(deployment, windowOf(deployment, parent), { ...request, force, slot: undefined }, parent);
    },
    list: async (options) => (await ledger()).list(options),
    find: async (id) => (await ledger()).find(id),
    cancel: async (id) => {
      const book = await ledger();
      return book.cancel((await book.find(id)).id, host.who);
    },
    rejects: async (id, options) => {
      const book = await ledger();
      return book.rejects((await book.find(id)).id, options);
    },
  };
};
