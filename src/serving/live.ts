/**
 * Live: the model that a reference means now, held by a mode that runs for long. What the reference newly means takes over
 * between two pieces of work, once it is proven; until then, and where it fails, what there is goes on.
 *
 * - A version that takes over has been proven in another process, with limits of time and memory; all but the first one, and
 *   those that have worked here before, where they are known to be safe.
 * - What a piece of work began with stays open until it ends.
 * - A version that is refused is not tried again until the reference has moved; what was no fault of its own refuses nothing.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { fail, problemOf } from '../core/errors.ts';
import type { Package } from '../package/layout.ts';
import { riskOf } from '../package/risk.ts';
import { route } from './route.ts';
import type { ModelSource } from './source.ts';

/** A version that is ready to answer. */
export interface Version {
  readonly digest: string;
  close(): Promise<void>;
}

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

export interface LiveOptions<V extends Version> {
  readonly ref: string;
  readonly source: Pick<ModelSource, 'open' | 'prove' | 'resolve'>;
  /** Makes a package ready, and warms it by its examples, whose answers it checks. @throws MillraceError */
  readonly load: (found: Package, opening: Opening) => Promise<V>;
  /** Resolves when nothing waits for this version any more, beside what `use` runs; at once unless given. */
  readonly idle?: ((version: V) => Promise<void>) | undefined;
  /** Told in the moment in which a version takes over. */
  readonly onOpened?: ((version: V) => void) | undefined;
  /** Told why none does. */
  readonly onFailed?: ((error: unknown) => void) | undefined;
}

/** What came of a look at the reference. */
export type News<V> =
  | { readonly kind: 'replaced'; readonly from: V; readonly to: V }
  | { readonly kind: 'refused'; readonly version: string; readonly error: unknown }
  /** What the reference means cannot be asked; `isNew` when it could be at the look before. */
  | { readonly kind: 'unreachable'; readonly error: unknown; readonly isNew: boolean };

export interface Live<V extends Version> {
  /** What answers now; undefined when nothing does. */
  readonly current: V | undefined;
  /** What is being opened. */
  readonly opening: Promise<V> | undefined;
  /**
   * Opens what the reference means now, and lets it take over; who asks while it is opened waits for the same.
   *
   * @throws MillraceError what opening, proving and loading throw
   */
  open(): Promise<V>;
  /** Runs `work` with the version that answers now. @throws MillraceError UNAVAILABLE when nothing does; what `work` throws */
  use<T>(work: (version: V) => Promise<T>): Promise<T>;
  /** Looks once where the reference points, and opens what it newly means; undefined when there is no news. */
  look(): Promise<News<V> | undefined>;
  /** Lets nothing answer; what did is closed once its work is done. */
  putAside(): void;
  /** Closes all; work that is not done by then gets so many milliseconds more, none unless given. */
  close(mostMs?: number): Promise<void>;
}

interface Held<V> {
  readonly version: V;
  users: number;
  unused: (() => void) | undefined;
}

const closed = () => fail('UNAVAILABLE', 'The model is being closed.');

/** Nothing is open before `open` is called. */
export const createLive = <V extends Version>(options: LiveOptions<V>): Live<V> => {
  const { ref, source, load, idle, onOpened, onFailed } = options;
  const closing = new AbortController();
  const { signal } = closing;
  const variants: { stable: Held<V> | undefined } = { stable: undefined };
  /** Digests of packages that have worked here. */
  const known = new Set<string>();
  const retiring = new Set<Promise<void>>();
  const patienceOver = Promise.withResolvers<void>();
  let opening: Promise<V> | undefined;
  /** The digest that was refused last. */
  let refused: string | undefined;
  let isAway = false;

  const retire = (held: Held<V>): void => {
    const unused = new Promise<void>((resolve) => {
      if (held.users === 0) resolve();
      else held.unused = resolve;
    });
    const done = Promise.race([Promise.all([unused, idle?.(held.version)]), patienceOver.promise]);
    const gone = done.then(() => held.version.close()).finally(() => retiring.delete(gone));
    retiring.add(gone);
  };
  const putAside = (): void => {
    const { stable } = variants;
    variants.stable = undefined;
    if (stable) retire(stable);
  };

  const openNow = async (): Promise<V> => {
    const [began, memoryBytes] = [performance.now(), process.memoryUsage.rss()];
    const found = await source.open(ref);
    const risk = riskOf(found);
    const isTrusted = risk === undefined && (known.size === 0 || known.has(found.digest));
    if (!isTrusted) await source.prove?.(found, { signal });
    const version = await load(found, { risk, began, memoryBytes, signal });
    if (signal.aborted) {
      await version.close();
      throw closed();
    }
    putAside();
    variants.stable = { version, users: 0, unused: undefined };
    known.add(found.digest);
    refused = undefined;
    onOpened?.(version);
    return version;
  };
  const open = (): Promise<V> => {
    opening ??= openNow()
      .catch((error: unknown) => {
        onFailed?.(error);
        throw error;
      })
      .finally(() => {
        opening = undefined;
      });
    return opening;
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
      held.users++;
      try {
        return await work(held.version);
      } finally {
        held.users--;
        if (held.users === 0) held.unused?.();
      }
    },
    async look() {
      let meant: Awaited<ReturnType<NonNullable<ModelSource['resolve']>>>;
      try {
        meant = await source.resolve?.(ref);
        isAway = false;
      } catch (error) {
        const isNew = !isAway;
        isAway = true;
        return { kind: 'unreachable', error, isNew };
      }
      const from = variants.stable?.version;
      if (from === undefined || meant === undefined || signal.aborted) return undefined;
      if (meant.digest === from.digest || meant.digest === refused) return undefined;
      try {
        return { kind: 'replaced', from, to: await open() };
      } catch (error) {
        // A store that was away says nothing of the version.
        if (problemOf(error).code !== 'STORE_FAILED') refused = meant.digest;
        return { kind: 'refused', version: meant.version, error };
      }
    },
    putAside,
    async close(mostMs = 0) {
      closing.abort(closed());
      putAside();
      if (mostMs === 0) patienceOver.resolve();
      else void pause(mostMs, undefined, { ref: false }).then(() => patienceOver.resolve());
      await opening?.catch(() => undefined);
      await Promise.all(retiring);
    },
  };
};
