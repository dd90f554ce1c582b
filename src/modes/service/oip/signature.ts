/** A package's signature as tensors: what the protocol's metadata says, and what a request must bring. */
import { kindOf, tensorOf } from '../../../core/kinds/index.ts';
import { fixedShape } from '../../../core/row-tensors.ts';
import type { Dtype, Field, OutputField, Scorer, TensorSpec } from '../../../core/types.ts';
import { type Datatype, datatypeOf } from './datatypes.ts';

export interface TensorBinding {
  readonly name: string;
  readonly datatype: Datatype;
  /** With -1 for the rows. */
  readonly shape: readonly number[];
  readonly field: Field;
}

export interface TensorSignature {
  readonly inputs: readonly TensorBinding[];
  readonly outputs: readonly TensorBinding[];
}

const bindingOf = (name: string, field: Field): TensorBinding => {
  const kind = kindOf(field);
  if (kind.column === 'tensor') {
    const { dtype, shape } = kind.tensor(field);
    return { name, datatype: datatypeOf(dtype), shape: [-1, ...shape.map((dim) => dim ?? -1)], field };
  }
  const { datatype, nullable = datatype } = kind.protocol;
  return { name, datatype: field.nullable ? nullable : datatype, shape: [-1], field };
};

/** Whether the graph's own type can stand for the field without a value changing on the way. */
const isFaithful = (field: Field, dtype: Dtype, size: number): boolean => {
  const kind = kindOf(field);
  if (kind.column === 'tensor') {
    const own = kind.tensor(field);
    return own.dtype === dtype && product(fixedShape(own.shape) ?? []) === size;
  }
  const { nullable, dtypes } = kind.protocol;
  return size === 1 && !(field.nullable && nullable) && dtypes.includes(dtype);
};

const product = (dims: readonly number[]): number => dims.reduce((size, dim) => size * dim, 1);

/** The field as the graph itself has it, or undefined when the graph has it otherwise. */
const mirrored = (name: string, field: OutputField, specs: readonly TensorSpec[]): TensorBinding | undefined => {
  const spec = specs.find((candidate) => candidate.name === (field.from ?? name));
  if (spec === undefined || spec.name !== name || spec.dims.length === 0 || field.at) return undefined;
  // A tensor of any length says itself which of its dimensions vary.
  if (tensorOf(field)?.shape.includes(null)) return bindingOf(name, field);
  const shape = [-1, ...spec.dims.slice(1).map((dim) => dim ?? -1)];
  const size = product(shape.slice(1));
  return isFaithful(field, spec.dtype, size) ? { name, datatype: datatypeOf(spec.dtype), shape, field } : undefined;
};

const bind = (
  fields: Readonly<Record<string, OutputField>>,
  specs: readonly TensorSpec[],
): readonly TensorBinding[] | undefined => {
  const bindings = Object.entries(fields).map(([name, field]) => mirrored(name, field, specs));
  return bindings.every((binding) => binding !== undefined) ? bindings : undefined;
};

/**
 * Fields become tensors: number FP64, integer INT64, boolean BOOL, category, text and datetime BYTES, a tensor as it is
 * declared. Where the inputs (or the outputs) are those of the graph itself, they keep the graph's types and shapes.
 */
export const tensorSignature = ({ manifest, graph }: Pick<Scorer, 'manifest' | 'graph'>): TensorSignature => {
  const own = (fields: Readonly<Record<string, Field>>) =>
    Object.entries(fields).map(([name, field]) => bindingOf(name, field));
  const bare = (manifest.prepare ?? []).length === 0;
  return {
    inputs: (bare ? bind(manifest.inputs, graph.inputs) : undefined) ?? own(manifest.inputs),
    outputs: bind(manifest.outputs, graph.outputs) ?? own(manifest.outputs),
  };
};
