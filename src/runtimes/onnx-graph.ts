/**
 * What an ONNX file says of itself, and the one change Millrace makes to it: a ZipMap node, which turns class
 * probabilities into a sequence of maps that runtimes for JavaScript cannot return, is read past, so that the output is
 * the tensor [rows, classes] behind it. Field numbers: onnx.proto3 (ONNX 1.18). Web-standard.
 */
import { fail } from '../core/errors.ts';
import type { Dtype, TensorSpec } from '../core/types.ts';
import {
  decodeText,
  fieldsOf,
  joinBytes,
  readInts,
  readMessage,
  type WireField,
  writeBytes,
  writeInt,
} from './protobuf.ts';

/** TensorProto.DataType. */
const dtypes: Readonly<Record<number, Dtype>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
};

export interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** By name, as they stand: the weights of a tree are thousands of fields, which nobody here asks for. */
  readonly attributes: ReadonlyMap<string, Uint8Array>;
}

export interface ZipMap {
  readonly output: string;
  /** The class of each column of the probabilities. */
  readonly labels: readonly (string | number)[];
}

export interface OnnxGraph {
  readonly producer: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly nodes: readonly OnnxNode[];
  readonly zipMaps: readonly ZipMap[];
  /** Names of values that stand in the file. */
  readonly constants: ReadonlySet<string>;
}

const messages = (fields: readonly WireField[], field: number): readonly (readonly WireField[])[] =>
  fields
    .filter((candidate) => candidate.field === field && candidate.wire === 2)
    .map(({ bytes }) => readMessage(bytes));
const strings = (fields: readonly WireField[], field: number): readonly string[] =>
  fields.filter((candidate) => candidate.field === field).map(({ bytes }) => decodeText(bytes));
const string = (fields: readonly WireField[], field: number): string => strings(fields, field)[0] ?? '';

const readNode = (fields: readonly WireField[]): OnnxNode => ({
  op: string(fields, 4),
  domain: string(fields, 7),
  inputs: strings(fields, 1),
  outputs: strings(fields, 2),
  attributes: new Map(
    fields
      .filter(({ field, wire }) => field === 5 && wire === 2)
      .map(({ bytes }) => {
        for (const { field, bytes: name } of fieldsOf(bytes)) if (field === 1) return [decodeText(name), bytes];
        return ['', bytes];
      }),
  ),
});
const attributeOf = (node: OnnxNode, attribute: string): readonly WireField[] =>
  readMessage(node.attributes.get(attribute) ?? new Uint8Array());

export const stringsOf = (node: OnnxNode, attribute: string): readonly string[] =>
  strings(attributeOf(node, attribute), 9);
export const intsOf = (node: OnnxNode, attribute: string): readonly number[] =>
  readInts(attributeOf(node, attribute), 8);

const isZipMap = (node: OnnxNode): boolean => node.op === 'ZipMap' && node.domain === 'ai.onnx.ml';

const zipMapOf = (node: OnnxNode): ZipMap => {
  const named = stringsOf(node, 'classlabels_strings');
  return { output: node.outputs[0], labels: named.length > 0 ? named : intsOf(node, 'classlabels_int64s') };
};

/** A graph's input or output. Sequences and maps other than ZipMap's are not something a row can hold. */
const readSpec = (fields: readonly WireField[], zipMaps: ReadonlyMap<string, ZipMap>): TensorSpec => {
  const name = string(fields, 1);
  const zip = zipMaps.get(name);
  if (zip) return { name, dtype: 'float32', dims: [null, zip.labels.length] };
  const tensor = messages(messages(fields, 2)[0] ?? [], 1)[0];
  const element = tensor?.find(({ field }) => field === 1)?.value ?? 0;
  const dtype = dtypes[element];
  if (tensor === undefined || dtype === undefined) {
    throw fail('BAD_MODEL', `The graph's ${name} is not a tensor of a type that is read here.`, {
      field: name,
      expected: `a tensor of ${Object.values(dtypes).join(', ')}`,
      got: tensor === undefined ? 'a sequence, map or optional' : `ONNX element type ${element}`,
    });
  }
  const shape = messages(tensor, 2)[0];
  const dims = messages(shape ?? [], 1).map((dim) => {
    const value = dim.find(({ field }) => field === 1)?.value;
    return value === undefined || value === 0 || value >= 2 ** 63 ? null : value;
  });
  return { name, dtype, dims };
};

interface Parts {
  readonly model: readonly WireField[];
  readonly graph: readonly WireField[];
}

const split = (file: Uint8Array): Parts => {
  const model = readMessage(file);
  const graph = model.find(({ field, wire }) => field === 7 && wire === 2);
  if (graph === undefined)
    throw fail('BAD_MODEL', 'The model file has no graph; it is not an ONNX file.', { expected: 'an ONNX ModelProto' });
  return { model, graph: readMessage(graph.bytes) };
};

/** Weights in files beside the model are not part of a package. */
const refuseOutside = (initializer: readonly WireField[]): void => {
  const isOutside = initializer.some(({ field, value }) => field === 14 && value === 1);
  if (!isOutside) return;
  const place = messages(initializer, 13).find((entry) => string(entry, 1) === 'location') ?? [];
  throw fail('BAD_MODEL', `The model keeps weights in another file, ${string(place, 2)}. Save it as one file.`, {
    expected: 'an ONNX file with its weights in it (onnx.save_model(model, path, save_as_external_data=False))',
    got: `weights in ${string(place, 2)}`,
  });
};

/** Reads the structure of an ONNX file. Throws BAD_MODEL for anything else. */
export const readOnnx = (file: Uint8Array): OnnxGraph => {
  const { model, graph } = split(file);
  const nodes = messages(graph, 1).map(readNode);
  const zipMaps = nodes.filter(isZipMap).map(zipMapOf);
  const zipped = new Map(zipMaps.map((zip) => [zip.output, zip]));
  const initializers = messages(graph, 5);
  initializers.forEach(refuseOutside);
  const initial = new Set(initializers.map((initializer) => string(initializer, 8)));
  const opsets = messages(model, 8).map((opset) => [
    string(opset, 1) || 'ai.onnx',
    opset.find(({ field }) => field === 2)?.value ?? 0,
  ]);
  return {
    producer: [string(model, 2), string(model, 3)].filter(Boolean).join(' '),
    opsets: Object.fromEntries(opsets) as Record<string, number>,
    inputs: messages(graph, 11)
      .filter((input) => !initial.has(string(input, 1)))
      .map((input) => readSpec(input, zipped)),
    outputs: messages(graph, 12).map((output) => readSpec(output, zipped)),
    nodes,
    zipMaps,
    constants: initial,
  };
};

/** The same file with each ZipMap replaced by an Identity, and its output declared as a float32 tensor [rows, classes]. */
export const withoutZipMap = (file: Uint8Array, { zipMaps }: OnnxGraph): Uint8Array => {
  if (zipMaps.length === 0) return file;
  const { model, graph } = split(file);
  const zipped = new Map(zipMaps.map((zip) => [zip.output, zip]));
  const rewritten = graph.map((field) => {
    if (field.field === 1) {
      const node = readNode(readMessage(field.bytes));
      if (!isZipMap(node)) return field.raw;
      return writeBytes(
        1,
        joinBytes([writeBytes(1, node.inputs[0]), writeBytes(2, node.outputs[0]), writeBytes(4, 'Identity')]),
      );
    }
    const zip = field.field === 12 ? zipped.get(string(readMessage(field.bytes), 1)) : undefined;
    if (zip === undefined) return field.raw;
    const shape = joinBytes([writeBytes(1, writeBytes(2, 'rows')), writeBytes(1, writeInt(1, zip.labels.length))]);
    const tensor = joinBytes([writeInt(1, 1), writeBytes(2, shape)]);
    return writeBytes(12, joinBytes([writeBytes(1, zip.output), writeBytes(2, writeBytes(1, tensor))]));
  });
  const body = writeBytes(7, joinBytes(rewritten));
  const opsets = messages(model, 8).map((opset) => string(opset, 1));
  const core = opsets.includes('') || opsets.includes('ai.onnx') ? [] : [writeBytes(8, writeInt(2, 13))];
  return joinBytes([...model.map((field) => (field.field === 7 ? body : field.raw)), ...core]);
};

/**
 * Operators whose answer for a row cannot depend on the other rows of its batch: those that work row by row, or element by
 * element with nothing but exact or correctly rounded arithmetic. Everything else runs one row at a time. Measured (x64
 * with AVX-512, one thread, 1 to 100 columns, 1 to 96 rows): Log, Softplus, Elu, Sin, Cos, ReduceSum and ReduceMean answer
 * other bits in another batch, as the last elements of a buffer take another path than full vectors. MatMul, Gemm,
 * Softmax, Sigmoid and Tanh did not there, but which kernel they take is the processor's choice.
 */
const rowWise = new Set(
  `Abs Add And ArgMax ArgMin ArrayFeatureExtractor Binarizer Cast CastLike CategoryMapper Ceil Clip Concat Constant
  ConstantOfShape Div Equal Expand FeatureVectorizer Flatten Floor Gather GatherElements GatherND Greater GreaterOrEqual
  Identity Imputer IsInf IsNaN LabelEncoder Less LessOrEqual Max Min Mod Mul Neg Not OneHot OneHotEncoder Or Pad Range
  Relu Reshape Round Scaler Shape Sign Slice Split Sqrt Squeeze Sub Tile Transpose TreeEnsemble TreeEnsembleClassifier
  TreeEnsembleRegressor Unsqueeze Where Xor ZipMap`.split(/\s+/),
);
/** Those that mix rows when they work along the first axis, and the axis they take when none is given. */
const alongAxis: Readonly<Record<string, number>> = { ArgMax: 0, ArgMin: 0, Concat: 1, Gather: 0, Split: 0 };

const mixesRows = (node: OnnxNode, constants: ReadonlySet<string>): boolean => {
  if (node.op === 'Transpose') return (intsOf(node, 'perm')[0] ?? 1) !== 0;
  if (!Object.hasOwn(alongAxis, node.op)) return false;
  const attribute = node.attributes.get('axis');
  const [axis] = attribute === undefined ? [alongAxis[node.op]] : [...readInts(readMessage(attribute), 3), 0];
  // A Gather out of a constant looks up each row's own entry.
  return axis === 0 && !constants.has(node.inputs[0]);
};

/** True when any batch size gives a row the same bits. */
export const isBatchInvariant = ({ nodes, constants }: OnnxGraph): boolean =>
  nodes.every((node) => rowWise.has(node.op) && !mixesRows(node, constants));
