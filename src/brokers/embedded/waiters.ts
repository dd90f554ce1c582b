import { EventEmitter } from 'node:events';

/** Tells that a log may have changed: at once within a process, within milliseconds between processes. */
export interface Waiters {
  /** To be read before looking; `change` then misses nothing that came meanwhile. */
  state(): number;
  change(since: number, signal: AbortSignal): Promise<void>;
  wake(): void;
  close(): void;
}

/** How often other processes are looked for, in milliseconds. One look costs some microseconds. */
const PERIOD_MS = 5;

/** Logs of this process by path. */
const shared = new EventEmitter().setMaxListeners(0);

export const createWaiters = (path: string, version: () => number): Waiters => {
  const waiting = new Set<() => void>();
  let state = 0;
  let seen = version();
  let timer: NodeJS.Timeout | undefined;

  const awake = (): void => {
    state++;
    for (const resolve of waiting) resolve();
  };
  const look = (): void => {
    const now = version();
    if (now === seen) return;
    seen = now;
    awake();
  };
  shared.on(path, awake);

  return {
    state: () => state,
    change: (since, signal) =>
      new Promise((resolve) => {
        if (state !== since || signal.aborted) {
          resolve();
          return;
        }
        const done = (): void => {
          waiting.delete(done);
          signal.removeEventListener('abort', done);
          if (waiting.size === 0) {
            clearInterval(timer);
            timer = undefined;
          }
          resolve();
        };
        waiting.add(done);
        signal.addEventListener('abort', done);
        timer ??= setInterval(look, PERIOD_MS);
      }),
    wake: () => shared.emit(path),
    close: () => {
      clearInterval(timer);
      shared.off(path, awake);
    },
  };
};
