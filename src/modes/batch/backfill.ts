/** Many windows of a deployment, those that are wanted of all between two. */
import { fail, problemOf } from '../../core/errors.ts';
import type { BackfillRequest, WindowDone } from './batch.ts';
import type { BatchHost } from './host.ts';
import type { Ledger } from './ledger/ledger.ts';
import { type BatchJob, perform } from './perform.ts';
import type { Run } from './types.ts';
import { isOver, notOver } from './wanted-window.ts';
import { type Window, windowNamed, windowsBetween } from './window.ts';

/** Windows of one backfill, at most. */
const MOST_WINDOWS = 10_000;

const isWanted = (only: BackfillRequest['only'], status: Run['status'] | undefined): boolean =>
  only === 'all' || (only === 'failed' ? status === 'failed' : status !== 'finished');

/** The windows between two that are over. @throws MillraceError USAGE where none is. */
const windowsOver = (
  host: BatchHost,
  { deployment: name, from, to, onLeftOut }: BackfillRequest,
): readonly Window[] => {
  const { window: kind, zone } = host.deployment(name);
  if (kind === undefined) {
    throw fail('USAGE', `${name} has no windows to fill`, { expected: 'a window: in the deployment', got: 'none' });
  }
  const [first, last] = [windowNamed(kind, zone, from), windowNamed(kind, zone, to)];
  const all = windowsBetween(first, last, MOST_WINDOWS);
  const now = host.clock();
  if (!isOver(first, now)) throw notOver(name, first, now, '--from');
  const leftOut = all.filter((window) => !isOver(window, now));
  if (leftOut.length > 0) onLeftOut?.(leftOut);
  return all.slice(0, all.length - leftOut.length);
};

/** One window, which holds none of the others up when it fails. @throws what ends all: the signal's reason. */
const fill = async (
  host: BatchHost,
  ledger: Ledger,
  { deployment, window }: BatchJob & { readonly window: Window },
  { only, ...manner }: BackfillRequest,
): Promise<WindowDone> => {
  const { label } = window;
  try {
    const { what, run } = await perform(
      host,
      ledger,
      { deployment, window },
      { ...manner, cause: 'backfill', force: only === 'all' },
    );
    return { window: label, what, run };
  } catch (error) {
    manner.signal.throwIfAborted();
    const run = await ledger.slot(deployment.name, label);
    return { window: label, what: 'failed', run, problem: problemOf(error) };
  }
};

/** Resolves to what became of each window, in order. */
export const backfill = async (
  host: BatchHost,
  openLedger: () => Promise<Ledger>,
  request: BackfillRequest,
): Promise<readonly WindowDone[]> => {
  const deployment = host.deployment(request.deployment);
  const over = windowsOver(host, request);
  const ledger = await openLedger();
  const wanted: Window[] = [];
  for (const window of over) {
    if (isWanted(request.only, (await ledger.slot(deployment.name, window.label))?.status)) wanted.push(window);
  }
  if (request.dryRun) return wanted.map(({ label }) => ({ window: label, what: 'to do' }));
  const done: WindowDone[] = [];
  const waiting = [...wanted];
  const worker = async (): Promise<void> => {
    for (let window = waiting.shift(); window; window = waiting.shift()) {
      request.signal.throwIfAborted();
      const one = await fill(host, ledger, { deployment, window }, request);
      done.push(one);
      request.onWindow?.(one);
    }
  };
  await Promise.all(Array.from({ length: Math.min(request.concurrency, wanted.length) }, worker));
  return done.sort((a, b) => (a.window < b.window ? -1 : 1));
};
