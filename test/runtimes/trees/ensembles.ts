/** Ensembles of every kind of test, and the plainest way to walk one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Ensemble,
  EQ,
  GT,
  GTE,
  LEAF,
  LEQ,
  LT,
  MEMBER,
  MISSING_TRUE,
  NAN_IS_ZERO,
  NEQ,
  ZERO_IS_MISSING,
} from '../../../src/runtimes/trees/ensemble.ts';
import { growForest } from '../../../src/runtimes/trees/forest.ts';
import { random } from './rows.ts';

export const FEATURES = 6;
const thresholds = [0, -0, 1, -1, 2.5, 0.1, -1e-36, 1e-30, Infinity, -Infinity, 5e-324, 3, 63, 100];

export interface Shape {
  readonly trees: number;
  readonly depth: number;
  readonly targets: number;
  readonly width: number;
  readonly sum: 'float32' | 'float64';
  readonly aggregate: Ensemble['aggregate'];
  readonly tests: readonly number[];
}

/** Random trees, with nodes in the order in which they are made. */
export const grow = (
  { trees, depth, targets, width, sum, aggregate, tests: kinds }: Shape,
  next: () => number,
): Ensemble => {
  const tests: number[] = [];
  const [features, values, yes, no, weights] = [[], [], [], [], []] as [
    number[],
    number[],
    number[],
    number[],
    number[],
  ];
  const sets = new Map<number, number[]>();
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)];
  const rounded = (value: number): number => (sum === 'float32' ? Math.fround(value) : value);
  const node = (left: number): number => {
    const index = tests.push(LEAF) - 1;
    features.push(0);
    values.push(0);
    yes.push(0);
    no.push(0);
    if (left === 0 || next() < 0.15) {
      if (width === 1) values[index] = rounded(next() - 0.5);
      else {
        values[index] = weights.length;
        for (let target = 0; target < width; target++) weights.push(rounded(next() - 0.5));
      }
      return index;
    }
    const kind = pick(kinds);
    tests[index] =
      kind | (next() < 0.4 ? MISSING_TRUE : 0) | (next() < 0.2 ? NAN_IS_ZERO : next() < 0.2 ? ZERO_IS_MISSING : 0);
    features[index] = Math.floor(next() * FEATURES);
    values[index] = rounded(next() < 0.7 ? pick(thresholds) : (next() - 0.5) * 10);
    if (kind === MEMBER) {
      tests[index] &= 7 | MISSING_TRUE;
      sets.set(
        index,
        Array.from({ length: Math.floor(next() * 5) }, () => Math.floor(next() * pick([4, 130, 1000]))),
      );
    }
    yes[index] = node(left - 1);
    no[index] = node(left - 1);
    return index;
  };
  const roots = Array.from({ length: trees }, () => node(depth));
  return {
    input: sum,
    sum,
    aggregate,
    targets,
    tests: Uint8Array.from(tests),
    features: Int32Array.from(features),
    values: Float64Array.from(values),
    yes: Int32Array.from(yes),
    no: Int32Array.from(no),
    sets,
    roots: Int32Array.from(roots),
    firstTargets: Int32Array.from(roots, () => (width === 1 ? Math.floor(next() * targets) : 0)),
    width,
    ...(width > 1 && { weights: Float64Array.from(weights) }),
  };
};

const passes = (test: number, given: number, v: number, set: readonly number[] | undefined): boolean => {
  let x = given;
  if (test & NAN_IS_ZERO && Number.isNaN(x)) x = 0;
  if (test & ZERO_IS_MISSING && Math.abs(x) <= Math.fround(1e-35)) x = Number.NaN;
  if (Number.isNaN(x)) return (test & MISSING_TRUE) !== 0;
  switch (test & 7) {
    case LEQ:
      return x <= v;
    case LT:
      return x < v;
    case GTE:
      return x >= v;
    case GT:
      return x > v;
    case EQ:
      return x === v;
    case NEQ:
      return x !== v;
    default:
      return set?.includes(Math.trunc(x)) ?? false;
  }
};

/** Sums of one row, target by target. */
export const walk = (ensemble: Ensemble, row: ArrayLike<number>): readonly number[] => {
  const { tests, features, values, yes, no, sets, roots, firstTargets, width, weights, targets, sum, aggregate } =
    ensemble;
  const initial = aggregate === 'sum' ? 0 : aggregate === 'min' ? Infinity : -Infinity;
  const sums = new Array<number>(targets).fill(initial);
  roots.forEach((root, tree) => {
    let at = root;
    while ((tests[at] & 7) !== LEAF)
      at = passes(tests[at], row[features[at]], values[at], sets?.get(at) as number[]) ? yes[at] : no[at];
    for (let index = 0; index < width; index++) {
      const weight = width === 1 ? values[at] : (weights?.[values[at] + index] ?? 0);
      const target = firstTargets[tree] + index;
      if (aggregate !== 'sum')
        sums[target] = aggregate === 'min' ? Math.min(sums[target], weight) : Math.max(sums[target], weight);
      else sums[target] = sum === 'float32' ? Math.fround(sums[target] + weight) : sums[target] + weight;
    }
  });
  return sums;
};

export const rowsOf = (rows: number, next: () => number, single: boolean): Float64Array => {
  const special = [...thresholds, Number.NaN, Number.NaN, 7, 61, 62, 63, 64, 128, -3, 500, 2 ** 31, -0.5];
  const data = Float64Array.from({ length: rows * FEATURES }, () =>
    next() < 0.7 ? special[Math.floor(next() * special.length)] : (next() - 0.5) * 10,
  );
  return single ? Float64Array.from(data, Math.fround) : data;
};

const ordered = [LEQ, LT, GTE, GT];
const all = [...ordered, EQ, NEQ, MEMBER];
const shape: Shape = { trees: 21, depth: 5, targets: 1, width: 1, sum: 'float32', aggregate: 'sum', tests: ordered };
const shapes: Readonly<Record<string, Shape>> = {
  'that compare': shape,
  'that compare, in float64': { ...shape, sum: 'float64' },
  'of every test': { ...shape, tests: all },
  'of every test, deep and few': { ...shape, trees: 3, depth: 11, tests: all, sum: 'float64' },
  'of sets only': { ...shape, tests: [MEMBER] },
  'of one node': { ...shape, depth: 0 },
  'for several targets, a target a tree': { ...shape, targets: 4, tests: all },
  'for several targets, all in each leaf': { ...shape, targets: 3, width: 3, tests: all, sum: 'float64' },
  'of which the least counts': { ...shape, aggregate: 'min', targets: 2, width: 2 },
  'of which the greatest counts': { ...shape, aggregate: 'max' },
};

/** Both kernels must pass. */
export const ensemblesContract = (kernel: 'WebAssembly' | 'JavaScript'): void => {
  describe(`trees in ${kernel}`, () => {
    for (const [what, one] of Object.entries(shapes))
      test(`${what} answer as when they are walked node by node, in any number of rows`, async () => {
        for (let seed = 1; seed <= 20; seed++) {
          const next = random(seed);
          const ensemble = grow(one, next);
          const forest = growForest(ensemble);
          assert.equal(forest.kernel, kernel);
          for (const rows of [1, 3, 8, 21, 300]) {
            const data = rowsOf(rows, next, one.sum === 'float32');
            const answers: number[][] = Array.from({ length: rows }, () => []);
            forest.score([{ width: FEATURES, data }], rows, (sums, start, stride, first, count) => {
              for (let row = 0; row < count; row++)
                for (let target = 0; target < one.targets; target++)
                  answers[first + row].push(sums[start + row + target * stride]);
            });
            const expected = Array.from({ length: rows }, (_, row) =>
              walk(ensemble, data.subarray(row * FEATURES, (row + 1) * FEATURES)),
            );
            assert.deepEqual(answers, expected, `seed ${seed}, ${rows} rows`);
          }
        }
      });
  });
};
