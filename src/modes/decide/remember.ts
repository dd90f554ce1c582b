import type { Broker, StreamEvent } from '../../brokers/broker.ts';
import type { DecideDeployment } from './deployment.ts';
import { type Folded, fold } from './fold.ts';
import { type Changes, type Memory, markOf, type Remembered } from './memory.ts';

/** How many records are taken into the memory at once when it is behind. */
const MOST_RECORDS = 500;

/** The memory after some records of which the last is `last`. */
export const after = (last: StreamEvent): Remembered => ({
  next: last.offset + 1,
  last: last.offset,
  mark: markOf(last),
});

/** What the memory has to learn from folded records. */
export const changesOf = (folded: Folded, before: Remembered | undefined, records: readonly StreamEvent[]): Changes => {
  const last = records[records.length - 1];
  return { before, after: after(last), keys: folded.keys, expired: last.at };
};

/**
 * Brings the memory of a partition to where the group is, whoever was there before: a memory that is behind (its
 * process died between the commit and the memory, or the partition was on another machine) catches up from the inbox,
 * and one that belongs to another log is thrown away. Nothing is told to anybody meanwhile: all of it has been told.
 *
 * @returns what is remembered then; undefined for nothing.
 */
export const catchUp = async (
  broker: Broker,
  memory: Memory,
  deployment: DecideDeployment,
  partition: number,
): Promise<Remembered | undefined> => {
  const { inbox, groups } = deployment;
  const [position] = (await broker.positions(groups.join, [inbox])).filter((one) => one.partition === partition);
  const { start = 0, end = 0, committed } = position ?? {};
  const upTo = committed ?? start;
  let known = memory.remembered();
  /** One that cannot be checked, since its last record is gone, is believed. */
  let checked = known === undefined || known.last < start;
  if (known && known.last >= end) {
    await memory.forgetAll();
    known = undefined;
    checked = true;
  }
  if (checked && (known?.next ?? 0) >= upTo) return known;

  const restart = async (): Promise<Remembered | undefined> => {
    await memory.forgetAll();
    return catchUp(broker, memory, deployment, partition);
  };
  let waiting: StreamEvent[] = [];
  const learn = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const changes = changesOf(fold(waiting, deployment, memory.load), known, waiting);
    await memory.change(changes);
    known = changes.after;
    waiting = [];
  };
  const from = checked ? (known?.next ?? start) : (known?.last ?? start);
  for await (const { events } of broker.read(inbox, { from: new Map([[partition, from]]), untilEnd: true })) {
    for (const event of events) {
      if (!checked && known) {
        if (event.offset !== known.last || markOf(event) !== known.mark) return restart();
        checked = true;
        continue;
      }
      if (event.offset >= upTo) break;
      waiting.push(event);
      if (waiting.length >= MOST_RECORDS) await learn();
    }
    if ((events.at(-1)?.offset ?? 0) + 1 >= upTo) break;
  }
  await learn();
  return checked ? known : restart();
};
