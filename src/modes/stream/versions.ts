import { fail } from '../../core/errors.ts';
import type { Scorer } from '../../core/types.ts';
import { checkExamples } from '../../package/golden.ts';
import type { Package } from '../../package/layout.ts';

/** Where packages come from; a stream itself knows no registry and no disk. */
export interface ModelSource {
  /** The package that a reference means. @throws MillraceError */
  open(ref: string): Promise<Package>;
  /** Makes it ready to score. @throws MillraceError */
  load(found: Package): Promise<Scorer>;
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
const openVersion = async (ref: string, source: ModelSource): Promise<Scorer> => {
  const found = await source.open(ref);
  const scorer = await source.load(found);
  try {
    const [off] = await checkExamples(scorer, found.examples);
    if (off === undefined) return scorer;
    const { name, version } = scorer.manifest;
    throw fail('EXAMPLE_OFF', `${name}@${version} is not put to work: example ${off.example} is off`, {
      ...(off.field !== undefined && { field: off.field }),
      expected: String(off.expected),
      got: String(off.got),
    });
  } catch (error) {
    await scorer.close();
    throw error;
  }
};

/** Opens a model and follows its reference: a new version takes over between two pieces of work. */
export const openVersions = async (options: VersionsOptions): Promise<Versions> => {
  const { ref, source, every, onReplaced, onTrouble } = options;
  let held: Held = { scorer: await openVersion(ref, source), users: 0, retired: false };
  /** The digest that was refused last; it is not tried again until the reference has moved. */
  let refused: string | undefined;
  let closed = false;

  const look = async (): Promise<void> => {
    const meant = await source.resolve?.(ref);
    if (meant === undefined || meant.digest === held.scorer.digest || meant.digest === refused || closed) return;
    try {
      const scorer = await openVersion(ref, source);
      const old = held;
      held = { scorer, users: 0, retired: false };
      old.retired = true;
      onReplaced?.(old.scorer, scorer);
      if (old.users === 0) await old.scorer.close();
    } catch (error) {
      refused = meant.digest;
      throw error;
    }
  };
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look).catch((error) => onTrouble?.(error));
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
        if (mine.retired && mine.users === 0) await mine.scorer.close();
      }
    },
    close: async () => {
      closed = true;
      clearInterval(timer);
      await looking;
      await held.scorer.close();
    },
  };
};
