import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../core/backoff.ts';

export interface AgainOptions {
  readonly signal: AbortSignal;
  /** Not called once `signal` is aborted. */
  readonly onError: (error: unknown) => void;
}

const BACKOFF = { firstMs: 50, mostMs: 5000 } as const;
/** Work that lasted so long begins anew as if it were the first time. */
const CALM_MS = 30_000;

/** Does `work` again and again until `signal` is aborted, later and later while it ends soon. Never rejects. */
export const again = async (work: () => Promise<void>, { signal, onError }: AgainOptions): Promise<void> => {
  for (let turn = 1; !signal.aborted; turn++) {
    const began = performance.now();
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      onError(error);
    }
    if (performance.now() - began > CALM_MS) turn = 1;
    await sleep(backoffMs(BACKOFF, turn), undefined, { signal }).catch(() => {});
  }
};
