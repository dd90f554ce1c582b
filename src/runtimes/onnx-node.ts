/** One node of an ONNX graph, and its attributes. Field numbers: onnx.proto3 (ONNX 1.18). Web-standard. */
import { fail } from '../core/errors.ts';
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
const GRAPHS = (1 << 6) | (1 << 11);
const HOLDERS = GRAPHS | (1 << 5) | (1 << 10) | (1 << 22) | (1 << 23);

/** @throws BAD_MODEL when an attribute is there twice, of which nobody could say which one counts */
export const readNode = (message: Uint8Array): OnnxNode => {
  const attributes = new Map<string, Uint8Array>();
  const holders: Uint8Array[] = [];
  for (const attribute of valuesOf(message, 5)) {
    const { fields, last } = skim(attribute, 1);
    const name = last === undefined ? '' : decodeText(last);
    if ((fields & HOLDERS) !== 0) holders.push(attribute);
    if (attributes.has(name)) {
      throw fail('BAD_MODEL', `A node of the model, ${textOf(message, 4)}, has the attribute ${name} twice.`, {
        expected: 'each attribute of a node once',
        got: name,
      });
    }
    attributes.set(name, attribute);
  }
  return {
    op: textOf(message, 4),
    domain: textOf(message, 7),
    name: textOf(message, 3),
    inputs: textsOf(message, 1),
    outputs: textsOf(message, 2),
    attributes,
    holders,
  };
};

const none = new Uint8Array();
const attributeOf = (node: OnnxNode, attribute: string): Uint8Array => node.attributes.get(attribute) ?? none;

export const stringsOf = (node: OnnxNode, attribute: string): readonly string[] =>
  textsOf(attributeOf(node, attribute), 9);
export const stringOf = (node: OnnxNode, attribute: string): string => textOf(attributeOf(node, attribute), 4);
export const intsOf = (node: OnnxNode, attribute: string): readonly number[] =>
  readInts(attributeOf(node, attribute), 8);
/** The last value given counts. */
export const intOf = (node: OnnxNode, attribute: string): number | undefined =>
  readInts(attributeOf(node, attribute), 3).at(-1);
/** How many floats an attribute lists. */
export const floatCount = (node: OnnxNode, attribute: string): number => countFloats(attributeOf(node, attribute), 7);
/** An attribute that is a tensor, as it stands. */
export const tensorOf = (node: OnnxNode, attribute: string): Uint8Array | undefined =>
  mergedOf(attributeOf(node, attribute), 5);

/** True when an attribute of the node holds a graph. */
export const hasGraph = ({ holders }: OnnxNode): boolean =>
  holders.some((attribute) => (skim(attribute, 1).fields & GRAPHS) !== 0);
