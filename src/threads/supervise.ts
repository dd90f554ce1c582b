/**
 * Keeps threads or processes there: one that ends is started again, later and later while they end, or do not come up, with
 * no sign of health between them.
 *
 * Invariants: each place has one that is up, or one that is being started, or waits for its start, and never two. Once closing,
 * nothing is started, and `close` waits for what was being started.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Backoff, backoffMs } from '../core/backoff.ts';
import { invariant } from '../core/invariant.ts';

/** When another is started. */
export interface RestartBackoff extends Backoff {
  /** One that has lived so many milliseconds is a sign of health; only `calm` is unless given. */
  readonly settledMs?: number | undefined;
  /** So many may end, with no sign of health between them, before any wait; none unless given. */
  readonly free?: number | undefined;
}

export interface SuperviseOptions<One extends { readonly gone: Promise<unknown> }> {
  /** Places, each for one. */
  readonly size: number;
  /** `signal` is aborted when nobody wants it any more. */
  readonly start: (signal: AbortSignal) => Promise<One>;
  readonly backoff: RestartBackoff;
  /** False where waiting to start another must not keep the process alive; true unless given. */
  readonly isVital?: boolean | undefined;
  readonly onUp?: ((one: One, isRestart: boolean) => void) | undefined;
  /** Told of each end, those of closing among them. */
  readonly onGone?: ((one: One, how: Awaited<One['gone']>) => void) | undefined;
  /** Another could not be started, for the first time since one was up, for the second, … */
  readonly onStuck?: ((error: unknown, failed: number) => void) | undefined;
}

export interface Supervisor<One> {
  readonly up: ReadonlySet<One>;
  /** Those that came up in the place of one that ended, or did not come up. */
  readonly restarts: number;
  /** Ends with no sign of health between them. */
  readonly losses: number;
  readonly isClosing: boolean;
  /** The first start of each place. One that fails is tried again, unless closed. */
  readonly first: readonly Promise<void>[];
  /** A sign of health. */
  calm(): void;
  /** Starts no more. Ends nothing that is up. */
  close(): Promise<void>;
}

/** The work, which is among all that is under way until it ends. */
const amid = <T>(all: Set<Promise<T>>, work: Promise<T>): Promise<T> => {
  const forget = (): void => void all.delete(work);
  all.add(work);
  work.then(forget, forget);
  return work;
};

export const supervise = <One extends { readonly gone: Promise<unknown> }>(
  options: SuperviseOptions<One>,
): Supervisor<One> => {
  const { size, backoff, isVital = true, onUp, onGone, onStuck } = options;
  const { settledMs = Number.POSITIVE_INFINITY, free = 0 } = backoff;
  const closing = new AbortController();
  const { signal } = closing;
  const up = new Set<One>();
  const starting = new Set<Promise<One>>();
  let restarts = 0;
  let losses = 0;

  const begin = async (isRestart: boolean): Promise<One> => {
    const one = await options.start(signal);
    up.add(one);
    invariant(up.size <= size, 'each place has one at most');
    if (isRestart) restarts++;
    onUp?.(one, isRestart);
    return one;
  };
  const outlive = async (one: One): Promise<void> => {
    const began = performance.now();
    const how = (await one.gone) as Awaited<One['gone']>;
    up.delete(one);
    losses = performance.now() - began >= settledMs ? 0 : losses + 1;
    onGone?.(one, how);
  };
  /** Fills one place for as long as it is wanted; `told` is called when its first start has ended. */
  const fill = async (told: (error?: unknown) => void): Promise<void> => {
    for (let turn = 0, failed = 0; !signal.aborted; turn++) {
      try {
        const one = await amid(starting, begin(turn > 0));
        failed = 0;
        told();
        await outlive(one);
      } catch (error) {
        failed++;
        if (turn === 0) told(error);
        else if (!signal.aborted) onStuck?.(error, failed);
      }
      const ms = Math.max(backoffMs(backoff, failed), backoffMs(backoff, Math.ceil((losses - free) / size)));
      await pause(ms, undefined, { signal, ref: isVital }).catch(() => undefined);
    }
  };
  const fillFirst = (): Promise<void> =>
    new Promise((resolve, reject) => void fill((error) => (error === undefined ? resolve() : reject(error))));
  const first = Array.from({ length: size }, fillFirst);

  return {
    up,
    first,
    get restarts() {
      return restarts;
    },
    get losses() {
      return losses;
    },
    get isClosing() {
      return signal.aborted;
    },
    calm() {
      losses = 0;
    },
    async close() {
      closing.abort();
      await Promise.allSettled(starting);
    },
  };
};
