/**
 * What an ONNX file says of itself, and the one change Millrace makes to it: a ZipMap node, which turns class
 * probabilities into a sequence of maps that runtimes for JavaScript cannot return, is read past, so that the output is
 * the tensor [rows, classes] behind it. Field numbers: onnx.proto3 (ONNX 1.18). Web-standard.
 */
import { fail } from '../core/errors.ts';
import type { Dtype, TensorSpec } from '../core/types.ts';
import { ATTRIBUTE, DIM, GRAPH, MODEL, NODE, OPSET, SHAPE, TENSOR, TENSOR_TYPE, TYPE, VALUE } from './onnx-fields.ts';
import { intsOf, type OnnxNode, readNode, stringsOf, textOf } from './onnx-node.ts';
import { refuseOutside } from './onnx-parts.ts';
import { dtypes } from './onnx-tensor.ts';
import { BYTES, joinBytes, mergedOf, readInts, readMessage, valuesOf, type WireField } from './protobuf.ts';
import { writeBytes, writeInt } from './protobuf-write.ts';

/** TensorProto.DataType of a type that is read here. */
export const elementTypeOf = (dtype: Dtype): number =>
  Number(Object.keys(dtypes).find((key) => dtypes[Number(key)] === dtype));

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
  /** Values that stand in the file, each a TensorProto, by name. */
  readonly constants: ReadonlyMap<string, Uint8Array>;
}

const isZipMap = (node: OnnxNode): boolean => node.op === 'ZipMap' && node.domain === 'ai.onnx.ml';

const zipMapOf = (node: OnnxNode): ZipMap => {
  const named = stringsOf(node, 'classlabels_strings');
  return { output: node.outputs[0], labels: named.length > 0 ? named : intsOf(node, 'classlabels_int64s') };
};

const none = new Uint8Array();

/** A graph's input or output. Sequences and maps other than ZipMap's are not something a row can hold. */
const readSpec = (value: Uint8Array, zipMaps: ReadonlyMap<string, ZipMap>): TensorSpec => {
  const name = textOf(value, VALUE.name);
  const zip = zipMaps.get(name);
  if (zip) return { name, dtype: 'float32', dims: [null, zip.labels.length] };
  const tensor = mergedOf(mergedOf(value, VALUE.type) ?? none, TYPE.tensor);
  const element = readInts(tensor ?? none, TENSOR_TYPE.element).at(-1) ?? 0;
  const dtype = dtypes[element];
  if (tensor === undefined || dtype === undefined) {
    throw fail('BAD_MODEL', `The graph's ${name} is not a tensor of a type that is read here.`, {
      field: name,
      expected: `a tensor of ${Object.values(dtypes).join(', ')}`,
      got: tensor === undefined ? 'a sequence, map or optional' : `ONNX element type ${element}`,
    });
  }
  const dims = valuesOf(mergedOf(tensor, TENSOR_TYPE.shape) ?? none, SHAPE.dims).map((dim) => {
    const size = readInts(dim, DIM.size).at(-1) ?? 0;
    return size > 0 ? size : null;
  });
  return { name, dtype, dims };
};

/** Bytes 4 to 8 of ONNX Runtime's own format, which it would take for one whatever else the file is. */
const ORT_FORMAT = 'ORTM';

/** The graph of a model file, as its parts would be merged. @throws BAD_MODEL when the file is no ONNX model */
export const graphOf = (file: Uint8Array): Uint8Array => {
  const isOrt = [...ORT_FORMAT].every((letter, at) => file[4 + at] === letter.charCodeAt(0));
  const graph = isOrt ? undefined : mergedOf(file, MODEL.graph);
  if (graph !== undefined) return graph;
  throw fail('BAD_MODEL', 'The model file has no graph; it is not an ONNX file.', {
    expected: 'an ONNX ModelProto',
    got: isOrt ? "a file in ONNX Runtime's own format (.ort)" : 'another file',
  });
};

/** Reads the structure of an ONNX file. @throws BAD_MODEL for anything else, and for weights that are not in the file */
export const readOnnx = (file: Uint8Array): OnnxGraph => {
  const graph = graphOf(file);
  refuseOutside(file);
  const nodes = valuesOf(graph, GRAPH.nodes).map(readNode);
  const zipMaps = nodes.filter(isZipMap).map(zipMapOf);
  const zipped = new Map(zipMaps.map((zip) => [zip.output, zip]));
  const initial = new Map(
    valuesOf(graph, GRAPH.initializers).map((initializer) => [textOf(initializer, TENSOR.name), initializer]),
  );
  const opsets = valuesOf(file, MODEL.opsets).map((opset) => [
    textOf(opset, OPSET.domain) || 'ai.onnx',
    readInts(opset, OPSET.version).at(-1) ?? 0,
  ]);
  return {
    producer: [textOf(file, MODEL.producer), textOf(file, MODEL.producerVersion)].filter(Boolean).join(' '),
    opsets: Object.fromEntries(opsets) as Record<string, number>,
    inputs: valuesOf(graph, GRAPH.inputs)
      .filter((input) => !initial.has(textOf(input, VALUE.name)))
      .map((input) => readSpec(input, zipped)),
    outputs: valuesOf(graph, GRAPH.outputs).map((output) => readSpec(output, zipped)),
    nodes,
    zipMaps,
    constants: initial,
  };
};

/** The same file with each ZipMap replaced by an Identity, and its output declared as a float32 tensor [rows, classes]. */
export const withoutZipMap = (file: Uint8Array, { zipMaps }: OnnxGraph): Uint8Array => {
  if (zipMaps.length === 0) return file;
  const model = readMessage(file);
  const graph = readMessage(graphOf(file));
  const zipped = new Map(zipMaps.map((zip) => [zip.output, zip]));
  const rewritten = graph.map((field) => {
    if (field.field === GRAPH.nodes && field.wire === BYTES) {
      const node = readNode(field.bytes);
      if (!isZipMap(node)) return field.raw;
      return writeBytes(
        GRAPH.nodes,
        joinBytes([
          writeBytes(NODE.inputs, node.inputs[0]),
          writeBytes(NODE.outputs, node.outputs[0]),
          writeBytes(NODE.op, 'Identity'),
        ]),
      );
    }
    const zip =
      field.field === GRAPH.outputs && field.wire === BYTES ? zipped.get(textOf(field.bytes, VALUE.name)) : undefined;
    if (zip === undefined) return field.raw;
    const shape = joinBytes([
      writeBytes(SHAPE.dims, writeBytes(DIM.name, 'rows')),
      writeBytes(SHAPE.dims, writeInt(DIM.size, zip.labels.length)),
    ]);
    const tensor = joinBytes([writeInt(TENSOR_TYPE.element, 1), writeBytes(TENSOR_TYPE.shape, shape)]);
    return writeBytes(
      GRAPH.outputs,
      joinBytes([writeBytes(VALUE.name, zip.output), writeBytes(VALUE.type, writeBytes(TYPE.tensor, tensor))]),
    );
  });
  const isGraph = ({ field, wire }: WireField): boolean => field === MODEL.graph && wire === BYTES;
  const rest = model.filter((field) => !isGraph(field)).map(({ raw }) => raw);
  const opsets = valuesOf(file, MODEL.opsets).map((opset) => textOf(opset, OPSET.domain));
  const core =
    opsets.includes('') || opsets.includes('ai.onnx') ? [] : [writeBytes(MODEL.opsets, writeInt(OPSET.version, 13))];
  return joinBytes([...rest, writeBytes(MODEL.graph, joinBytes(rewritten)), ...core]);
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

const mixesRows = (node: OnnxNode, constants: OnnxGraph['constants']): boolean => {
  if (node.op === 'Transpose') return (intsOf(node, 'perm')[0] ?? 1) !== 0;
  if (!Object.hasOwn(alongAxis, node.op)) return false;
  const attribute = node.attributes.get('axis');
  const axis = attribute === undefined ? alongAxis[node.op] : (readInts(attribute, ATTRIBUTE.int).at(-1) ?? 0);
  // A Gather out of a constant looks up each row's own entry.
  return axis === 0 && !constants.has(node.inputs[0]);
};

/** True when any batch size gives a row the same bits. */
export const isBatchInvariant = ({ nodes, constants }: OnnxGraph): boolean =>
  nodes.every((node) => rowWise.has(node.op) && !mixesRows(node, constants));
