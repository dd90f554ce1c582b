/** A case of an operator, and how one is written. */
import { buildOnnx, type Constant, type ElementType, type Model, type Node, type Value } from '../onnx-builder.ts';
import type { assertSameBits } from './same-bits.ts';

const ml = 'ai.onnx.ml';
export type Dim = readonly (number | string)[];

export interface Case {
  readonly node: Partial<Node> & { readonly op: string };
  /** Inputs, in order; the constants stand behind them. */
  readonly x?: readonly (readonly [ElementType, Dim])[];
  readonly y: readonly (readonly [ElementType, Dim])[];
  readonly constants?: readonly Constant[];
  readonly opsets?: Model['opsets'];
  readonly hold?: typeof assertSameBits;
  /** How many rows are asked for at a time, where ONNX Runtime answers one alone in other bits. */
  readonly sizes?: readonly number[];
}

const value = (name: string, dtype: ElementType, dims: Dim): Value => ({ name, dtype, dims: ['rows', ...dims] });

/** A graph of that operator alone. */
export const graphOf = ({ node, x = [['float32', [3]]], y, constants = [], opsets }: Case): Uint8Array => {
  const inputs = x.map(([dtype, dims], index) => value(`x${index}`, dtype, dims));
  const outputs = y.map(([dtype, dims], index) => value(`y${index}`, dtype, dims));
  return buildOnnx({
    inputs,
    outputs,
    constants,
    nodes: [
      { inputs: [...inputs, ...constants].map(({ name }) => name), outputs: outputs.map(({ name }) => name), ...node },
    ],
    ...(opsets && { opsets }),
  });
};

export const floats = (name: string, dims: readonly number[], ...data: number[]): Constant => ({
  name,
  dims,
  data: Float32Array.from(data),
});

export const ints = (name: string, ...data: number[]): Constant => ({
  name,
  dims: [data.length],
  data: BigInt64Array.from(data, BigInt),
});
export const ramp = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, at) => Math.sin(at * 7.3) * 3);
export const on = (dtype: ElementType, dims: Dim = [3]): readonly (readonly [ElementType, Dim])[] => [[dtype, dims]];
export const same = (op: string, dtype: ElementType = 'float32'): Case => ({
  node: { op },
  x: on(dtype),
  y: on(dtype),
});

export const two = (op: string, dtype: ElementType, result: ElementType = dtype): Case => ({
  node: { op },
  x: [
    [dtype, [3]],
    [dtype, [3]],
  ],
  y: on(result),
});

export const of = (op: string, attributes: Node['attributes'], y: Case['y'], x: Case['x'] = on('float32')): Case => ({
  node: { op, domain: ml, attributes: attributes ?? {} },
  x,
  y,
});
