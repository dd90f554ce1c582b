/**
 * Keeps records without slowing an answer: calls are gathered here and written down by another thread. What that thread
 * cannot follow is dropped and counted; nothing waits.
 */
import { MillraceError as Failure, type Problem } from '../core/errors.ts';
import type { ColumnAnswers, ColumnInput } from '../core/types.ts';
import { exactJson, plainJson } from '../text/exact-json.ts';
import type { AnsweredCall, Answerer, ColumnContent, JsonCall, KnownModel, RowContent } from './answered.ts';
import { createPacker, rowBytes } from './parcel.ts';
import type { Kept } from './records.ts';
import type { AnyColumns } from './values.ts';
import { createWriter, type FromThread, noWriter, type ToThread } from './writer.ts';

export interface RecorderOptions {
  /** The store, as `openSql` takes it. */
  readonly url: string;
  /** Which part of all calls is recorded, from 0 to 1. */
  readonly share: number;
  /** Days and predictions that are kept; the oldest go first. */
  readonly days: number;
  readonly most: number;
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
/** No room in the buffer; one call too large for it; the store, or the thread that writes, failed. */
export type DropReason = 'full' | 'too_large' | 'failed';

export interface Recorder {
  /** Takes microseconds and never throws. */
  record(call: AnsweredCall): void;
  /** Finds what this recorder was told, too, though it may not be written yet. @throws MillraceError STORE_FAILED */
  find(id: string): Promise<Kept | undefined>;
  /** As `Records.label`. */
  label(id: string, truth: unknown): Promise<Kept>;
  readonly figures: RecorderFigures;
  /** Writes down what waits, and stops. */
  close(): Promise<void>;
}

const defaultBuffer = 32 * 2 ** 20;
/** A parcel goes out when it has so many bytes, or is so old in milliseconds. */
const parcelBytes = 2 ** 20;
const parcelMs = 100;
/** Milliseconds that somebody may wait for an answer of the thread before it no longer gives way. */
const patience = 200;

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

/** An output as exact JSON, which is left for the answer where that is written alike. */
const outputOf = (output: unknown, call: JsonCall | undefined): string => {
  const text = plainJson(output);
  if (text === undefined) return exactJson(output);
  if (call !== undefined) call.output = text;
  return text;
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
  const { bufferBytes = defaultBuffer, random = Math.random } = options;
  const dropped: Record<DropReason, number> = { full: 0, too_large: 0, failed: 0 };
  const models = new Map<string, { readonly index: number; readonly known: KnownModel }>();
  const indexes = new WeakMap<Answerer, number>();
  const asked = new Map<number, { resolve(found: never): void; reject(error: Error): void }>();
  const packer = createPacker();
  const clock = createClock();
  let written = 0;
  let sentBytes = 0;
  let sentRows = 0;
  let asks = 0;
  let timer: NodeJS.Timeout | undefined;
  let failing = false;
  let impatient: NodeJS.Timeout | undefined;
  let hurried = false;

  const trouble = (problem: Problem | undefined): void => {
    if (failing === (problem !== undefined)) return;
    failing = problem !== undefined;
    onTrouble?.(problem);
  };

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (packer.rows === 0) return;
    const parcel = packer.take();
    sentBytes += parcel.bytes;
    sentRows += parcel.rows;
    writer.say({ parcel });
  };
  const sayModels = (): void => writer.say({ models: [...models.values()].map((one) => one.known) });
  let last: { readonly model: Answerer; readonly index: number } | undefined;
  const indexOf = (model: Answerer): number => {
    if (last?.model !== model) last = { model, index: indexes.get(model) ?? learn(model) };
    return last.index;
  };
  const learn = (model: Answerer): number => {
    const { ref, deployment = ref, name, version, digest, manifest } = model;
    const key = `${digest} ${deployment}`;
    let index = models.get(key)?.index;
    if (index === undefined) {
      index = models.size;
      const { inputs, outputs } = manifest;
      const known = { deployment, name, version, digest, inputs, outputs };
      models.set(key, { index, known });
      sayModels();
    }
    indexes.set(model, index);
    return index;
  };

  /** True when there is room; else counts the rows as dropped. */
  const fits = (bytes: number, rows: number): boolean => {
    if (writer.alive && packer.bytes + sentBytes + bytes <= bufferBytes) return true;
    dropped[!writer.alive ? 'failed' : bytes > bufferBytes ? 'too_large' : 'full'] += rows;
    return false;
  };
  const recordRows = ({ id, model, ms }: AnsweredCall, content: RowContent): void => {
    const { rows, answers, json, coerced = false, places } = content;
    if (rows.length === 1 && json?.many !== true && places === undefined) {
      const input = json?.text ?? exactJson(rows[0]);
      const { output, error } = answers[0];
      const answer = error === undefined ? outputOf(output, json) : JSON.stringify(error);
      if (!fits(rowBytes(input, answer), 1)) return;
      const refused = error !== undefined;
      const index = indexOf(model);
      const now = clock();
      if (packer.addRow(id, now, ms, index, input, answer, refused, coerced)) return;
      flush();
      packer.addRow(id, now, ms, index, input, answer, refused, coerced);
      return;
    }
    const input = json?.text ?? exactJson({ rows });
    // A quarter more for answers, which are made only when there is room.
    if (!fits(input.length * 1.25, rows.length)) return;
    const answer = exactJson(answers);
    const base = { id, at: clock(), ms, model: indexOf(model) };
    packer.addOther(
      { kind: 'many', ...base, input, answer, coerced, places },
      input.length + answer.length,
      rows.length,
    );
  };
  const recordColumns = ({ id, model, ms }: AnsweredCall, { columns, answers }: ColumnContent): void => {
    const bytes = 200 + sizeOf(columns) + sizeOf(answers.columns);
    if (!fits(bytes, answers.rows)) return;
    const base = { id, at: clock(), ms, model: indexOf(model) };
    const copied: ColumnAnswers = { ...answers, columns: ownAll(answers.columns) };
    packer.addOther({ kind: 'columns', ...base, columns: ownAll(columns), answers: copied }, bytes, answers.rows);
  };

  const ended = (problem: Problem | undefined): void => {
    dropped.failed += sentRows + packer.take().rows;
    sentRows = 0;
    sentBytes = 0;
    for (const { reject } of asked.values()) reject(noWriter());
    asked.clear();
    calm();
    if (problem) trouble(problem);
  };
  const replaced = (): void => {
    sayModels();
    trouble(undefined);
  };
  const calm = (): void => {
    if (asked.size > 0) return;
    clearTimeout(impatient);
    impatient = undefined;
    if (hurried) writer.hurry(false);
    hurried = false;
  };
  const hear = (message: FromThread): void => {
    if ('bytes' in message) {
      packer.giveBack(message.buffer);
      sentBytes -= message.bytes;
      sentRows -= message.written + message.dropped;
      written += message.written;
      dropped.failed += message.dropped;
      trouble(message.problem);
    } else if ('ask' in message) {
      const waiting = asked.get(message.ask);
      asked.delete(message.ask);
      if ('problem' in message) waiting?.reject(new Failure(message.problem));
      else waiting?.resolve(message.found as never);
      calm();
    }
  };
  const ask = <T>(make: (ask: number) => ToThread): Promise<T> => {
    if (!writer.alive) return Promise.reject(noWriter());
    // What was recorded before it was asked for is found.
    flush();
    return new Promise<T>((resolve, reject) => {
      const number = ++asks;
      asked.set(number, { resolve, reject });
      impatient ??= setTimeout(() => {
        hurried = true;
        writer.hurry(true);
      }, patience).unref();
      writer.say(make(number));
    });
  };

  const writer = await createWriter({
    data: { url, days, most },
    onMessage: hear,
    onEnded: ended,
    onStuck: (problem) => onTrouble?.(problem),
    onReplaced: replaced,
  });

  return {
    record(call) {
      if (share < 1 && random() >= share) return;
      if ('rows' in call.content) recordRows(call, call.content);
      else recordColumns(call, call.content);
      if (packer.bytes >= parcelBytes) flush();
      else timer ??= setTimeout(flush, parcelMs).unref();
    },
    find: (id) => ask((number) => ({ ask: number, find: id })),
    label: (id, truth) => ask((number) => ({ ask: number, label: id, truth })),
    get figures() {
      const { restarts } = writer;
      return { written, dropped, waitingBytes: packer.bytes + sentBytes, bufferBytes, restarts };
    },
    async close() {
      flush();
      await writer.close();
    },
  };
};
