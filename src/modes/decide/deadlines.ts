import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from '../../brokers/broker.ts';
import { keyNamed } from '../../events/key.ts';
import type { DecideDeployment } from './deployment.ts';
import { writeRecord } from './inbox-record.ts';
import type { Memory } from './memory.ts';

/** How often deadlines are looked at, in milliseconds. */
const PERIOD_MS = 50;
const TROUBLE_PAUSE_MS = 1000;
/** How many keys are closed at once. */
const MOST_KEYS = 500;
/** When a close that was written has not been read after so long, it is written once more, in milliseconds. */
const UNREAD_MS = 30_000;

/** Knows whether all that has come so far lies in the inbox. */
export interface Horizon {
  /** Resolves when all that lay in the topics at the time of the call has been collected; rejects when stopped. */
  passed(): Promise<void>;
}

/** `signal` stops it. All who ask while one look is under way share the next. */
export const createHorizon = (
  broker: Broker,
  { groups, topics, replay }: DecideDeployment,
  signal: AbortSignal,
): Horizon => {
  const positions = () => broker.positions(groups.collect, [...topics, replay]);
  const look = async (): Promise<void> => {
    const ends = new Map((await positions()).map(({ topic, partition, end }) => [`${topic}/${partition}`, end]));
    for (;;) {
      const behind = (await positions()).some(
        ({ topic, partition, start, committed }) => (committed ?? start) < (ends.get(`${topic}/${partition}`) ?? 0),
      );
      if (!behind) return;
      await sleep(PERIOD_MS, undefined, { signal });
    }
  };
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  const begin = (): Promise<void> => {
    running = look();
    next = undefined;
    return running;
  };
  return {
    passed: () => {
      next ??= running.then(begin, begin);
      return next;
    },
  };
};

export interface DeadlineOptions {
  readonly horizon: Horizon;
  readonly signal: AbortSignal;
  /** What went wrong and will be tried again. */
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Closes keys of one partition whose deadline is over, by writing so into the inbox: what lies there before the close
 * has come in time. A close that comes twice, or too late, does nothing. Never rejects; ends when `signal` is aborted.
 */
export const watchDeadlines = async (
  broker: Broker,
  memory: Memory,
  { inbox }: DecideDeployment,
  { horizon, signal, onTrouble }: DeadlineOptions,
): Promise<void> => {
  const asked = new Map<string, number>();
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

  const look = async (): Promise<void> => {
    const now = Date.now();
    if ((memory.nextDeadline() ?? Number.POSITIVE_INFINITY) > now) return;
    await Promise.race([horizon.passed(), stopped]);
    if (signal.aborted) return;
    for (const [name, since] of asked) if (now - since > UNREAD_MS) asked.delete(name);
    const keys = memory.due(now, MOST_KEYS).filter(({ key, opened }) => !asked.has(`${opened} ${key}`));
    await broker.produce(keys.map(({ key, opened }) => writeRecord(inbox, keyNamed(key), { close: opened })));
    for (const { key, opened } of keys) asked.set(`${opened} ${key}`, now);
  };

  while (!signal.aborted) {
    let pause = PERIOD_MS;
    try {
      await look();
    } catch (error) {
      if (signal.aborted) return;
      onTrouble(error);
      pause = TROUBLE_PAUSE_MS;
    }
    await sleep(pause, undefined, { signal }).catch(() => {});
  }
};
