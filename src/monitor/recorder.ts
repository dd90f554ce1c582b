/**
 * Keeps records without slowing an answer: calls are gathered here and written down by another thread. What the store does
 * not take at the moment waits (backlog.ts), and beyond that the oldest is dropped and counted; no answer waits, unless
 * answers shall be given only once they are recorded.
 *
 * Invariants: a call is recorded, or dropped and counted by its reason; who waits for a record waits for a parcel that has rows.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { fail, type Problem } from '../core/errors.ts';
import { invariant } from '../core/invariant.ts';
import type { ColumnAnswers, ColumnInput } from '../core/types.ts';
import { exactJson } from '../text/exact-json.ts';
import type { Answered, Answerer, ColumnContent, KnownModel, RowContent } from './answered.ts';
import { PART_ROWS, recordInParts, rowsOf } from './answered-parts.ts';
import { createAsking } from './asking.ts';
import { createBacklog, noRoom, type Waiter } from './backlog.ts';
import { createPacker, rowBytes } from './parcel.ts';
import type { Written } from './recorder-thread.ts';
import type { Kept } from './records/records.ts';
import type { AnyColumns } from './values.ts';
import { createWriter } from './writer.ts';

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

export interface Recorder {
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

const BUFFER_BYTES = 32 * 2 ** 20;
/** A parcel goes out when it has so many bytes, or is so old in milliseconds. */
const PARCEL_BYTES = 2 ** 20;
const PARCEL_MS = 100;
/** Milliseconds in which what waits is written at the end, and again for the thread to end. */
const CLOSE_MS = 5000;

/** A column with memory of its own: a view would take all of what it looks at along to the other thread. */
const own = <T extends AnyColumns[string]>(column: T): T =>
  (ArrayBuffer.isView(column) ? (column as Float64Array).slice() : column) as T;
const ownAll = <T extends AnyColumns>(columns: T): T =>
  Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, own(column)])) as T;

/** `Date.now()`, asked once a turn of the event loop: the calls that are answered in one were answered at once. */
const createClock = (): (() => number) => {
  let now = 0;
  const forget = (): void => {
    now = 0;
  };
  return () => {
    if (now === 0) {
      now = Date.now();
      setImmediate(forget);
    }
    return now;
  };
};

/** About how many bytes columns take; texts are counted as 32 each. */
const sizeOf = (columns: AnyColumns): number =>
  Object.values(columns).reduce(
    (sum, column: ColumnInput) => sum + (ArrayBuffer.isView(column) ? column.byteLength : column.length * 32),
    0,
  );

/** Opens the store in a thread of its own. @throws MillraceError STORE_FAILED */
export const createRecorder = async (options: RecorderOptions): Promise<Recorder> => {
  const { url, share, days, most, onTrouble } = options;
  const { bufferBytes = BUFFER_BYTES, random = Math.random, wait = false, idle = false } = options;
  // What has to go is the oldest: a small part of all.
  const parcelBytes = Math.min(PARCEL_BYTES, bufferBytes / 8);
  const dropped: Record<DropReason, number> = { full: 0, too_large: 0, failed: 0 };
  const models = new Map<string, { readonly index: number; readonly known: KnownModel }>();
  const indexes = new WeakMap<Answerer, number>();
  const asking = createAsking(() => writer);
  const packer = createPacker();
  /** Of the parcel that is being made. */
  const waiters: Waiter[] = [];
  const backlog = createBacklog({
    // The thread holds a part only: what it holds cannot go.
    mostSentBytes: bufferBytes / 4,
    send(parcel) {
      if (!writer.alive) return false;
      // When the thread ends, that is told for all that it had.
      const buffers = parcel.pieces.map(({ buffer }) => buffer);
      writer.ask('write', [parcel], buffers).then(hear, () => undefined);
      return true;
    },
    onLost(loss, rows) {
      dropped[loss] += rows;
    },
  });
  const clock = createClock();
  /** Calls of many rows that are being taken apart. */
  const inParts = new Set<Promise<unknown>>();
  let written = 0;
  let timer: NodeJS.Timeout | undefined;
  let failing = false;

  const trouble = (problem: Problem | undefined): void => {
    if (failing === (problem !== undefined)) return;
    failing = problem !== undefined;
    onTrouble?.(problem);
  };

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    invariant(packer.rows > 0 || waiters.length === 0, 'who waits for a record waits for a parcel that has rows');
    if (packer.rows === 0) return;
    backlog.add(packer.take(), waiters.splice(0));
  };
  /** Resolves when what was added last is written. */
  const promised = (): Promise<void> => new Promise((resolve, reject) => waiters.push({ resolve, reject }));
  const sayModels = (): void => writer.say('models', [[...models.values()].map((one) => one.known)]);
  let last: { readonly model: Answerer; readonly index: number } | undefined;
  const indexOf = (model: Answerer): number => {
    if (last?.model !== model) last = { model, index: indexes.get(model) ?? learn(model) };
    return last.index;
  };
  const learn = (model: Answerer): number => {
    const { ref, deployment = ref, name, version, digest, variant = 'stable', manifest } = model;
    const key = `${digest} ${variant} ${deployment}`;
    let index = models.get(key)?.index;
    if (index === undefined) {
      index = models.size;
      const { inputs, outputs } = manifest;
      const known = { deployment, name, version, digest, variant, inputs, outputs };
      models.set(key, { index, known });
      sayModels();
    }
    indexes.set(model, index);
    return index;
  };

  /** Makes room for so many bytes: the oldest that wait go. Where that is not enough, counts the rows as dropped. */
  const fits = (bytes: number, rows: number): boolean => {
    if (packer.bytes + backlog.bytes + bytes <= bufferBytes) return true;
    if (bytes <= bufferBytes) {
      flush();
      backlog.shrink(bufferBytes - bytes);
      if (backlog.bytes + bytes <= bufferBytes) return true;
    }
    dropped[bytes > bufferBytes ? 'too_large' : 'full'] += rows;
    return false;
  };
  /** False when there is no room for it. */
  const recordRows = ({ id, model, ms }: Answered, content: RowContent): boolean => {
    const { rows, answers, json, texts, coerced = false, places, ids } = content;
    if (rows.length === 1 && json?.many === undefined && places === undefined) {
      const input = json?.text ?? exactJson(rows[0]);
      const { output, error } = answers[0];
      const answer = error === undefined ? (texts?.[0] ?? exactJson(output)) : JSON.stringify(error);
      if (!fits(rowBytes(input, answer), 1)) return false;
      const refused = error !== undefined;
      const index = indexOf(model);
      const now = clock();
      packer.addRow(id, now, ms, index, input, answer, refused, coerced);
      return true;
    }
    const input = json?.text ?? exactJson({ rows });
    // A quarter more for answers, which are made only when there is room.
    if (!fits(input.length * 1.25, rows.length)) return false;
    const answer = exactJson(answers);
    const base = { id, at: clock(), ms, model: indexOf(model) };
    packer.addOther(
      { kind: 'many', ...base, input, answer, coerced, places, ids },
      input.length + answer.length,
      rows.length,
    );
    return true;
  };
  const recordColumns = ({ id, model, ms }: Answered, content: ColumnContent): boolean => {
    const { columns, answers, coerced = false, places, ids } = content;
    const bytes = 200 + sizeOf(columns) + sizeOf(answers.columns);
    if (!fits(bytes, answers.rows)) return false;
    const base = { id, at: clock(), ms, model: indexOf(model) };
    const copied: ColumnAnswers = { ...answers, columns: ownAll(answers.columns) };
    const own = { columns: ownAll(columns), answers: copied };
    packer.addOther({ kind: 'columns', ...base, coerced, places, ids, ...own }, bytes, answers.rows);
    return true;
  };

  const ended = (problem: Problem | undefined): void => {
    backlog.lost();
    if (problem) trouble(problem);
  };
  const replaced = (): void => {
    sayModels();
    trouble(undefined);
    backlog.pump();
  };
  const hear = (what: Written): void => {
    trouble(what.problem);
    if ('refused' in what) {
      packer.giveBack(what.pieces);
      written += what.written;
      backlog.written(what.refused);
    } else backlog.again(what.pieces);
  };
  /** Resolves once all that was recorded before has been written, or given up. */
  const caughtUp = async (): Promise<void> => {
    await Promise.all(inParts);
    flush();
    await backlog.settled();
  };

  const writer = await createWriter({
    data: { url, days, most, way: wait ? 'none' : idle ? 'idle' : 'nice' },
    onEnded: ended,
    onStuck: (problem) => onTrouble?.(problem),
    onReplaced: replaced,
  });

  const take = (answered: Answered): boolean => {
    const { content } = answered;
    return 'rows' in content ? recordRows(answered, content) : recordColumns(answered, content);
  };

  const record = (answered: Answered): Promise<void> | undefined => {
    const isTaken = take(answered);
    const kept = wait ? (isTaken ? promised() : Promise.reject(noRoom())) : undefined;
    if (packer.bytes >= parcelBytes) flush();
    else timer ??= setTimeout(flush, wait ? 0 : PARCEL_MS).unref();
    return kept;
  };
  return {
    record(answered) {
      const rows = rowsOf(answered);
      if (rows === 0 || (share < 1 && random() >= share)) return undefined;
      if (rows <= PART_ROWS) return record(answered);
      const recording = recordInParts(answered, record);
      inParts.add(recording);
      const kept = recording.then(async (parts) => {
        inParts.delete(recording);
        await Promise.all(parts);
      });
      return wait ? kept : void kept.catch(() => undefined);
    },
    find: (id) =>
      asking.urgently(async () => {
        const find = () => writer.ask('find', [id]);
        flush();
        const kept = await find();
        if (kept !== undefined) return kept;
        await caughtUp();
        return find();
      }),
    label: (id, truth) =>
      asking.urgently(async () => {
        await caughtUp();
        return writer.ask('label', [id, truth]);
      }),
    get figures() {
      const { restarts } = writer;
      return { written, dropped, waitingBytes: packer.bytes + backlog.bytes, bufferBytes, restarts };
    },
    async close() {
      const before = dropped.failed;
      writer.hurry(true);
      // The thread and its retries keep no process alive; whoever closes has to be waited for.
      const patience = new AbortController();
      const late = pause(CLOSE_MS, undefined, { signal: patience.signal }).catch(() => undefined);
      await Promise.race([caughtUp(), late]);
      patience.abort();
      backlog.close();
      await writer.close(CLOSE_MS);
      const lost = dropped.failed - before;
      if (lost > 0) {
        onTrouble?.(
          fail('STORE_FAILED', `${lost} records could not be written before the service had to end.`).problem,
        );
      }
    },
  };
};
