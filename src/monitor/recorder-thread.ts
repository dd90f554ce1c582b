/** Writes records down, in a thread of its own: what it does with the database holds up nobody's answer. */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { fail, problemOf } from '../core/errors.ts';
import { openSql } from '../store/sql.ts';
import { type KnownModel, predictionsOf } from './answered.ts';
import { giveWay } from './give-way.ts';
import { type Parcel, unpack } from './parcel.ts';
import { openRecords, type Records } from './records.ts';
import type { FromThread, ThreadData, ToThread } from './writer.ts';

const { url, days, most } = workerData as ThreadData;
const port = parentPort;
if (port === null) throw fail('INTERNAL', 'recorder-thread.ts is for a thread');
const say = (message: FromThread): void => port.postMessage(message, 'buffer' in message ? [message.buffer] : []);

const dayMs = 86_400_000;
/** Milliseconds between two looks at what need not be kept any more. */
const pruneEvery = 60_000;

if (process.platform === 'linux') setPriority(0, 5);

let models: readonly KnownModel[] = [];

const write = async (records: Records, parcel: Parcel): Promise<void> => {
  const { bytes, buffer, rows } = parcel;
  try {
    const predictions = unpack(parcel).flatMap((entry) => predictionsOf(entry, models[entry.model]));
    await records.append(predictions);
    say({ bytes, buffer, written: rows, dropped: 0 });
  } catch (error) {
    say({ bytes, buffer, written: 0, dropped: rows, problem: problemOf(error) });
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
    else if ('find' in message) next(() => answer(message.ask, () => records.find(message.find)));
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
  say({ ready: true, thread: giveWay() });
} catch (error) {
  say({ ask: 0, problem: problemOf(error) });
  port.close();
}
