/**
 * Live: the model that a reference means now, held by a mode that runs for long. What the reference newly means takes over
 * between two pieces of work, once it is proven; until then, and where it fails, what there is goes on.
 *
 * - A version that takes over has been proven in another process, with limits of time and memory; all but the first one, and
 *   those that have worked here before, where they are known to be safe.
 * - A version that is refused is not tried again until the reference has moved; what was no fault of its own refuses nothing.
 */
import { fail, problemOf } from '../core/errors.ts';
import type { Package } from '../package/layout.ts';
import { riskOf } from '../package/risk.ts';
import { createRetirement, type HeldVersion, hold, type LiveVersion } from './held.ts';
import { route } from './route.ts';
import type { ModelSource } from './source.ts';

/** What is known of a package that is being opened. */
export interface Opening {
  /** Why it is not known to be safe; undefined where it is. */
  readonly risk: string | undefined;
  /** When it began to be opened, on the clock of `performance.now()`, and bytes that the process took then. */
  readonly began: number;
  readonly memoryBytes: number;
  /** Aborted when nobody waits for it any more. */
  readonly signal: AbortSignal;
}

export interface LiveOptions<V extends LiveVersion> {
  readonly ref: string;
  readonly source: Pick<ModelSource, 'open' | 'prove' | 'resolve'>;
  /** Makes a package ready, and warms it by its examples, whose answers it checks. @throws EXAMPLE_OFF; what loading throws */
  readonly load: (found: Package, opening: Opening) => Promise<V>;
  /** Resolves when nothing waits for this version any more, beside what `use` runs; at once unless given. */
  readonly idle?: ((version: V) => Promise<void>) | undefined;
  /** The first version is proven too, however safe it is: another one answers meanwhile. False unless given. */
  readonly proveFirst?: boolean | undefined;
  /** Told in the moment in which a version takes over. */
  readonly onOpened?: ((version: V) => void) | undefined;
  /** Told why none does. */
  readonly onFailed?: ((error: unknown) => void) | undefined;
}

type Meant = NonNullable<Awaited<ReturnType<NonNullable<ModelSource['resolve']>>>>;

/** What came of a look at the reference. */
export type News<V> =
  | { readonly kind: 'replaced'; readonly from: V; readonly to: V }
  | { readonly kind: 'refused'; readonly version: string; readonly error: unknown }
  /** What the reference means cannot be asked; `isNew` when it could be at the look before. */
  | { readonly kind: 'unreachable'; readonly error: unknown; readonly isNew: boolean };

export interface Live<V extends LiveVersion> {
  /** What answers now; undefined when nothing does. */
  readonly current: V | undefined;
  /** What is being opened. */
  readonly opening: Promise<V> | undefined;
  /**
   * Opens what the reference means now, and lets it take over; who asks while it is opened waits for the same.
   *
   * @throws what opening, proving and loading throw
   */
  open(): Promise<V>;
  /** Runs `work` with the version that answers now. @throws UNAVAILABLE when nothing does; what `work` throws */
  use<T>(work: (version: V) => Promise<T>): Promise<T>;
  /** Looks once where the reference points, and opens what it newly means; undefined when there is no news. */
  look(): Promise<News<V> | undefined>;
  /** Lets nothing answer; what did is closed once its work is done. */
  putAside(): void;
  /** Closes all; work that is not done by then gets so many milliseconds more, none unless given. */
  close(mostMs?: number): Promise<void>;
}

const closed = () => fail('UNAVAILABLE', 'The model is being closed.');

/** Opens what the reference means now and proves it, unless it is `known` or the first, and safe. @throws as `open` */
const openProven = async <V extends LiveVersion>(
  { ref, source, load, proveFirst = false }: LiveOptions<V>,
  known: Set<string>,
  signal: AbortSignal,
): Promise<V> => {
  const [began, memoryBytes] = [performance.now(), process.memoryUsage.rss()];
  const found = await source.open(ref);
  const risk = await riskOf(found);
  const isKnown = known.has(found.digest) || (known.size === 0 && !proveFirst);
  const isTrusted = risk === undefined && isKnown;
  if (!isTrusted) await source.prove?.(found, { signal });
  const version = await load(found, { risk, began, memoryBytes, signal });
  if (signal.aborted) {
    await version.close();
    throw closed();
  }
  known.add(found.digest);
  return version;
};

/** Nothing is open before `open` is called. */
export const createLive = <V extends LiveVersion>(options: LiveOptions<V>): Live<V> => {
  const { ref, source, idle, onOpened, onFailed } = options;
  const closing = new AbortController();
  const { signal } = closing;
  const variants: { stable: HeldVersion<V> | undefined } = { stable: undefined };
  const retirement = createRetirement(idle);
  /** Digests of packages that have worked here. */
  const known = new Set<string>();
  let opening: Promise<V> | undefined;
  /** The digest that was refused last. */
  let refused: string | undefined;
  let isAway = false;

  const putAside = (): void => {
    const { stable } = variants;
    variants.stable = undefined;
    if (stable) retirement.retire(stable);
  };
  const takeOver = async (): Promise<V> => {
    try {
      const version = await openProven(options, known, signal);
      putAside();
      variants.stable = hold(version);
      refused = undefined;
      onOpened?.(version);
      return version;
    } catch (error) {
      onFailed?.(error);
      throw error;
    } finally {
      opening = undefined;
    }
  };
  const open = (): Promise<V> => {
    opening ??= takeOver();
    return opening;
  };
  const follow = async (from: V, meant: Meant): Promise<News<V> | undefined> => {
    if (meant.digest === from.digest || meant.digest === refused) return undefined;
    try {
      return { kind: 'replaced', from, to: await open() };
    } catch (error) {
      // A store that was away says nothing of the version.
      if (problemOf(error).code !== 'STORE_FAILED') refused = meant.digest;
      return { kind: 'refused', version: meant.version, error };
    }
  };

  return {
    get current() {
      return route(variants)?.version;
    },
    get opening() {
      return opening;
    },
    open,
    async use(work) {
      const held = route(variants);
      if (held === undefined) throw closed();
      return held.use(work);
    },
    async look() {
      try {
        const meant = await source.resolve?.(ref);
        isAway = false;
        const from = variants.stable?.version;
        return meant && from && !signal.aborted ? await follow(from, meant) : undefined;
      } catch (error) {
        const isNew = !isAway;
        isAway = true;
        return { kind: 'unreachable', error, isNew };
      }
    },
    putAside,
    async close(mostMs = 0) {
      closing.abort(closed());
      putAside();
      const all = retirement.close(mostMs);
      await opening?.catch(() => undefined);
      await all;
    },
  };
};
