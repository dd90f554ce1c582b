/** A package's signature as tensors: what the protocol's metadata says, and what a request must bring. */
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

const datatypeOfField = (field: Field): Datatype => {
  switch (field.kind) {
    case 'number':
      return 'FP64';
    case 'integer':
      // INT64 has no value for "missing"; every integer that the core lets through is exact in FP64.
      return field.nullable ? 'FP64' : 'INT64';
    case 'boolean':
      return 'BOOL';
    case 'tensor':
      return datatypeOf(field.dtype);
    default:
      return 'BYTES';
  }
};

const bindingOf = (name: string, field: Field): TensorBinding => ({
  name,
  datatype: datatypeOfField(field),
  shape: field.kind === 'tensor' ? [-1, ...field.shape] : [-1],
  field,
});

/** Graph types that can stand for a field without a value changing on the way. */
const faithful: Readonly<Record<Field['kind'], readonly Dtype[]>> = {
  number: ['float32', 'float64'],
  integer: ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64'],
  boolean: ['bool'],
  category: ['string'],
  text: ['string'],
  datetime: [],
  tensor: [],
};

const product = (dims: readonly number[]): number => dims.reduce((size, dim) => size * dim, 1);

/** The field as the graph itself has it, or undefined when the graph has it otherwise. */
const mirrored = (name: string, field: OutputField, specs: readonly TensorSpec[]): TensorBinding | undefined => {
  const spec = specs.find((candidate) => candidate.name === (field.from ?? name));
  if (spec === undefined || spec.name !== name || spec.dims.length === 0 || field.at) return undefined;
  const shape = [-1, ...spec.dims.slice(1).map((dim) => dim ?? -1)];
  const size = product(shape.slice(1));
  const fits =
    field.kind === 'tensor'
      ? field.dtype === spec.dtype && product(field.shape) === size
      : size === 1 && !(field.nullable && field.kind === 'integer') && faithful[field.kind].includes(spec.dtype);
  return fits ? { name, datatype: datatypeOf(spec.dtype), shape, field } : undefined;
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
