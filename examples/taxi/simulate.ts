/**
 * Rides that are booked and, some seconds later, started, as events in the project's log. `start.ts` runs it; alone it is
 * `node examples/taxi/simulate.ts [--rate <rides a second>] [--rides <number>]`, until Ctrl-C or that many rides.
 */
import { parseArgs } from 'node:util';
import { createApp } from '../../src/app.ts';
import type { Broker } from '../../src/brokers/broker.ts';
import { createRides, type Ride, uniform } from './rides.ts';

export const topics = { booked: 'ride.booked', started: 'ride.started' } as const;

export interface SimulateOptions {
  /** Rides that are booked in a second, on average. */
  readonly rate: number;
  /** How many; without end unless said. */
  readonly rides?: number | undefined;
  /** The same seed, the same rides. */
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Seconds from booking to start, on average. */
const untilPickup = 3;

/** Time without a memory: what is to come does not know how long ago the last one was. */
const exponential = (mean: number, random: () => number): number => -Math.log(1 - random()) * mean;

/** Resolves when all rides have started, or when it is stopped. Rejects when the log cannot be written. */
export const simulate = async (
  broker: Broker,
  { rate, rides: most = Number.POSITIVE_INFINITY, seed, signal }: SimulateOptions,
) => {
  const rides = createRides(seed);
  const random = uniform(seed + 1);
  const send = (topic: string, ride: Ride): Promise<void> =>
    broker.produce([{ topic, key: Buffer.from(ride.ride_id), value: Buffer.from(JSON.stringify(ride)) }]);
  for (const topic of Object.values(topics)) await broker.ensureTopic(topic);

  await new Promise<void>((resolve, reject) => {
    const timers = new Set<NodeJS.Timeout>();
    const end = (): void => {
      for (const timer of timers) clearTimeout(timer);
      resolve();
    };
    const after = (seconds: number, work: () => Promise<void>): void => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        work().then(() => {
          if (timers.size === 0) end();
        }, reject);
      }, seconds * 1000);
      timers.add(timer);
    };
    const book = (number: number): void => {
      if (number >= most) return;
      after(exponential(1 / rate, random), async () => {
        book(number + 1);
        const { ride } = rides.next();
        after(1 + exponential(untilPickup - 1, random), () => send(topics.started, ride));
        await send(topics.booked, ride);
      });
    };
    if (signal.aborted || most <= 0) return resolve();
    signal.addEventListener('abort', end, { once: true });
    book(0);
  });
};

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { rate: { type: 'string', default: '2' }, rides: { type: 'string' } } });
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const app = createApp({ cwd: import.meta.dirname, env: process.env });
  try {
    await simulate(await app.broker(), {
      rate: Number(values.rate),
      rides: values.rides === undefined ? undefined : Number(values.rides),
      seed: Date.now() % 1_000_000,
      signal: stop.signal,
    });
  } finally {
    await app.close();
  }
}
