/** Writes records down, in a thread of its own: what it does with the database holds up nobody's answer. */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { fail, type Problem, problemOf } from '../core/errors.ts';
import { isAway } from '../store/away.ts';
import { openSql } from '../store/sql.ts';
import { type KnownModel, predictionsOf } from './answered.ts';
import { giveWay } from './give-way.ts';
import { type Parcel, unpack } from './parcel.ts';
import { openRecords, type Prediction, type Records } from './records.ts';
import type { FromThread, ThreadData, ToThread } from './writer.ts';

const { url, days, most, givesWay } = workerData as ThreadData;
const port = parentPort;
if (port === null) throw fail('INTERNAL', 'recorder-thread.ts is for a thread');
const say = (message: FromThread): void => port.postMessage(message, 'buffer' in message ? [message.buffer] : []);

const dayMs = 86_400_000;
/** Milliseconds between two looks at what need not be kept any more. */
const pruneEvery = 60_000;

if (givesWay && process.platform === 'linux') setPriority(0, 5);

let models: readonly KnownModel[] = [];

interface Appended {
  readonly refused: number;
  /** Why, for the last of them. */
  readonly problem?: Problem;
}
/** A row that the store refuses keeps no other away. @throws MillraceError when the store is away */
const appendAll = async (records: Records, predictions: readonly Prediction[]): Promise<Appended> => {
  try {
    await records.append(predictions);
    return { refused: 0 };
  } catch (error) {
    if (isAway(error)) throw error;
    if (predictions.length === 1) return { refused: 1, problem: problemOf(error) };
    const middle = predictions.length >> 1;
    const first = await appendAll(records, predictions.slice(0, middle));
    const second = await appendAll(records, predictions.slice(middle));
    return { ...first, ...second, refused: first.refused + second.refused };
  }
};

const write = async (records: Records, parcel: Parcel): Promise<void> => {
  const { buffer, rows } = parcel;
  try {
    const predictions = unpack(parcel).flatMap((entry) => predictionsOf(entry, models[entry.model]));
    const { refused, problem } = await appendAll(records, predictions);
    say({ buffer, written: rows - refused, refused, ...(problem && { problem }) });
  } catch (error) {
    if (isAway(error)) say({ buffer, problem: problemOf(error) });
    else say({ buffer, written: 0, refused: rows, problem: problemOf(error) });
  }
};

const answer = async (ask: number, work: () => ReturnType<Records['find']>): Promise<void> => {
  try {
    say({ ask, found: await work() });
  } catch (error) {
    say({ ask, problem: problemOf(error) });
  }
};

const start = (records: Records): void => {
  /** One thing at a time, in the order in which it was asked for. */
  let last: Promise<unknown> = Promise.resolve();
  const next = (work: () => Promise<unknown>): void => {
    last = last.then(work);
  };
  const pruneAll = async (): Promise<void> => {
    const before = new Date(Date.now() - days * dayMs);
    // A failure is met, and told, by the next write.
    const removed = await records.prune({ before, most }).catch(() => 0);
    if (removed > 0) next(pruneAll);
  };
  const timer = setInterval(() => next(pruneAll), pruneEvery);
  next(pruneAll);

  port.on('message', (message: ToThread) => {
    if ('models' in message) models = message.models;
    else if ('parcel' in message) next(() => write(records, message.parcel));
    else if ('find' in message) void answer(message.ask, () => records.find(message.find));
    else if ('label' in message) {
      next(() => answer(message.ask, () => records.label(message.label, message.truth, new Date())));
    } else {
      clearInterval(timer);
      next(async () => {
        await records.close().catch(() => undefined);
        port.close();
      });
    }
  });
};

try {
  start(openRecords(await openSql(url)));
  say({ ready: true, thread: givesWay ? giveWay() : undefined });
} catch (error) {
  say({ ask: 0, problem: problemOf(error) });
  port.close();
}
