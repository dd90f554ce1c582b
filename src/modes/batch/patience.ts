/** Waiting for what passes by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../../core/backoff.ts';
import { problemOf } from '../../core/errors.ts';
import { isTransient } from '../../databases/index.ts';

const BACKOFF = { firstMs: 250, mostMs: 5000 } as const;

export interface PatienceOptions {
  /** How long failures may last without a success between them, in milliseconds. */
  readonly patience: number;
  readonly signal: AbortSignal;
  /** Called before each wait. */
  readonly onWait?: ((what: { readonly message: string; readonly seconds: number }) => void) | undefined;
}

/**
 * Does `work` again while it fails for a reason that passes by itself (a database that restarts). `progress` is called by
 * the work whenever it has got somewhere: then patience starts anew.
 */
export const patiently = async <T>(
  work: (progress: () => void) => Promise<T>,
  { patience, signal, onWait }: PatienceOptions,
): Promise<T> => {
  let since: number | undefined;
  let failed = 0;
  const progress = (): void => {
    since = undefined;
    failed = 0;
  };
  for (;;) {
    try {
      return await work(progress);
    } catch (error) {
      signal.throwIfAborted();
      const now = performance.now();
      since ??= now;
      const waitMs = backoffMs(BACKOFF, ++failed);
      if (!isTransient(error) || now - since + waitMs > patience) throw error;
      onWait?.({ message: problemOf(error).message, seconds: Math.round((now - since) / 1000) });
      await sleep(waitMs, undefined, { signal });
    }
  }
};
