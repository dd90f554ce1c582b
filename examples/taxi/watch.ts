/** Rides as they pass, on a terminal: one line a ride, which fills as its predictions come, and the offer at its end. */
import { styleText } from 'node:util';
import type { Broker, StreamEvent } from '../../src/brokers/broker.ts';
import type { Ride } from './rides.ts';
import { topics } from './simulate.ts';

/** What is known of a ride so far. Dollars and minutes. */
interface Passing {
  readonly ride: Ride;
  started: boolean;
  fare?: number;
  minutes?: number;
  tip?: number;
  offer?: { readonly name: string; readonly dollars?: number };
}

export interface Counts {
  rides: number;
  predictions: number;
  decisions: number;
  offers: number;
}

/** The rides that are shown, the newest last, and how many there were of everything. */
export interface Board {
  readonly rides: ReadonlyMap<string, Passing>;
  readonly counts: Readonly<Counts>;
  /** Milliseconds from an event to its prediction, of the last hundred. */
  readonly delays: readonly number[];
  hear(event: StreamEvent): void;
}

const predictions = { 'ride.fares': 'fare', 'ride.durations': 'minutes', 'ride.tips': 'tip' } as const;
const offersTopic = 'ride.offers';
export const watched = [...Object.values(topics), ...Object.keys(predictions), offersTopic];

const mostDelays = 100;
const jsonOf = ({ value }: StreamEvent) => JSON.parse(Buffer.from(value ?? []).toString());

export const createBoard = (lines: number): Board => {
  const rides = new Map<string, Passing>();
  const times = new Map<string, number>();
  const counts: Counts = { rides: 0, predictions: 0, decisions: 0, offers: 0 };
  const delays: number[] = [];

  const predicted = (event: StreamEvent, name: (typeof predictions)[keyof typeof predictions]): void => {
    const { key, prediction } = jsonOf(event).data;
    counts.predictions++;
    const since = times.get(`${name === 'fare' ? topics.booked : topics.started} ${key}`);
    if (since !== undefined) delays.push(Math.max(0, event.at - since));
    if (delays.length > mostDelays) delays.shift();
    const ride = rides.get(key);
    if (ride) ride[name] = prediction.dollars ?? prediction.minutes;
  };

  const hear = (event: StreamEvent): void => {
    const { topic } = event;
    if (topic === topics.booked || topic === topics.started) {
      const ride: Ride = jsonOf(event);
      times.set(`${topic} ${ride.ride_id}`, event.at);
      if (topic === topics.started) {
        const passing = rides.get(ride.ride_id);
        if (passing) passing.started = true;
        return;
      }
      counts.rides++;
      rides.set(ride.ride_id, { ride, started: false });
      for (const id of rides.keys()) {
        if (rides.size <= lines) break;
        rides.delete(id);
        for (const one of Object.values(topics)) times.delete(`${one} ${id}`);
      }
    } else if (topic === offersTopic) {
      const { key, decision, with: carried } = jsonOf(event).data;
      counts.decisions++;
      if (decision !== 'none') counts.offers++;
      const ride = rides.get(key);
      if (ride) ride.offer = { name: decision, dollars: carried?.dollars };
    } else predicted(event, predictions[topic as keyof typeof predictions]);
  };
  return { rides, counts, delays, hear };
};

const fit = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
const dim = (text: string): string => styleText('dim', text, { validateStream: false });
const bold = (text: string): string => styleText('bold', text, { validateStream: false });
const green = (text: string): string => styleText('green', text, { validateStream: false });

/** Right-aligned, or dots where nothing has come yet. */
const value = (known: number | undefined, width: number, show: (value: number) => string): string =>
  known === undefined ? dim('·'.padStart(width)) : show(known).padStart(width);
const dollars = (amount: number): string => `$${amount.toFixed(2)}`;

const offerText = ({ offer, started }: Passing): string => {
  if (offer === undefined) return dim(started ? 'deciding' : 'booked');
  if (offer.name === 'none') return dim('–');
  return green(`★ ${offer.name}${offer.dollars === undefined ? '' : `, $${offer.dollars}`}`);
};

/** Columns that are always there, and the width that is left to the places. */
const fixed = 7 + 10 + 9 + 9 + 24;

const rideLine = (passing: Passing, width: number): string => {
  const { ride, fare, minutes, tip } = passing;
  const place = (zone: string | null, borough: string | null): string => zone ?? borough ?? 'somewhere';
  const way = `${place(ride.pickup_zone, ride.pickup_borough)} → ${place(ride.dropoff_zone, ride.dropoff_borough)}`;
  return [
    fit(way, Math.max(16, width - fixed)),
    `${ride.distance.toFixed(1)} mi`.padStart(8),
    value(fare, 9, dollars),
    value(minutes, 8, (one) => `${one.toFixed(0)} min`),
    value(tip, 8, dollars),
    `  ${offerText(passing)}`,
  ].join('');
};

/** The board as lines of a terminal that is so wide; the same number of lines each time. */
export const draw = ({ rides, counts, delays }: Board, lines: number, width: number): readonly string[] => {
  const median = delays.toSorted((a, b) => a - b)[Math.floor(delays.length / 2)];
  const head = [
    fit('ride', Math.max(16, width - fixed)),
    'distance'.padStart(8),
    'fare'.padStart(9),
    'time'.padStart(8),
    'tip'.padStart(8),
    '  offer',
  ].join('');
  const body = [...rides.values()].map((passing) => rideLine(passing, width));
  const foot = [
    `${counts.rides} rides`,
    `${counts.predictions} predictions`,
    `${counts.decisions} decisions`,
    `${counts.offers} offers`,
    ...(median === undefined ? [] : [`a prediction takes ${median} ms`]),
  ].join(' · ');
  return [bold(head), ...body, ...Array(Math.max(0, lines - body.length)).fill(''), '', dim(foot)];
};

export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

export interface WatchOptions {
  readonly broker: Broker;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

const lines = 12;
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
/** Milliseconds. Often enough for the eye. */
const period = 100;

/** Whether the board has room there. */
export const hasRoom = ({ isTTY, columns = 80, rows = 24 }: Screen): boolean =>
  isTTY === true && columns > fixed + 16 && rows > lines + 4;

/** Shows what happens from now on, in place, until it is stopped. `above` writes a line over the board. */
export const watch = ({ broker, screen, signal }: WatchOptions) => {
  const board = createBoard(lines);
  let drawn = 0;
  let changed = true;
  let over = false;
  const clear = (): string => (drawn === 0 ? '' : `\u001b[${drawn}A\r\u001b[J`);
  const show = (): void => {
    if (!changed) return;
    changed = false;
    const all = draw(board, lines, Math.min(120, (screen.columns ?? 80) - 1));
    screen.write(`${clear()}${all.join('\n')}\n`);
    drawn = all.length;
  };
  const follow = async (topic: string): Promise<void> => {
    for await (const { events } of broker.read(topic, { from: 'latest', signal })) {
      for (const event of events) board.hear(event);
      changed = true;
    }
  };
  const timer = setInterval(show, period);
  screen.write(hideCursor);
  const ended = Promise.all(watched.map(follow)).finally(() => {
    clearInterval(timer);
    show();
    over = true;
    screen.write(showCursor);
  });
  return {
    ended,
    above: (line: string): void => {
      if (over) screen.write(`${line}\n`);
      else {
        screen.write(`${clear()}${line}\n`);
        drawn = 0;
        changed = true;
        show();
      }
    },
  };
};
