import { problemOf } from '../../core/errors.ts';
import type { Scorer } from '../../core/types.ts';
import { requireGolden } from '../../package/golden.ts';
import type { Package } from '../../package/layout.ts';

/** Where packages come from; a stream itself knows no registry and no disk. */
export interface ModelSource {
  /** The package that a reference means. @throws MillraceError */
  open(ref: string): Promise<Package>;
  /**
   * Proves it, where it is not known to be safe, and makes it ready to score; gives up when the signal is aborted.
   *
   * @throws MillraceError
   */
  load(found: Package, signal: AbortSignal): Promise<Scorer>;
  /** What a reference that may move means now, cheaply; undefined for one that never moves. @throws MillraceError */
  resolve?(ref: string): Promise<{ readonly version: string; readonly digest: string } | undefined>;
}

export interface VersionsOptions {
  readonly ref: string;
  readonly source: ModelSource;
  /** How often an environment is looked at, in milliseconds. */
  readonly every: number;
  readonly onReplaced?: (from: Scorer, to: Scorer) => void;
  /** A version that cannot take over, or a registry that cannot be asked; what is at work goes on. */
  readonly onTrouble?: (error: unknown) => void;
}

export interface Versions {
  readonly current: Scorer;
  /** Runs `work` with the version that is current now; it stays open until `work` is done. */
  use<T>(work: (scorer: Scorer) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

interface Held {
  readonly scorer: Scorer;
  users: number;
  retired: boolean;
}

/** Opens a reference and proves it on its golden examples. */
const openVersion = async (ref: string, source: ModelSource, signal: AbortSignal): Promise<Scorer> => {
  const found = await source.open(ref);
  const scorer = await source.load(found, signal);
  try {
    await requireGolden(scorer, found.examples);
    return scorer;
  } catch (error) {
    await scorer.close();
    throw error;
  }
};

/** Opens a model and follows its reference: a new version takes over between two pieces of work. */
export const openVersions = async (options: VersionsOptions): Promise<Versions> => {
  const { ref, source, every, onReplaced, onTrouble } = options;
  const closing = new AbortController();
  const { signal } = closing;
  let held: Held = { scorer: await openVersion(ref, source, signal), users: 0, retired: false };
  /** Those that were replaced and still have users. */
  const retiring = new Set<Held>();
  /** The digest that was refused last; it is not tried again until the reference has moved. */
  let refused: string | undefined;

  const retire = async (one: Held): Promise<void> => {
    retiring.delete(one);
    await one.scorer.close();
  };

  const look = async (): Promise<void> => {
    const meant = await source.resolve?.(ref);
    if (meant === undefined || meant.digest === held.scorer.digest || meant.digest === refused) return;
    if (signal.aborted) return;
    try {
      const scorer = await openVersion(ref, source, signal);
      const old = held;
      held = { scorer, users: 0, retired: false };
      old.retired = true;
      retiring.add(old);
      onReplaced?.(old.scorer, scorer);
      if (old.users === 0) await retire(old);
    } catch (error) {
      // A store that was away says nothing of the version.
      if (problemOf(error).code !== 'STORE_FAILED') refused = meant.digest;
      throw error;
    }
  };
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look).catch((error) => {
      if (!signal.aborted) onTrouble?.(error);
    });
  }, every);

  return {
    get current() {
      return held.scorer;
    },
    use: async (work) => {
      const mine = held;
      mine.users++;
      try {
        return await work(mine.scorer);
      } finally {
        mine.users--;
        if (mine.retired && mine.users === 0) await retire(mine);
      }
    },
    close: async () => {
      closing.abort();
      clearInterval(timer);
      await looking;
      await Promise.all([held, ...retiring].map(retire));
    },
  };
};
