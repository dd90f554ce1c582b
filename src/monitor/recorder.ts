/**
 * Keeps records without slowing an answer: calls are gathered and written down by another thread (sender.ts). What the store
 * does not take at the moment waits (backlog.ts), and beyond that the oldest is dropped and counted; no answer waits, unless
 * answers shall be given only once they are recorded.
 */
import type { Problem } from '../core/errors.ts';
import type { Answered } from './answered.ts';
import { PART_ROWS, recordInParts, rowsOf } from './answered-parts.ts';
import { createAsking } from './asking.ts';
import { noRoom } from './backlog.ts';
import type { Counter } from './counter.ts';
import { imagesApart } from './images-apart.ts';
import { createPacking } from './packing.ts';
import { createProfiling } from './profiling.ts';
import type { Kept } from './records/records.ts';
import { startSender } from './sender.ts';

export interface RecorderOptions {
  /** The store, as `openSql` takes it. */
  readonly url: string;
  /** Which part of all calls is recorded, from 0 to 1. */
  readonly share: number;
  /** Days and predictions that are kept; the oldest go first. */
  readonly days: number;
  readonly most: number;
  /** Nobody has an answer before it is recorded; false unless given. */
  readonly wait?: boolean | undefined;
  /** They are written only where a processor has nothing else to do (Linux, with `chrt`), unless somebody waits; false unless given. */
  readonly idle?: boolean | undefined;
  /** Bytes that may wait to be written. */
  readonly bufferBytes?: number | undefined;
  /** Told when writing begins to fail and what keeps it from being mended, and once when it works again (with undefined). */
  readonly onTrouble?: ((problem: Problem | undefined) => void) | undefined;
  readonly random?: (() => number) | undefined;
}

/** Predictions since the start. */
export interface RecorderFigures {
  readonly written: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly waitingBytes: number;
  readonly bufferBytes: number;
  /** Threads that were started in the place of one that ended. */
  readonly restarts: number;
}
/** No room in the buffer; one call too large for it; the store refused the rows, or the thread ended that had them. */
export type DropReason = 'full' | 'too_large' | 'failed';

export interface Recorder extends Counter {
  /**
   * Takes microseconds and never throws. Where answers wait for their records, resolves when it is written, and rejects when
   * it will not be; otherwise returns nothing. @throws MillraceError STORE_FAILED
   */
  record(answered: Answered): Promise<void> | undefined;
  /** Finds what this recorder was told, too, as soon as it is written. @throws MillraceError STORE_FAILED, UNAVAILABLE */
  find(id: string): Promise<Kept | undefined>;
  /** As `Records.label`. */
  label(id: string, truth: unknown): Promise<Kept>;
  readonly figures: RecorderFigures;
  /** Writes down what waits, as far as the store takes it within some seconds, and stops. */
  close(): Promise<void>;
}

/** Says which calls are recorded; something that is told beside a call is, where the call was. */
const createDrawing = (share: number, random: () => number): ((answered: Answered) => boolean) => {
  if (share === 1) return () => true;
  /** Of calls that something may be told beside, those that were not drawn. */
  const left = new WeakSet<Answered>();
  return (answered) => {
    const { beside, model } = answered;
    if (beside !== undefined) return !left.has(beside);
    const isOne = random() < share;
    if (!isOne && model.experiment !== undefined) left.add(answered);
    return isOne;
  };
};

/** Opens the store in a thread of its own. @throws MillraceError STORE_FAILED */
export const createRecorder = async (options: RecorderOptions): Promise<Recorder> => {
  const { share, random = Math.random, wait = false } = options;
  const sender = await startSender(options);
  const { writer } = sender;
  const pack = createPacking(sender);
  const profiling = createProfiling({
    numberOf: sender.numberOf,
    write: (minutes) => writer.ask('minutes', [minutes]),
  });
  const asking = createAsking(() => writer);
  /** Calls of many rows that are being taken apart. */
  const inParts = new Set<Promise<unknown>>();

  const record = (answered: Answered): Promise<void> | undefined => {
    const isTaken = pack(answered);
    const kept = wait ? (isTaken ? sender.promised() : Promise.reject(noRoom())) : undefined;
    sender.added();
    return kept;
  };
  const recordMany = (answered: Answered): Promise<void> | undefined => {
    const recording = recordInParts(answered, record);
    inParts.add(recording);
    const kept = recording.then(async (parts) => {
      inParts.delete(recording);
      await Promise.all(parts);
    });
    return wait ? kept : void kept.catch(() => undefined);
  };
  /** Resolves once all that was recorded before has been written, or given up. */
  const caughtUp = async (): Promise<void> => {
    await Promise.all(inParts);
    await sender.settled();
  };
  const isDrawn = createDrawing(share, random);
  const find = (id: string): Promise<Kept | undefined> => writer.ask('find', [id]);

  return {
    count: profiling.count,
    failed: profiling.failed,
    record(answered) {
      const rows = rowsOf(answered);
      if (rows === 0 || !isDrawn(answered)) return undefined;
      const kept = imagesApart(answered);
      return rows <= PART_ROWS ? record(kept) : recordMany(kept);
    },
    find: (id) =>
      asking.urgently(async () => {
        sender.flush();
        const kept = await find(id);
        if (kept !== undefined) return kept;
        await caughtUp();
        return find(id);
      }),
    label: (id, truth) =>
      asking.urgently(async () => {
        await caughtUp();
        return writer.ask('label', [id, truth]);
      }),
    get figures() {
      return sender.figures;
    },
    close: () => sender.close(async () => void (await Promise.all([profiling.flush(), caughtUp()]))),
  };
};
