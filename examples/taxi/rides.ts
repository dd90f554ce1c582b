/**
 * Taxi rides of the shape of March 2019 in New York, out of a seed: the same seed gives the same rides on every machine.
 * Only shares, quantiles and coefficients of the real rides went into shape.json; no ride here ever happened.
 */
import { readFileSync } from 'node:fs';

/** What is known when a passenger gets in. */
export interface Ride {
  readonly ride_id: string;
  /** Local time in New York, without an offset, as the meters write it. */
  readonly pickup: string;
  readonly pickup_zone: string | null;
  readonly dropoff_zone: string | null;
  readonly pickup_borough: string | null;
  readonly dropoff_borough: string | null;
  /** Miles. */
  readonly distance: number;
  readonly passengers: number;
  readonly payment: string | null;
}

/** What is known when the passenger gets out. */
export interface Outcome {
  readonly ride_id: string;
  readonly minutes: number;
  /** Dollars; so is the tip, which meters record as 0 for cash. */
  readonly fare: number;
  readonly tip: number;
}

type Quantiles = Readonly<Record<string, number>>;
type Hours = { readonly weekday: readonly number[]; readonly weekend: readonly number[] };

interface Shape {
  readonly zones: readonly {
    readonly zone: string;
    readonly borough: string;
    readonly pickup: number;
    readonly dropoff: number;
  }[];
  readonly weekday: readonly number[];
  readonly hour: Hours;
  readonly trips: readonly {
    readonly from: string;
    readonly to: string;
    readonly share: number;
    readonly logMilesMean: number;
    readonly logMilesSd: number;
  }[];
  readonly minutes: { readonly atOneMile: Hours; readonly power: number; readonly sd: number };
  readonly fare: {
    readonly base: number;
    readonly perMile: number;
    readonly perMinute: number;
    readonly residual: Quantiles;
  };
  readonly tip: {
    readonly cardWithoutTip: number;
    readonly shareOfTotalBeforeTip: Quantiles;
    readonly extras: Quantiles;
  };
  readonly payment: Readonly<Record<string, number>>;
  readonly passengers: Readonly<Record<string, number>>;
  readonly missing: Readonly<Record<string, number>>;
}

/** Uniform numbers in [0, 1) from a 32-bit seed (T. Ettinger, mulberry32). */
export const uniform = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

const shape: Shape = JSON.parse(readFileSync(new URL('./shape.json', import.meta.url), 'utf8'));

/** One of `items`, each as likely as its weight. */
const choose = <T>(items: readonly T[], weightOf: (item: T) => number, random: () => number): T => {
  let left = random() * items.reduce((sum, item) => sum + weightOf(item), 0);
  for (const item of items) {
    left -= weightOf(item);
    if (left < 0) return item;
  }
  return items[items.length - 1];
};

const chooseKey = (weights: Readonly<Record<string, number>>, random: () => number): string =>
  choose(Object.entries(weights), ([, weight]) => weight, random)[0];

/** A value between the quantiles, straight from one to the next. */
const fromQuantiles = (quantiles: Quantiles, random: () => number): number => {
  const points = Object.entries(quantiles)
    .map(([p, value]) => [Number(p), value] as const)
    .sort(([a], [b]) => a - b);
  const p = random();
  const index = points.findIndex(([bound]) => bound >= p);
  if (index === 0) return points[0][1];
  if (index < 0) return points[points.length - 1][1];
  const [lowP, low] = points[index - 1];
  const [highP, high] = points[index];
  return low + ((high - low) * (p - lowP)) / (highP - lowP);
};

/** A standard normal number (Box and Muller, 1958). */
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const round = (value: number, step: number): number => Math.round(value / step) / Math.round(1 / step);
const two = (value: number): string => String(value).padStart(2, '0');

export interface Rides {
  /** The next ride and how it will end. */
  next(): { readonly ride: Ride; readonly outcome: Outcome };
  take(count: number): readonly { readonly ride: Ride; readonly outcome: Outcome }[];
}

/** How a day differs from those that models have learned from; each is a factor, 1 on a day like any other. */
export interface Weather {
  /** Miles of a ride. */
  readonly distance: number;
  /** Minutes that the same way takes. */
  readonly minutes: number;
}

const FAIR: Weather = { distance: 1, minutes: 1 };

/** Rides between two days (YYYY-MM-DD, the last one excluded), in no order. */
export const createRides = (seed: number, from = '2019-03-01', until = '2019-04-01', weather = FAIR): Rides => {
  const random = uniform(seed);
  const first = Date.parse(`${from}T00:00:00Z`);
  const days = Math.round((Date.parse(`${until}T00:00:00Z`) - first) / 86_400_000);
  const calendar = Array.from({ length: days }, (_, day) => {
    const date = new Date(first + day * 86_400_000);
    return { text: date.toISOString().slice(0, 10), weekday: (date.getUTCDay() + 6) % 7 };
  });
  let count = 0;

  const next: Rides['next'] = () => {
    const day = choose(calendar, ({ weekday }) => shape.weekday[weekday], random);
    const kind = day.weekday >= 5 ? 'weekend' : 'weekday';
    const hour = choose([...Array(24).keys()], (index) => shape.hour[kind][index], random);
    const trip = choose(shape.trips, ({ share }) => share, random);
    const pickup = choose(
      shape.zones.filter(({ borough }) => borough === trip.from),
      (zone) => zone.pickup,
      random,
    );
    const dropoff = choose(
      shape.zones.filter(({ borough }) => borough === trip.to),
      (zone) => zone.dropoff,
      random,
    );
    const distance = Math.max(
      0.1,
      round(weather.distance * Math.exp(trip.logMilesMean + trip.logMilesSd * normal(random)), 0.01),
    );
    const unseen = (name: string): boolean => random() < (shape.missing[name] ?? 0);
    const noPickup = unseen('pickup_zone');
    const noDropoff = unseen('dropoff_zone');
    const paid = chooseKey(shape.payment, random);
    const id = `r${seed}-${String(count++).padStart(6, '0')}`;
    const ride: Ride = {
      ride_id: id,
      pickup: `${day.text}T${two(hour)}:${two(Math.floor(random() * 60))}:${two(Math.floor(random() * 60))}`,
      pickup_zone: noPickup ? null : pickup.zone,
      dropoff_zone: noDropoff ? null : dropoff.zone,
      pickup_borough: noPickup ? null : pickup.borough,
      dropoff_borough: noDropoff ? null : dropoff.borough,
      distance,
      passengers: Number(chooseKey(shape.passengers, random)),
      payment: unseen('payment') ? null : paid,
    };
    const { atOneMile, power, sd } = shape.minutes;
    const minutes = round(
      weather.minutes * atOneMile[kind][hour] * distance ** power * Math.exp(sd * normal(random)),
      0.01,
    );
    const { base, perMile, perMinute, residual } = shape.fare;
    const fare = Math.max(
      2.5,
      round(base + perMile * distance + perMinute * minutes + fromQuantiles(residual, random), 0.5),
    );
    const tips = paid === 'credit card' && random() >= shape.tip.cardWithoutTip;
    const total = fare + fromQuantiles(shape.tip.extras, random);
    const tip = tips ? round(total * fromQuantiles(shape.tip.shareOfTotalBeforeTip, random), 0.01) : 0;
    return { ride, outcome: { ride_id: id, minutes, fare, tip } };
  };

  return { next, take: (number) => Array.from({ length: number }, next) };
};
