/**
 * Statistics of the target that CatBoost keeps by category, or by several features together (its CTRs), in float32 as its own
 * code computes them (libs/model/online_ctr.h, static_ctr_provider.cpp). Tables are keyed by a hash of what is together.
 */
import { fail } from '../../../core/errors.ts';
import { withoutTexts } from './catboost-categories.ts';
import type { Aspect, ColumnTogether } from './catboost-together.ts';
import { type JsonPart, partsOf } from './json-parts.ts';

const { refuse, listIn, objectIn } = partsOf('CatBoost');
const f = Math.fround;

/** A statistic's values, and that of what was never seen. */
export interface Statistic {
  /** By hash, in decimal digits. */
  readonly values: ReadonlyMap<string, number>;
  readonly otherwise: number;
}

/** What a table counts, as a pair: how often what is asked, and of how many. @throws BAD_MODEL */
const countsOf = (type: string, values: readonly number[], border: number, denominator: number): readonly number[] => {
  const sum = (from: number): number => values.slice(from).reduce((total, value) => total + value, 0);
  if (type === 'Borders') return [sum(border + 1), sum(0)];
  if (type === 'Buckets') return [values[border] ?? 0, sum(0)];
  if (type === 'BinarizedTargetMeanValue' || type === 'FloatTargetMeanValue') return values;
  if (type === 'Counter' || type === 'FeatureFreq') return [values[0], denominator];
  throw refuse(`a statistic ${type} is not known`, 'Borders, Buckets, Counter or a mean', type);
};

/** The key of an empty place of the library's own table. */
const EMPTY = '18446744073709551615';

/** @throws BAD_MODEL */
export const statisticOf = (ctr: JsonPart, data: JsonPart): Statistic => {
  const table = objectIn(data, String(ctr.identifier));
  const type = String(ctr.ctr_type);
  const numbers = [table.hash_stride, table.counter_denominator, ctr.target_border_idx].map(Number);
  const [stride, denominator, border] = numbers;
  const entries = listIn(table, 'hash_map');
  if (!(Number.isInteger(stride) && stride >= 2 && entries.length % stride === 0))
    throw refuse(`a table of ${entries.length} values has rows of ${stride}`, 'whole rows', stride);
  const calculate = ([count, total]: readonly number[]): number => {
    const [above, below, shift, scale] = [ctr.prior_numerator, ctr.prior_denomerator, ctr.shift, ctr.scale].map(Number);
    return f(f(f(f(f(count) + f(above)) / f(f(total) + f(below))) + f(shift)) * f(scale));
  };
  const values = new Map<string, number>();
  for (let at = 0; at < entries.length; at += stride) {
    if (entries[at] === EMPTY) continue;
    const counts = countsOf(type, entries.slice(at + 1, at + stride).map(Number), border, denominator);
    values.set(String(entries[at]), calculate(counts));
  }
  const isCount = type === 'Counter' || type === 'FeatureFreq';
  return { values, otherwise: calculate(isCount ? [0, denominator] : [0, 0]) };
};

const MIX = 0x4906ba494954cb65n;
const mixed = (key: bigint, value: number): bigint => BigInt.asUintN(64, MIX * (key + MIX * BigInt(value)));

/** The key of a category alone, by its hash with its sign. */
export const keyOf = (hash: number): string => String(mixed(0n, hash));

/** A feature that is looked at together with others, and what it may come to. */
export interface KnownAspect {
  readonly aspect: Aspect;
  /** By digit: a category's hash; or 0 and 1. */
  readonly values: readonly number[];
}

/** Combinations of one statistic's features. */
const MAX_COMBINATIONS = 1 << 18;

/**
 * A statistic of several features together, as a column of its own. All that its features can come to is looked up at once,
 * which shows too that the table has nothing else.
 *
 * @throws BAD_MODEL
 */
export const together = (elements: readonly KnownAspect[], { values, otherwise }: Statistic): ColumnTogether => {
  let keys: readonly bigint[] = [0n];
  for (const element of elements) {
    const count = keys.length * element.values.length;
    if (count > MAX_COMBINATIONS)
      throw fail('BAD_MODEL', 'The CatBoost model has a statistic of too many combinations of categories.', {
        expected: `at most ${MAX_COMBINATIONS}, or a model trained with max_ctr_complexity=1`,
        got: `${count}`,
      });
    keys = keys.flatMap((key) => element.values.map((value) => mixed(key, value)));
  }
  let found = 0;
  const table = Float32Array.from(keys, (key) => {
    const value = values.get(String(key));
    found += Number(value !== undefined);
    return value ?? otherwise;
  });
  if (found < values.size) throw withoutTexts();
  return { aspects: elements.map(({ aspect }) => aspect), table, otherwise };
};
