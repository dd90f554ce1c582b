/**
 * Keys that are not known, by the address that they came from. After a few, each further one waits before it is refused: whoever has a key
 * that is known passes at once, as many callers may share the address of a proxy.
 */
export interface Attempts {
  /** Counts one, and answers with the milliseconds that its refusal shall wait; undefined where it is one of few. */
  failed(address: string): number | undefined;
}

export interface AttemptsOptions {
  /** Milliseconds; never goes back. */
  readonly now: () => number;
  /** Told when an address has begun to guess, and then once a minute as long as it does. */
  readonly onGuessing: (address: string, failures: number) => void;
}

/** So many are a mistake; they are forgotten one after the other. */
const FEW = 10;
const FORGET_MS = 6000;
const WAIT_MS = 1000;
const TELL_MS = 60_000;
/** Addresses that are remembered at a time. */
const MOST_ADDRESSES = 10_000;

interface Guesser {
  /** Failures that are not forgotten, and all of them. */
  readonly fresh: number;
  readonly all: number;
  readonly at: number;
  readonly toldAt: number;
}

export const createAttempts = ({ now, onGuessing }: AttemptsOptions): Attempts => {
  const guessers = new Map<string, Guesser>();
  return {
    failed(address) {
      const at = now();
      const { fresh, all, at: before, toldAt } = guessers.get(address) ?? { fresh: 0, all: 0, at, toldAt: -TELL_MS };
      const left = Math.max(0, fresh - (at - before) / FORGET_MS) + 1;
      const isGuessing = left > FEW;
      const isTold = isGuessing && at - toldAt >= TELL_MS;
      // Whoever came last stands last: the first is the one to forget.
      guessers.delete(address);
      guessers.set(address, { fresh: Math.min(left, FEW * 2), all: all + 1, at, toldAt: isTold ? at : toldAt });
      if (guessers.size > MOST_ADDRESSES) guessers.delete(guessers.keys().next().value ?? '');
      if (isTold) onGuessing(address, all + 1);
      return isGuessing ? WAIT_MS : undefined;
    },
  };
};
