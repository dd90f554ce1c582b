/**
 * The one change that Millrace makes to a graph for ONNX Runtime: no ZipMap, whose sequences of maps runtimes for JavaScript
 * cannot return. Field numbers: onnx.proto3 (ONNX 1.18). Web-standard.
 */
import { DIM, GRAPH, MODEL, NODE, OPSET, SHAPE, TENSOR_TYPE, TYPE, VALUE } from './onnx-fields.ts';
import { readNode, textOf } from './onnx-node.ts';
import { graphOf, isZipMap, type OnnxGraph } from './onnx-structure.ts';
import { BYTES, joinBytes, valuesOf } from './protobuf.ts';
import { readMessage, type WireField } from './protobuf-message.ts';
import { writeBytes, writeInt } from './protobuf-write.ts';

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
