/**
 * What is recorded on its way to the thread that writes it down: in parcels, within so many bytes. What became of it is
 * counted.
 *
 * Invariants: a row is written, or dropped and counted by its reason; who waits for a record waits for a parcel that has rows.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { fail, type Problem } from '../core/errors.ts';
import { invariant } from '../core/invariant.ts';
import type { Answerer } from './answered.ts';
import { type Backlog, createBacklog, type Waiter } from './backlog.ts';
import { createKnownModels } from './known-models.ts';
import { createPacker, type Packer } from './parcel.ts';
import type { DropReason, RecorderFigures, RecorderOptions } from './recorder.ts';
import type { Written } from './recorder-thread.ts';
import { createWriter, type Writer } from './writer.ts';

export interface Sender {
  /** Of the parcel that is being made. */
  readonly packer: Packer;
  readonly writer: Writer;
  readonly figures: RecorderFigures;
  numberOf(model: Answerer): number;
  /** Makes room for so many bytes: the oldest that wait go. Where that is not enough, counts the rows as dropped, and says no. */
  fits(bytes: number, rows: number): boolean;
  /** Something was added to the parcel: it goes out when it is large, or old. */
  added(): void;
  /** Resolves when what was added last is written; rejects when it will not be. */
  promised(): Promise<void>;
  /** Sends what there is. */
  flush(): void;
  /** Resolves once all that was added before has been written, or given up. */
  settled(): Promise<void>;
  /** Waits for `done`, as far as the store takes what there is within some seconds, and stops. */
  close(done: () => Promise<void>): Promise<void>;
}

const BUFFER_BYTES = 32 * 2 ** 20;
/** A parcel goes out when it has so many bytes, or is so old in milliseconds. */
const PARCEL_BYTES = 2 ** 20;
const PARCEL_MS = 100;
/** Milliseconds in which what waits is written at the end, and again for the thread to end. */
const CLOSE_MS = 5000;

/** Tells when writing begins to fail, and once when it works again. */
const createTrouble = (onTrouble: RecorderOptions['onTrouble']): ((problem: Problem | undefined) => void) => {
  let failing = false;
  return (problem) => {
    if (failing === (problem !== undefined)) return;
    failing = problem !== undefined;
    onTrouble?.(problem);
  };
};

/** Lets the parcel that is being made go out when somebody says so, or some time after something was added. */
const createParcels = (packer: Packer, send: (waiters: readonly Waiter[]) => void, waitMs: number, most: number) => {
  const waiters: Waiter[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    invariant(packer.rows > 0 || waiters.length === 0, 'who waits for a record waits for a parcel that has rows');
    if (packer.rows > 0) send(waiters.splice(0));
  };
  return {
    flush,
    added(): void {
      if (packer.bytes >= most) flush();
      else timer ??= setTimeout(flush, waitMs).unref();
    },
    promised: (): Promise<void> => new Promise((resolve, reject) => waiters.push({ resolve, reject })),
  };
};

/**
 * Waits for work, for so long at most. The thread and its retries keep no process alive: whoever closes has to be waited for.
 */
const atMost = async (ms: number, work: Promise<void>): Promise<void> => {
  const patience = new AbortController();
  const late = pause(ms, undefined, { signal: patience.signal }).catch(() => undefined);
  await Promise.race([work, late]);
  patience.abort();
};

/** What became of rows. */
const createCounts = () => ({
  written: 0,
  dropped: { full: 0, too_large: 0, failed: 0 } as Record<DropReason, number>,
});
type Counts = ReturnType<typeof createCounts>;

interface SentOptions {
  readonly writer: () => Writer;
  readonly counts: Counts;
  readonly trouble: (problem: Problem | undefined) => void;
  readonly giveBack: Packer['giveBack'];
  readonly bufferBytes: number;
}

/** Parcels on their way to the thread, and what it says of each. */
const createSent = ({ writer, counts, trouble, giveBack, bufferBytes }: SentOptions): Backlog => {
  const hear = (what: Written): void => {
    trouble(what.problem);
    if ('refused' in what) {
      giveBack(what.pieces);
      counts.written += what.written;
      backlog.written(what.refused);
    } else backlog.again(what.pieces);
  };
  const backlog = createBacklog({
    // The thread holds a part only: what it holds cannot go.
    mostSentBytes: bufferBytes / 4,
    send(parcel) {
      if (!writer().alive) return false;
      const buffers = parcel.pieces.map(({ buffer }) => buffer);
      // When the thread ends, that is told for all that it had.
      writer()
        .ask('write', [parcel], buffers)
        .then(hear, () => undefined);
      return true;
    },
    onLost(loss, rows) {
      counts.dropped[loss] += rows;
    },
  });
  return backlog;
};

/** Starts the thread. @throws MillraceError STORE_FAILED */
export const startSender = async (options: RecorderOptions): Promise<Sender> => {
  const { url, days, most, onTrouble, bufferBytes = BUFFER_BYTES, wait = false, idle = false } = options;
  const counts = createCounts();
  const { dropped } = counts;
  const trouble = createTrouble(onTrouble);
  const packer = createPacker();
  const sayModels = (): void => writer.say('models', [models.all]);
  const models = createKnownModels(sayModels);
  const backlog = createSent({ writer: () => writer, counts, trouble, giveBack: packer.giveBack, bufferBytes });
  // What has to go is the oldest: a small part of all.
  const parcelBytes = Math.min(PARCEL_BYTES, bufferBytes / 8);
  const send = (waiters: readonly Waiter[]): void => backlog.add(packer.take(), waiters);
  const parcels = createParcels(packer, send, wait ? 0 : PARCEL_MS, parcelBytes);
  const writer = await createWriter({
    data: { url, keep: { days, most }, way: wait ? 'none' : idle ? 'idle' : 'nice' },
    onEnded(problem) {
      backlog.lost();
      if (problem) trouble(problem);
    },
    onStuck: (problem) => onTrouble?.(problem),
    onReplaced() {
      sayModels();
      trouble(undefined);
      backlog.pump();
    },
  });

  return {
    ...parcels,
    packer,
    writer,
    numberOf: models.numberOf,
    fits(bytes, rows) {
      if (packer.bytes + backlog.bytes + bytes <= bufferBytes) return true;
      if (bytes <= bufferBytes) {
        parcels.flush();
        backlog.shrink(bufferBytes - bytes);
        if (backlog.bytes + bytes <= bufferBytes) return true;
      }
      dropped[bytes > bufferBytes ? 'too_large' : 'full'] += rows;
      return false;
    },
    settled() {
      parcels.flush();
      return backlog.settled();
    },
    get figures() {
      const { restarts } = writer;
      return { written: counts.written, dropped, waitingBytes: packer.bytes + backlog.bytes, bufferBytes, restarts };
    },
    async close(done) {
      const before = dropped.failed;
      writer.hurry(true);
      await atMost(CLOSE_MS, done());
      backlog.close();
      await writer.close(CLOSE_MS);
      const lost = dropped.failed - before;
      if (lost === 0) return;
      onTrouble?.(fail('STORE_FAILED', `${lost} records could not be written before the service had to end.`).problem);
    },
  };
};
