/** One node of an ONNX graph, and its attributes. Field numbers: onnx.proto3 (ONNX 1.18). Web-standard. */
import { fail } from '../core/errors.ts';
import { ATTRIBUTE, NODE } from './onnx-fields.ts';
import { countFloats, decodeText, mergedOf, readInts, skim, valuesOf } from './protobuf.ts';

export interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** By name, as they stand: the weights of a tree are thousands of fields, which few ask for. */
  readonly attributes: ReadonlyMap<string, Uint8Array>;
  /** Those of them that have tensors or graphs in them. */
  readonly holders: readonly Uint8Array[];
}

export const textsOf = (message: Uint8Array, field: number): readonly string[] =>
  valuesOf(message, field).map(decodeText);
/** A text that stands at most once: the last one counts. */
export const textOf = (message: Uint8Array, field: number): string => textsOf(message, field).at(-1) ?? '';

/** The operator as the ONNX standard calls it, with the domain in front where it is not the standard's own. */
export const operatorOf = ({ op, domain }: Pick<OnnxNode, 'op' | 'domain'>): string =>
  domain === '' || domain === 'ai.onnx' ? op : `${domain}.${op}`;

/** For a message: what it does, and its name if it has one. */
export const nodeText = (node: OnnxNode): string =>
  `the ${operatorOf(node)} node ${node.name === '' ? `that gives ${node.outputs[0] ?? 'nothing'}` : node.name}`;

/** The fields of an attribute that are tensors or graphs: t, g, tensors, graphs, sparse_tensor, sparse_tensors. */
const GRAPHS = (1 << ATTRIBUTE.graph) | (1 << ATTRIBUTE.graphs);
const HOLDERS =
  GRAPHS | (1 << ATTRIBUTE.tensor) | (1 << ATTRIBUTE.tensors) | (1 << ATTRIBUTE.sparse) | (1 << ATTRIBUTE.sparses);

/** @throws BAD_MODEL when an attribute is there twice, of which nobody could say which one counts */
export const readNode = (message: Uint8Array): OnnxNode => {
  const attributes = new Map<string, Uint8Array>();
  const holders: Uint8Array[] = [];
  for (const attribute of valuesOf(message, NODE.attributes)) {
    const { fields, last } = skim(attribute, ATTRIBUTE.name);
    const name = last === undefined ? '' : decodeText(last);
    if ((fields & HOLDERS) !== 0) holders.push(attribute);
    if (attributes.has(name)) {
      throw fail('BAD_MODEL', `A node of the model, ${textOf(message, NODE.op)}, has the attribute ${name} twice.`, {
        expected: 'each attribute of a node once',
        got: name,
      });
    }
    attributes.set(name, attribute);
  }
  return {
    op: textOf(message, NODE.op),
    domain: textOf(message, NODE.domain),
    name: textOf(message, NODE.name),
    inputs: textsOf(message, NODE.inputs),
    outputs: textsOf(message, NODE.outputs),
    attributes,
    holders,
  };
};

const none = new Uint8Array();
const attributeOf = (node: OnnxNode, attribute: string): Uint8Array => node.attributes.get(attribute) ?? none;

export const stringsOf = (node: OnnxNode, attribute: string): readonly string[] =>
  textsOf(attributeOf(node, attribute), ATTRIBUTE.texts);
export const stringOf = (node: OnnxNode, attribute: string): string =>
  textOf(attributeOf(node, attribute), ATTRIBUTE.text);
export const intsOf = (node: OnnxNode, attribute: string): readonly number[] =>
  readInts(attributeOf(node, attribute), ATTRIBUTE.ints);
/** The last value given counts. */
export const intOf = (node: OnnxNode, attribute: string): number | undefined =>
  readInts(attributeOf(node, attribute), ATTRIBUTE.int).at(-1);
/** How many floats an attribute lists. */
export const floatCount = (node: OnnxNode, attribute: string): number =>
  countFloats(attributeOf(node, attribute), ATTRIBUTE.floats);
/** An attribute that is a tensor, as it stands. */
export const tensorOf = (node: OnnxNode, attribute: string): Uint8Array | undefined =>
  mergedOf(attributeOf(node, attribute), ATTRIBUTE.tensor);

/** True when an attribute holds a graph, which is told without an object for each of its fields. */
export const holdsGraph = (attribute: Uint8Array): boolean => (skim(attribute, ATTRIBUTE.name).fields & GRAPHS) !== 0;

/** True when an attribute of the node holds a graph. */
export const hasGraph = ({ holders }: OnnxNode): boolean => holders.some(holdsGraph);
