/** The attributes of a node as values, each read when it is asked for. Field numbers: AttributeProto of onnx.proto3. */
import type { Tensor } from '../core/types.ts';
import { ATTRIBUTE } from './onnx-fields.ts';
import { intOf, type OnnxNode, stringOf, stringsOf, tensorOf } from './onnx-node.ts';
import { decodeTensor } from './onnx-tensor.ts';
import { eachOf, mergedOf, readFloats, readIntArray } from './protobuf.ts';

export interface NodeAttributes {
  has(name: string): boolean;
  int(name: string, unlessGiven: number): number;
  float(name: string, unlessGiven: number): number;
  text(name: string, unlessGiven: string): string;
  /** Empty unless given. Past 2^53 the nearest number stands for an integer. */
  ints(name: string): Float64Array;
  floats(name: string): Float32Array;
  texts(name: string): readonly string[];
  tensor(name: string): Tensor | undefined;
  /** As it stands in the file: a GraphProto. */
  graph(name: string): Uint8Array | undefined;
  /** Where each text lies, for who has too many to make texts of. */
  eachText(name: string, visit: (bytes: Uint8Array, from: number, to: number) => void): void;
}

const none = new Uint8Array();

/** @throws BAD_MODEL, where what is asked for is damaged. */
export const attributesOf = (node: OnnxNode): NodeAttributes => {
  const bytesOf = (name: string): Uint8Array => node.attributes.get(name) ?? none;
  const has = (name: string): boolean => node.attributes.has(name);
  return {
    has,
    // A number that is 0, or a text that is empty, need not stand in the file.
    int: (name, unlessGiven) => (has(name) ? (intOf(node, name) ?? 0) : unlessGiven),
    float: (name, unlessGiven) => (has(name) ? (readFloats(bytesOf(name), ATTRIBUTE.float).at(-1) ?? 0) : unlessGiven),
    text: (name, unlessGiven) => (has(name) ? stringOf(node, name) : unlessGiven),
    ints: (name) => readIntArray(bytesOf(name), ATTRIBUTE.ints),
    floats: (name) => readFloats(bytesOf(name), ATTRIBUTE.floats),
    texts: (name) => stringsOf(node, name),
    tensor(name) {
      const tensor = tensorOf(node, name);
      return tensor && decodeTensor(tensor);
    },
    graph: (name) => mergedOf(bytesOf(name), ATTRIBUTE.graph),
    eachText: (name, visit) => eachOf(bytesOf(name), ATTRIBUTE.texts, visit),
  };
};
