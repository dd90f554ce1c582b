/**
 * What an ONNX file says of itself. A ZipMap node, which turns class probabilities into a sequence of maps that runtimes for
 * JavaScript cannot return, is read past, so that the output is the tensor [rows, classes] behind it. Field numbers:
 * onnx.proto3 (ONNX 1.18). Web-standard.
 */
import { fail } from '../core/errors.ts';
import type { Dtype, TensorSpec } from '../core/types.ts';
import { DIM, GRAPH, MODEL, OPSET, SHAPE, TENSOR, TENSOR_TYPE, TYPE, VALUE } from './onnx-fields.ts';
import { intsOf, type OnnxNode, readNode, stringsOf, textOf } from './onnx-node.ts';
import { endDtypes } from './onnx-tensor.ts';
import { mergedOf, readInts, valuesOf } from './protobuf.ts';

/** TensorProto.DataType of a type that is read here. */
export const elementTypeOf = (dtype: Dtype): number =>
  Number(Object.keys(endDtypes).find((key) => endDtypes[Number(key)] === dtype));

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

export const isZipMap = (node: OnnxNode): boolean => node.op === 'ZipMap' && node.domain === 'ai.onnx.ml';

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
  const dtype = endDtypes[element];
  if (tensor === undefined || dtype === undefined) {
    throw fail('BAD_MODEL', `The graph's ${name} is not a tensor of a type that is read here.`, {
      field: name,
      expected: `a tensor of ${Object.values(endDtypes).join(', ')}`,
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

/** Reads the structure of an ONNX file, for who decodes all tensors that it comes to. @throws BAD_MODEL for anything else */
export const readStructure = (file: Uint8Array): OnnxGraph => {
  const graph = graphOf(file);
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
