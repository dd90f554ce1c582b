/**
 * Versions and the work that they do: what a piece of work began with stays open until it ends, whatever has taken its place
 * meanwhile.
 */
import { setTimeout as pause } from 'node:timers/promises';

/** A version that is ready to answer. */
export interface LiveVersion {
  readonly digest: string;
  close(): Promise<void>;
}

export interface HeldVersion<V> {
  readonly version: V;
  /** Runs `work` with it. */
  use<T>(work: (version: V) => Promise<T>): Promise<T>;
  /** Resolves when no work is under way; there may come no more. */
  unused(): Promise<void>;
}

/** Counts who uses a version, so that it is closed only when nobody does. */
export const hold = <V>(version: V): HeldVersion<V> => {
  let users = 0;
  let waiting: (() => void) | undefined;
  return {
    version,
    async use(work) {
      users++;
      try {
        return await work(version);
      } finally {
        users--;
        if (users === 0) waiting?.();
      }
    },
    unused: () =>
      new Promise((resolve) => {
        if (users === 0) resolve();
        else waiting = resolve;
      }),
  };
};

export interface Retirement<V> {
  /** Closes a version, which nothing new can get any more, once its work has ended. */
  retire(held: HeldVersion<V>): void;
  /** Resolves when all are closed; work that is not done by then gets so many milliseconds more. */
  close(mostMs: number): Promise<void>;
}

/** `idle` resolves when nothing waits for a version any more, beside what it is used for. */
export const createRetirement = <V extends LiveVersion>(
  idle: ((version: V) => Promise<void>) | undefined,
): Retirement<V> => {
  const retiring = new Set<Promise<void>>();
  const patienceOver = Promise.withResolvers<void>();
  return {
    retire(held) {
      const done = Promise.race([Promise.all([held.unused(), idle?.(held.version)]), patienceOver.promise]);
      const gone = done.then(() => held.version.close()).finally(() => retiring.delete(gone));
      retiring.add(gone);
    },
    async close(mostMs) {
      if (mostMs === 0) patienceOver.resolve();
      else void pause(mostMs, undefined, { ref: false }).then(() => patienceOver.resolve());
      await Promise.all(retiring);
    },
  };
};
