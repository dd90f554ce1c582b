/**
 * Parcels on their way to the thread that writes them down, in the order in which they were made. While the store is away
 * they wait here and are tried again; where there is no room for more, the oldest go.
 *
 * Invariants: a parcel is waiting, or with the thread, or settled, and is settled once; those that wait are in order. `bytes` is the
 * size of all that is not settled.
 */
import { backoffMs } from '../core/backoff.ts';
import { fail, type MillraceError } from '../core/errors.ts';
import { invariant } from '../core/invariant.ts';
import type { Parcel, ParcelPiece } from './parcel.ts';

/** No room; the store refused the rows themselves, or the thread ended with them. */
export type Loss = 'full' | 'failed';

/** Somebody who is not answered before their record is written. */
export interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

export interface BacklogOptions {
  /** Hands a parcel to the thread, which answers for each in turn; false while there is none. */
  readonly send: (parcel: Parcel) => boolean;
  /** Bytes that the thread may hold, of one parcel at least. */
  readonly mostSentBytes: number;
  readonly onLost: (loss: Loss, rows: number) => void;
}

export interface Backlog {
  /** Bytes of all that is not settled. */
  readonly bytes: number;
  add(parcel: Parcel, waiters: readonly Waiter[]): void;
  /** Lets the oldest of those that wait go, until no more than `bytes` are left; what the thread has stays. */
  shrink(bytes: number): void;
  /** The thread has written the oldest that it had; that many rows of it the store refused. */
  written(refused: number): void;
  /** The store was away for the oldest that the thread had, whose pieces come back. */
  again(pieces: readonly ParcelPiece[]): void;
  /** The thread has ended with all that it had. */
  lost(): void;
  /** Hands over what can be. */
  pump(): void;
  /** Resolves when all that was added so far is settled. */
  settled(): Promise<void>;
  /** Gives up all, and tries nothing any more. */
  close(): void;
}

interface Entry {
  readonly number: number;
  readonly bytes: number;
  readonly rows: number;
  readonly waiters: readonly Waiter[];
  parcel: Parcel;
}

/** Parcels that the thread may have at a time: it need not wait for the next. */
const MOST_SENT = 4;
/** When a store that was away is tried again. */
const BACKOFF = { firstMs: 100, mostMs: 5000 } as const;

const notRecorded = (reason: string): MillraceError =>
  fail('STORE_FAILED', `The answer is not given, as it could not be recorded: ${reason}.`, {
    expected: 'a record of each answer',
  });
const losses: Readonly<Record<Loss, string>> = {
  full: 'too many records wait to be written',
  failed: 'the database refused it, or what writes it has ended',
};
export const noRoom = (): MillraceError => notRecorded(losses.full);

export const createBacklog = ({ send, mostSentBytes, onLost }: BacklogOptions): Backlog => {
  const waiting: Entry[] = [];
  const sent: Entry[] = [];
  const drains = new Set<{ readonly through: number; readonly resolve: () => void }>();
  let bytes = 0;
  let numbers = 0;
  /** Times in a row that the store was away. */
  let failed = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const settle = ({ bytes: gone, waiters }: Entry, error?: Error): void => {
    bytes -= gone;
    invariant(bytes >= 0, 'no less than nothing waits to be written');
    for (const { resolve, reject } of waiters) error === undefined ? resolve() : reject(error);
    const oldest = Math.min(sent[0]?.number ?? Infinity, waiting[0]?.number ?? Infinity);
    for (const drain of drains) {
      if (drain.through >= oldest) continue;
      drains.delete(drain);
      drain.resolve();
    }
  };
  const lose = (entry: Entry, loss: Loss): void => {
    onLost(loss, entry.rows);
    settle(entry, notRecorded(losses[loss]));
  };
  /** While the store is away one parcel is enough to find out that it is there again. */
  const mayTake = ({ bytes: more }: Entry): boolean =>
    sent.length === 0 ||
    (failed === 0 && sent.length < MOST_SENT && sent.reduce((sum, one) => sum + one.bytes, more) <= mostSentBytes);
  const pump = (): void => {
    while (waiting.length > 0 && timer === undefined && mayTake(waiting[0])) {
      if (!send(waiting[0].parcel)) return;
      sent.push(...waiting.splice(0, 1));
    }
  };

  return {
    get bytes() {
      return bytes;
    },
    add(parcel, waiters) {
      const entry = { number: ++numbers, bytes: parcel.bytes, rows: parcel.rows, waiters, parcel };
      bytes += entry.bytes;
      waiting.push(entry);
      if (closed) lose(waiting.splice(-1)[0], 'failed');
      else pump();
    },
    shrink(most) {
      while (bytes > most && waiting.length > 0) lose(waiting.splice(0, 1)[0], 'full');
    },
    written(refused) {
      const entry = sent.shift();
      if (entry === undefined) return;
      failed = 0;
      if (refused > 0) onLost('failed', refused);
      settle(entry, refused > 0 ? notRecorded(losses.failed) : undefined);
      pump();
    },
    again(pieces) {
      const entry = sent.shift();
      if (entry === undefined) return;
      entry.parcel = { ...entry.parcel, pieces };
      if (closed) return lose(entry, 'failed');
      const at = waiting.findIndex(({ number }) => number > entry.number);
      waiting.splice(at < 0 ? waiting.length : at, 0, entry);
      if (timer !== undefined) return;
      const again = (): void => {
        timer = undefined;
        pump();
      };
      timer = setTimeout(again, backoffMs(BACKOFF, ++failed)).unref();
    },
    lost() {
      for (const entry of sent.splice(0)) lose(entry, 'failed');
    },
    pump,
    settled: () =>
      bytes === 0 && sent.length === 0 && waiting.length === 0
        ? Promise.resolve()
        : new Promise((resolve) => drains.add({ through: numbers, resolve })),
    close() {
      closed = true;
      clearTimeout(timer);
      for (const entry of [...sent.splice(0), ...waiting.splice(0)]) lose(entry, 'failed');
    },
  };
};
