import type { Waiters } from './waiters.ts';

/** What reads the log for an inbox. */
export interface InboxReader {
  /** Fills the inbox; says whether there was anything. */
  fill(): boolean;
  /** What goes wrong with that comes out where events are taken. */
  fail(error: unknown): void;
}

/** The inboxes of a member, filled one after another whenever there may be something for them. */
export interface Filling {
  add(reader: InboxReader): void;
  remove(reader: InboxReader): void;
  /** Resolves once it was stopped. */
  readonly done: Promise<void>;
}

export const startFilling = (waiters: Waiters, signal: AbortSignal): Filling => {
  const readers = new Set<InboxReader>();
  const fill = (reader: InboxReader): boolean => {
    try {
      return reader.fill();
    } catch (error) {
      reader.fail(error);
      readers.delete(reader);
      return false;
    }
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const since = waiters.state();
      let any = false;
      for (const reader of readers) any = fill(reader) || any;
      // A pause in both cases: others in this process want to run as well.
      if (any) await new Promise((resolve) => setImmediate(resolve));
      else await waiters.change(since, signal);
    }
  };
  return {
    add: (reader) => {
      readers.add(reader);
      waiters.wake();
    },
    remove: (reader) => {
      readers.delete(reader);
    },
    done: run(),
  };
};
