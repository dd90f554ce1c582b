/** Values of a graph in C: an array a value, of one row; texts one by one. */
import type { Dtype, Tensor } from '../../core/types.ts';
import type { MadeStep } from '../../runtimes/trees/model.ts';
import type { NodeContext } from '../../runtimes/trees/operators/operator.ts';
import { type Known, sizeOf } from '../../runtimes/trees/values.ts';
import { type CText, type Draft, typeOf } from './draft.ts';
import { notExportable } from './refuse.ts';

export interface CValue {
  readonly known: Known;
  readonly size: number;
  /** The array's name. */
  readonly name: string;
  /** Of texts, instead. */
  readonly texts?: readonly CText[];
}

/** What an operator is given to write itself. */
export interface NodeDraft extends NodeContext {
  readonly draft: Draft;
  readonly inputs: readonly (CValue | undefined)[];
  /** What the runtime has made of the node. */
  readonly made: MadeStep;
  /** Elements that the first output has a row. */
  readonly size: number;
}

/** Writes lines, and says what the outputs are. */
export type COperator = (node: NodeDraft) => readonly CValue[];

export const input = ({ inputs }: NodeDraft, at = 0): CValue => {
  const value = inputs[at];
  if (value === undefined) throw notExportable('an operator without its input');
  return value;
};

/** The first output as an array of its own, which `fill` writes. */
export const output = (node: NodeDraft, fill: (name: string, size: number) => readonly string[]): readonly CValue[] => {
  const { draft, made, size } = node;
  const [known] = made.outputs;
  const name = draft.fresh('v');
  draft.line(`${typeOf(known.dtype)} ${name}[${size}];`, ...fill(name, size));
  return [{ known, size, name }];
};

/** A line for every element. */
export const eachElement = (node: NodeDraft, write: (at: string) => string): readonly CValue[] =>
  output(node, (name, size) => [`for (int32_t at = 0; at < ${size}; at++) ${name}[at] = ${write('at')};`]);

export const textsOf = ({ texts }: CValue): readonly CText[] => {
  if (texts === undefined) throw notExportable('numbers where texts are expected');
  return texts;
};

/** A value that stands in the file; it becomes a table where an operator reads it. */
export const constantValue = (tensor: Tensor): CValue => {
  const { dtype, dims } = tensor;
  return { known: { dtype, dims, constant: tensor }, size: sizeOf(dims), name: '' };
};

/** The array of a value's numbers. */
export const arrayOf = (draft: Draft, { known: { dtype, constant }, name, texts }: CValue): string => {
  if (texts || dtype === 'string') throw notExportable('texts where numbers are expected');
  return constant === undefined ? name : draft.numbers(dtype, constant.data as Iterable<number | bigint>);
};

/** Indices of elements as a type holds them. */
export const numbered = (dtype: Dtype, first: number, size: number): Tensor['data'] => {
  const indices = Array.from({ length: size }, (_, at) => first + at);
  if (dtype === 'string') return indices.map(String);
  if (dtype === 'int64') return BigInt64Array.from(indices, BigInt);
  return Float64Array.from(indices);
};
