/**
 * A graph whose inputs or outputs are float16 or bfloat16, for ONNX Runtime: these are float32 on its outside, and a Cast at
 * each end changes no value, as a half is a float32, too. ONNX Runtime for JavaScript has no bfloat16. Field numbers:
 * onnx.proto3 (ONNX 1.18). Web-standard.
 */
import { isHalf } from '../core/halves.ts';
import type { TensorSpec } from '../core/types.ts';
import { ATTRIBUTE, GRAPH, MODEL, NODE, TENSOR_TYPE, TYPE, VALUE } from './onnx-fields.ts';
import { textOf } from './onnx-node.ts';
import { elementTypeOf, graphOf, type OnnxGraph } from './onnx-structure.ts';
import { FLOAT } from './onnx-value.ts';
import { BYTES, joinBytes, valuesOf } from './protobuf.ts';
import { readMessage, type WireField } from './protobuf-message.ts';
import { writeBytes, writeInt } from './protobuf-write.ts';

/** AttributeProto.type, and what it says of an integer. */
const ATTRIBUTE_TYPE = 20;
const IS_INT = 2;

export interface FloatEnds {
  readonly file: Uint8Array;
  /** What the file calls an input or output of the graph; itself unless given. */
  readonly names: ReadonlyMap<string, string>;
}

const cast = (from: string, to: string, type: number): Uint8Array => {
  const attribute = [writeBytes(ATTRIBUTE.name, 'to'), writeInt(ATTRIBUTE.int, type), writeInt(ATTRIBUTE_TYPE, IS_INT)];
  return writeBytes(
    GRAPH.nodes,
    joinBytes([
      writeBytes(NODE.inputs, from),
      writeBytes(NODE.outputs, to),
      writeBytes(NODE.op, 'Cast'),
      writeBytes(NODE.attributes, joinBytes(attribute)),
    ]),
  );
};

/** The same shape, of float32 and by another name: what stands last in a message counts. */
const asFloat = (value: Uint8Array, name: string): Uint8Array =>
  joinBytes([
    value,
    writeBytes(VALUE.name, name),
    writeBytes(VALUE.type, writeBytes(TYPE.tensor, writeInt(TENSOR_TYPE.element, FLOAT))),
  ]);

/** A name that no value of the graph has. */
const freshName = (name: string, end: string, graph: Uint8Array): string => {
  const taken = new Set(
    valuesOf(graph, GRAPH.nodes).flatMap((node) =>
      [...valuesOf(node, NODE.inputs), ...valuesOf(node, NODE.outputs)].map((text) => new TextDecoder().decode(text)),
    ),
  );
  let fresh = `${name} as float32 ${end}`;
  while (taken.has(fresh)) fresh += "'";
  return fresh;
};

/** The file as ONNX Runtime takes and gives it, and what it calls the ends that are halves. */
export const withFloatEnds = (file: Uint8Array, { inputs, outputs }: OnnxGraph): FloatEnds => {
  const halves = (specs: readonly TensorSpec[]) => specs.filter(({ dtype }) => isHalf(dtype));
  const [ins, outs] = [halves(inputs), halves(outputs)];
  if (ins.length + outs.length === 0) return { file, names: new Map() };
  const graph = graphOf(file);
  const names = new Map([
    ...ins.map(({ name }) => [name, freshName(name, 'in', graph)] as const),
    ...outs.map(({ name }) => [name, freshName(name, 'out', graph)] as const),
  ]);
  const fresh = (name: string): string => names.get(name) as string;
  const isEnd = ({ field, wire, bytes }: WireField): boolean =>
    (field === GRAPH.inputs || field === GRAPH.outputs) && wire === BYTES && names.has(textOf(bytes, VALUE.name));
  const rewritten = readMessage(graph).map((part) =>
    isEnd(part) ? writeBytes(part.field, asFloat(part.bytes, fresh(textOf(part.bytes, VALUE.name)))) : part.raw,
  );
  const before = ins.map(({ name, dtype }) => cast(fresh(name), name, elementTypeOf(dtype)));
  const after = outs.map(({ name }) => cast(name, fresh(name), FLOAT));
  const rest = readMessage(file).filter(({ field, wire }) => field !== MODEL.graph || wire !== BYTES);
  const made = writeBytes(MODEL.graph, joinBytes([...before, ...rewritten, ...after]));
  return { file: joinBytes([...rest.map(({ raw }) => raw), made]), names };
};
