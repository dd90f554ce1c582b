/**
 * Keeps records without slowing an answer: calls are gathered here and written down by another thread. What that thread
 * cannot follow is dropped and counted; nothing waits.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { MillraceError as Failure, fail, type MillraceError, type Problem } from '../core/errors.ts';
import type { ColumnAnswers, ColumnInput } from '../core/types.ts';
import type { AnsweredCall, Answerer, ColumnContent, KnownModel, RowContent } from './answered.ts';
import { exactJson } from './exact-json.ts';
import { createPacker, type Parcel, rowBytes } from './parcel.ts';
import type { Kept } from './records.ts';
import type { AnyColumns } from './values.ts';

export interface RecorderOptions {
  /** The store, as `openSql` takes it. */
  readonly url: string;
  /** Which part of all calls is recorded, from 0 to 1. */
  readonly share: number;
  /** Days and predictions that are kept; the oldest go first. */
  readonly days: number;
  readonly most: number;
  /** The name of the deployment that serves a reference; the reference itself unless given. */
  readonly deploymentOf?: ((ref: string) => string | undefined) | undefined;
  /** Bytes that may wait to be written. */
  readonly bufferBytes?: number | undefined;
  /** Told once when writing begins to fail, and once when it works again (with undefined). */
  readonly onTrouble?: ((problem: Problem | undefined) => void) | undefined;
  readonly random?: (() => number) | undefined;
}

/** Predictions since the start. */
export interface RecorderFigures {
  readonly written: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly waitingBytes: number;
  readonly bufferBytes: number;
}
/** No room in the buffer; one call too large for it; the store failed. */
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

export interface ThreadData {
  readonly url: string;
  readonly days: number;
  readonly most: number;
}
export type ToThread =
  | { readonly models: readonly KnownModel[] }
  | { readonly parcel: Parcel }
  | { readonly ask: number; readonly find: string }
  | { readonly ask: number; readonly label: string; readonly truth: unknown }
  | { readonly end: true };
export type FromThread =
  | { readonly ready: true }
  | { readonly bytes: number; readonly written: number; readonly dropped: number; readonly problem?: Problem }
  | { readonly ask: number; readonly found: Kept | undefined }
  | { readonly ask: number; readonly problem: Problem };

const defaultBuffer = 32 * 2 ** 20;
/** A parcel goes out when it has so many rows or bytes, or is so old in milliseconds. */
const parcelRows = 128;
const parcelBytes = 2 ** 20;
const parcelMs = 100;

/** From source the thread is TypeScript; from a build it lies beside this file as JavaScript. */
const threadFile = new URL(`./recorder-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** A column with memory of its own: a view would take all of what it looks at along to the other thread. */
const own = <T extends AnyColumns[string]>(column: T): T =>
  (ArrayBuffer.isView(column) ? (column as Float64Array).slice() : column) as T;
const ownAll = <T extends AnyColumns>(columns: T): T =>
  Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, own(column)])) as T;

/** About how many bytes columns take; texts are counted as 32 each. */
const sizeOf = (columns: AnyColumns): number =>
  Object.values(columns).reduce(
    (sum, column: ColumnInput) => sum + (ArrayBuffer.isView(column) ? column.byteLength : column.length * 32),
    0,
  );

const stopped = (): MillraceError =>
  fail('STORE_FAILED', 'Records are not written at the moment: the thread that writes them has ended.');

/** Opens the store in a thread of its own. @throws MillraceError STORE_FAILED */
export const createRecorder = async (options: RecorderOptions): Promise<Recorder> => {
  const { url, share, days, most, deploymentOf, onTrouble } = options;
  const { bufferBytes = defaultBuffer, random = Math.random } = options;
  const dropped: Record<DropReason, number> = { full: 0, too_large: 0, failed: 0 };
  const models = new Map<string, { readonly index: number; readonly known: KnownModel }>();
  const indexes = new WeakMap<Answerer, number>();
  const asked = new Map<number, { resolve(found: never): void; reject(error: Error): void }>();
  const packer = createPacker();
  let written = 0;
  let sentBytes = 0;
  let sentRows = 0;
  let asks = 0;
  let timer: NodeJS.Timeout | undefined;
  let failing = false;
  let alive = true;
  let closing = false;

  const worker = new Worker(threadFile, { workerData: { url, days, most } satisfies ThreadData });
  const say = (message: ToThread): void => worker.postMessage(message);
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
    say({ parcel });
  };
  const indexOf = (model: Answerer): number => {
    let index = indexes.get(model);
    if (index !== undefined) return index;
    const { ref, name, version, digest, manifest } = model;
    const key = `${digest} ${ref}`;
    index = models.get(key)?.index;
    if (index === undefined) {
      index = models.size;
      const { inputs, outputs } = manifest;
      const known = { deployment: deploymentOf?.(ref) ?? ref, name, version, digest, inputs, outputs };
      models.set(key, { index, known });
      say({ models: [...models.values()].map((one) => one.known) });
    }
    indexes.set(model, index);
    return index;
  };

  /** True when there is room; else counts the rows as dropped. */
  const fits = (bytes: number, rows: number): boolean => {
    if (alive && packer.bytes + sentBytes + bytes <= bufferBytes) return true;
    dropped[!alive ? 'failed' : bytes > bufferBytes ? 'too_large' : 'full'] += rows;
    return false;
  };
  const recordRows = ({ id, model, ms }: AnsweredCall, content: RowContent): void => {
    const { rows, answers, json, coerced = false, places } = content;
    if (rows.length === 1 && json?.many !== true && places === undefined) {
      const input = json?.text ?? exactJson(rows[0]);
      const { output, error } = answers[0];
      const answer = error === undefined ? exactJson(output) : JSON.stringify(error);
      if (!fits(rowBytes(input, answer), 1)) return;
      packer.addRow(id, Date.now(), ms, indexOf(model), input, answer, error !== undefined, coerced);
      return;
    }
    const input = json?.text ?? exactJson({ rows });
    // A quarter more for answers, which are made only when there is room.
    if (!fits(input.length * 1.25, rows.length)) return;
    const answer = exactJson(answers);
    const base = { id, at: Date.now(), ms, model: indexOf(model) };
    packer.addOther(
      { kind: 'many', ...base, input, answer, coerced, places },
      input.length + answer.length,
      rows.length,
    );
  };
  const recordColumns = ({ id, model, ms }: AnsweredCall, { columns, answers }: ColumnContent): void => {
    const bytes = 200 + sizeOf(columns) + sizeOf(answers.columns);
    if (!fits(bytes, answers.rows)) return;
    const base = { id, at: Date.now(), ms, model: indexOf(model) };
    const copied: ColumnAnswers = { ...answers, columns: ownAll(answers.columns) };
    packer.addOther({ kind: 'columns', ...base, columns: ownAll(columns), answers: copied }, bytes, answers.rows);
  };

  const ended = (): void => {
    alive = false;
    dropped.failed += sentRows;
    sentRows = 0;
    sentBytes = 0;
    for (const { reject } of asked.values()) reject(stopped());
    asked.clear();
    if (!closing) trouble(stopped().problem);
  };
  const hear = (message: FromThread): void => {
    if ('bytes' in message) {
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
    }
  };
  const ask = <T>(make: (ask: number) => ToThread): Promise<T> => {
    if (!alive) return Promise.reject(stopped());
    // What was recorded before it was asked for is found.
    flush();
    return new Promise<T>((resolve, reject) => {
      const number = ++asks;
      asked.set(number, { resolve, reject });
      say(make(number));
    });
  };

  const [first] = (await once(worker, 'message')) as [FromThread];
  if ('problem' in first && first.problem !== undefined) {
    await worker.terminate();
    throw new Failure(first.problem);
  }
  worker.on('message', hear);
  worker.on('error', () => undefined);
  const exited = once(worker, 'exit').then(ended);
  // Nothing of it keeps the process alive: `close` is what waits.
  worker.unref();

  return {
    record(call) {
      if (share < 1 && random() >= share) return;
      if ('rows' in call.content) recordRows(call, call.content);
      else recordColumns(call, call.content);
      if (packer.rows >= parcelRows || packer.bytes >= parcelBytes) flush();
      else timer ??= setTimeout(flush, parcelMs).unref();
    },
    find: (id) => ask((number) => ({ ask: number, find: id })),
    label: (id, truth) => ask((number) => ({ ask: number, label: id, truth })),
    get figures() {
      return { written, dropped, waitingBytes: packer.bytes + sentBytes, bufferBytes };
    },
    async close() {
      if (!alive) return;
      closing = true;
      flush();
      worker.ref();
      say({ end: true });
      await exited;
    },
  };
};
