/** Tensors are measured whatever their rank is: a picture of three channels, a film, a row of numbers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields, TensorData } from '../../../src/core/types.ts';
import { startCounting } from '../../../src/monitor/profile/counting.ts';
import { startGathering } from '../../../src/monitor/profile/gathering.ts';
import { measuresOf } from '../../../src/monitor/profile/measures.ts';
import { binsOf, referenceOf } from '../../../src/monitor/profile/reference.ts';
import { seeded } from '../../../src/monitor/statistics/random.ts';

const SHAPES = { row: [5], picture: [3, 4, 3], film: [2, 3, 4, 3], deep: [1, 2, 1, 3, 1, 2] } as const;
const fields: Fields = Object.fromEntries(
  Object.entries(SHAPES).map(([name, shape]) => [name, { kind: 'tensor', dtype: 'float32', shape: [...shape] }]),
);
const ROWS = 300;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** Elements as lists within lists. */
const nested = (data: readonly number[], [first, ...rest]: readonly number[]): unknown => {
  if (rest.length === 0) return data;
  const size = data.length / first;
  return Array.from({ length: first }, (_, at) => nested(data.slice(at * size, (at + 1) * size), rest));
};

const random = seeded(13);
const columns: Readonly<Record<string, TensorData>> = Object.fromEntries(
  Object.entries(SHAPES).map(([name, shape]) => [name, Float32Array.from({ length: ROWS * sizeOf(shape) }, random)]),
);

test('rows of tensors of each rank and their flat columns give one profile, bit for bit', () => {
  const bins = binsOf(fields, referenceOf(fields, columns), {});
  assert.deepEqual(Object.keys(bins), Object.keys(measuresOf(fields)));
  assert.equal(Object.keys(bins).length, 3 * Object.keys(SHAPES).length);
  const counted = startCounting(fields, bins);
  counted.add(columns);
  const [byRows, byFlatRows] = [startGathering(fields, bins), startGathering(fields, bins)];
  for (let row = 0; row < ROWS; row++) {
    const parts = Object.entries(SHAPES).map(([name, shape]) => {
      const size = sizeOf(shape);
      return { name, shape, data: columns[name].slice(row * size, (row + 1) * size) };
    });
    byFlatRows.addRow(Object.fromEntries(parts.map(({ name, data }) => [name, data])));
    byRows.addRow(
      Object.fromEntries(parts.map(({ name, shape, data }) => [name, nested([...data] as number[], shape)])),
    );
  }
  const profile = counted.profile();
  assert.deepEqual(byRows.profile(0), profile);
  assert.deepEqual(byFlatRows.profile(0), profile);
  assert.ok(Object.values(profile).every(({ count, missing }) => count === ROWS && missing === 0));
});
