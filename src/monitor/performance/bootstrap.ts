/**
 * Intervals of figures that have no formula: the figures again, of rows drawn anew with replacement (B. Efron, 1979). Of many rows a
 * sample is drawn from, and its spread is that of all rows times √(sample / all) (P. J. Bickel, F. Götze & W. R. van Zwet,
 * Resampling fewer than n observations, 1997). The same seed, the same interval.
 */

import { ALPHA } from '../statistics/proportion.ts';
import { seeded } from '../statistics/random.ts';
import type { Interval } from './metric.ts';
import { atOnce, type Steps } from './steps.ts';

export interface BootstrapOptions {
  /** Of the sample. */
  readonly rows: number;
  /** Rows of one unit, by its number from 0, are drawn together; each row is one unless given. */
  readonly units?: Uint32Array | undefined;
  /** Of which the sample was drawn; as many as the sample unless given. */
  readonly allRows?: number;
  /** The figures of the sample's rows, each as often as its weight says. */
  figures(weights: Float64Array): readonly number[];
  /** What the figures of all rows are; those of the sample unless given. */
  readonly values?: readonly number[];
  readonly seed?: number;
  readonly draws?: number;
}

export const DRAWS = 1000;
const SEED = 20_240_229;

const quantile = (sorted: Float64Array, p: number): number => {
  const place = p * (sorted.length - 1);
  const [low, share] = [Math.floor(place), place % 1];
  return sorted[low] * (1 - share) + sorted[Math.min(low + 1, sorted.length - 1)] * share;
};

/** Weights of rows of one drawing after the other, in the same array. */
function* drawings({ rows, units }: BootstrapOptions, draws: number, seed: number): Generator<Float64Array> {
  const random = seeded(seed);
  const count = units === undefined ? rows : units.reduce((most, unit) => Math.max(most, unit), -1) + 1;
  const drawn = new Float64Array(count);
  const weights = units === undefined ? drawn : new Float64Array(rows);
  for (let draw = 0; draw < draws; draw++) {
    drawn.fill(0);
    for (let time = 0; time < count; time++) drawn[Math.floor(random() * count)]++;
    if (units !== undefined) for (let row = 0; row < rows; row++) weights[row] = drawn[units[row]];
    yield weights;
  }
}

/** One interval a figure; undefined for one that most drawings cannot tell. It rests after each drawing. */
export function* bootstrapping(options: BootstrapOptions): Steps<readonly (Interval | undefined)[]> {
  const { rows, allRows = rows, figures, seed = SEED, draws = DRAWS } = options;
  const whole = figures(new Float64Array(rows).fill(1));
  const { values = whole } = options;
  const found = whole.map(() => new Float64Array(draws));
  let draw = 0;
  for (const weights of drawings(options, draws, seed)) {
    const drawn = figures(weights);
    for (let at = 0; at < found.length; at++) found[at][draw] = drawn[at];
    draw++;
    yield;
  }
  const scale = Math.sqrt(rows / allRows);
  return found.map((all, at): Interval | undefined => {
    const told = all.filter((value) => !Number.isNaN(value)).sort();
    if (told.length * 2 < draws || Number.isNaN(values[at])) return undefined;
    // What is the same in every drawing has no spread that could be told.
    if (told[0] === told[told.length - 1]) return undefined;
    const end = (p: number): number => values[at] + scale * (quantile(told, p) - whole[at]);
    return { low: end(ALPHA / 2), high: end(1 - ALPHA / 2), method: 'bootstrap' };
  });
}

/** All of it at once. */
export const bootstrap = (options: BootstrapOptions): readonly (Interval | undefined)[] =>
  atOnce(bootstrapping(options));
