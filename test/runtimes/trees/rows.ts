/** Rows that a model may answer wrongly: its own thresholds, their neighbours, and what is no ordinary number. */
import { allocate } from '../../../src/core/columns.ts';
import type { Dtype, Tensor, TensorData, TensorSpec } from '../../../src/core/types.ts';
import { attributesOf } from '../../../src/runtimes/onnx-attributes.ts';
import type { OnnxGraph } from '../../../src/runtimes/onnx-structure.ts';

/** Uniform numbers from 0 to 1, always the same ones (mulberry32). */
export const random = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

/** A float32 and its neighbours. */
export const neighbours = (value: number): number[] => {
  const float = Float32Array.of(value);
  const bits = new Int32Array(float.buffer);
  const at = bits[0];
  return [at - 1, at, at + 1].map((one) => {
    bits[0] = one;
    return float[0];
  });
};

const specials = [0, -0, Number.NaN, Infinity, -Infinity, 1.4e-45, -1.4e-45, 1.1e-38, 3.4028234663852886e38, 1e-7];
/** Denormals of float64, which as float32 are zeros. */
const wideSpecials = [...specials, 5e-324, -5e-324, 1e-310, -2.2250738585072009e-308, 2.2250738585072014e-308];
const ordinary = [1, -1, 0.5, 2, 3, 4, 5, 10, 100];

export interface Pools {
  readonly numbers: readonly number[];
  readonly integers: readonly number[];
  readonly texts: readonly string[];
  /** Of an input that a node reads as categories. */
  readonly byInput: ReadonlyMap<string, readonly string[]>;
}

export const poolsOf = ({ nodes }: OnnxGraph): Pools => {
  const thresholds = new Set<number>();
  const integers = new Set([0, 1, 2, 3, 5, 23, -1, 100]);
  const texts = new Set<string>();
  const byInput = new Map<string, readonly string[]>();
  for (const node of nodes) {
    const attributes = attributesOf(node);
    for (const value of attributes.floats('nodes_values')) thresholds.add(value);
    for (const name of ['nodes_values_as_tensor', 'nodes_splits', 'membership_values'])
      for (const value of (attributes.tensor(name)?.data ?? []) as Iterable<number>) thresholds.add(value);
    for (const name of ['cats_int64s', 'keys_int64s']) for (const value of attributes.ints(name)) integers.add(value);
    for (const name of ['cats_strings', 'keys_strings']) {
      const found = attributes.texts(name);
      for (const value of found) texts.add(value);
      if (found.length > 0) byInput.set(node.inputs[0], found);
    }
  }
  const numbers = [...thresholds].flatMap((value) => [value, ...neighbours(value)]);
  return {
    numbers: [...numbers, ...ordinary, ...ordinary],
    integers: [...integers],
    texts: texts.size === 0 ? ['a text'] : [...texts],
    byInput,
  };
};

/** Feeds of so many rows: half of the numbers are thresholds or next to one, some are special, the rest are anywhere. */
export const feedsOf = (
  inputs: readonly TensorSpec[],
  pools: Pools,
  rows: number,
  seed: number,
  widthOf: (spec: TensorSpec) => number = ({ dims }) =>
    dims.slice(1).reduce<number>((size, dim) => size * (dim ?? 1), 1),
): Record<string, Tensor> => {
  const next = random(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)];
  const number = (dtype: Dtype): number => {
    const which = next();
    if (which < 0.55) return pick(pools.numbers);
    if (which < 0.65) return pick(dtype === 'float64' ? wideSpecials : specials);
    return (next() - 0.5) * 10 ** Math.floor(next() * 4);
  };
  return Object.fromEntries(
    inputs.map((spec) => {
      const { name, dtype, dims } = spec;
      const size = widthOf(spec);
      const data = allocate(dtype, rows * size) as unknown[];
      for (let at = 0; at < data.length; at++) {
        if (dtype === 'string')
          data[at] = next() < 0.01 ? pick(['', 'no such text']) : pick(pools.byInput.get(name) ?? pools.texts);
        else if (dtype === 'bool') data[at] = Number(next() < 0.5);
        else if (dtype === 'int64' || dtype === 'uint64') data[at] = BigInt(pick(pools.integers));
        else data[at] = dtype.startsWith('float') ? number(dtype) : pick(pools.integers);
      }
      const shape = dims.length <= 2 ? (dims.length === 2 ? [size] : []) : dims.slice(1).map((dim) => dim ?? 1);
      return [name, { dtype, dims: [rows, ...shape], data: data as unknown as TensorData }];
    }),
  );
};

/** Rows `from` to `to` of feeds or answers. */
export const sliceTensors = (tensors: Readonly<Record<string, Tensor>>, from: number, to: number) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, dims, data }]): [string, Tensor] => {
      const size = dims.slice(1).reduce((product, dim) => product * dim, 1);
      return [
        name,
        { dtype, dims: [to - from, ...dims.slice(1)], data: data.slice(from * size, to * size) as TensorData },
      ];
    }),
  );
