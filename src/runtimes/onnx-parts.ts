/**
 * Every part of an ONNX file that a runtime may come to: nodes and tensors of the graph, of the graphs in their attributes
 * at any depth, of functions and of training. A message that may stand once is merged from all its occurrences, as the C++
 * parser does, so that nothing hides in a second one. Field numbers: onnx.proto3 (ONNX 1.18). Web-standard.
 */
import { fail } from '../core/errors.ts';
import { ATTRIBUTE, FUNCTION, GRAPH, MODEL, SPARSE, TENSOR, TRAINING, VALUE } from './onnx-fields.ts';
import { nodeText, type OnnxNode, operatorOf, readNode, textOf } from './onnx-node.ts';
import { needInside, placeOf } from './onnx-outside.ts';
import { mergedOf, readInts, valuesOf } from './protobuf.ts';

/** What a node can see: the tensors of the graphs around it, by name. */
export type Scope = ReadonlyMap<string, Uint8Array>;

export interface Visitor {
  /** A TensorProto; `where` says for a message in what it stands. */
  readonly tensor?: (tensor: Uint8Array, where: string) => void;
  readonly node?: (node: OnnxNode, scope: Scope, where: string) => void;
}

/** Graphs in graphs: far more than anybody writes, far less than a stack takes. */
const MAX_DEPTH = 32;

/** Visits all parts. @throws BAD_MODEL where the bytes are no ONNX model, or graphs lie in graphs without end */
export const visitParts = (file: Uint8Array, { tensor = () => {}, node: onNode }: Visitor): void => {
  const one = (message: Uint8Array, field: number, visit: (part: Uint8Array) => void): void => {
    const part = mergedOf(message, field);
    if (part !== undefined) visit(part);
  };
  const sparse = (message: Uint8Array, where: string): void => {
    for (const field of [SPARSE.values, SPARSE.indices]) one(message, field, (values) => tensor(values, where));
  };
  const attribute = (message: Uint8Array, scope: Scope, where: string, depth: number): void => {
    one(message, ATTRIBUTE.tensor, (value) => tensor(value, where));
    for (const value of valuesOf(message, ATTRIBUTE.tensors)) tensor(value, where);
    one(message, ATTRIBUTE.sparse, (value) => sparse(value, where));
    for (const value of valuesOf(message, ATTRIBUTE.sparses)) sparse(value, where);
    one(message, ATTRIBUTE.graph, (inner) => graph(inner, scope, where, depth + 1));
    for (const inner of valuesOf(message, ATTRIBUTE.graphs)) graph(inner, scope, where, depth + 1);
  };
  const nodes = (messages: readonly Uint8Array[], scope: Map<string, Uint8Array>, where: string, depth: number) => {
    for (const message of messages) {
      const node = readNode(message);
      const own = `${nodeText(node)}${where}`;
      onNode?.(node, scope, own);
      for (const value of node.holders) attribute(value, scope, `, in ${own}`, depth);
      // A Constant is a tensor with another spelling.
      const value =
        node.op === 'Constant'
          ? mergedOf(node.attributes.get('value') ?? new Uint8Array(), ATTRIBUTE.tensor)
          : undefined;
      if (value !== undefined) scope.set(node.outputs[0], value);
    }
  };
  const graph = (message: Uint8Array, outer: Scope, where: string, depth: number): void => {
    if (depth > MAX_DEPTH) {
      throw fail('BAD_MODEL', `The model has graphs within graphs, more than ${MAX_DEPTH} deep.`, {
        expected: `at most ${MAX_DEPTH}`,
        got: 'more',
      });
    }
    const scope = new Map(outer);
    // What is fed may be anything, whatever a graph around this one calls so.
    for (const input of valuesOf(message, GRAPH.inputs)) scope.delete(textOf(input, VALUE.name));
    for (const initializer of valuesOf(message, GRAPH.initializers)) {
      tensor(initializer, where);
      scope.set(textOf(initializer, TENSOR.name), initializer);
    }
    for (const initializer of valuesOf(message, GRAPH.sparse)) sparse(initializer, where);
    nodes(valuesOf(message, GRAPH.nodes), scope, where, depth);
  };

  one(file, MODEL.graph, (message) => graph(message, new Map(), '', 0));
  for (const training of valuesOf(file, MODEL.training))
    for (const field of [TRAINING.initialization, TRAINING.algorithm])
      one(training, field, (message) => graph(message, new Map(), ', in training', 0));
  for (const message of valuesOf(file, MODEL.functions)) {
    const where = `, in the function ${textOf(message, FUNCTION.name)}`;
    for (const value of valuesOf(message, FUNCTION.attributes)) attribute(value, new Map(), where, 0);
    nodes(valuesOf(message, FUNCTION.nodes), new Map(), where, 0);
  }
};

/** Operators that a model defines itself, as its nodes call them. */
export const functionsOf = (file: Uint8Array): readonly string[] =>
  valuesOf(file, MODEL.functions).map((message) =>
    operatorOf({ op: textOf(message, FUNCTION.name), domain: textOf(message, FUNCTION.domain) }),
  );

const NOWHERE: ReadonlySet<string> = new Set();

/**
 * Weights in other files than `places` are not part of a package, and a file that a model names could be any of the machine it
 * runs on.
 *
 * @throws BAD_MODEL, naming the tensor
 */
export const refuseOutside = (file: Uint8Array, places: ReadonlySet<string> = NOWHERE): void =>
  visitParts(file, {
    tensor: (tensor, where) => {
      if (!places.has(placeOf(tensor) ?? '')) needInside(tensor, where);
    },
  });

/** Other files in which weights of the graph lie: `WEIGHTS_FILE` where a package keeps them apart, and none in most. */
export const placesOutside = (file: Uint8Array): ReadonlySet<string> => {
  const places = new Set<string>();
  visitParts(file, {
    tensor: (tensor) => {
      const place = placeOf(tensor);
      if (place !== undefined) places.add(place);
    },
  });
  return places;
};

/** Operators that answer by chance, and what they draw from. */
const BY_CHANCE = new Set([
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Bernoulli',
  'Multinomial',
  'Sampling',
]);

/** True unless a tensor is known to be a single false. */
const mayBeTrue = (tensor: Uint8Array | undefined): boolean => {
  if (tensor === undefined) return true;
  const raw = valuesOf(tensor, TENSOR.raw).at(-1);
  const values = [...readInts(tensor, TENSOR.ints32), ...(raw ?? [])];
  return values.length === 0 || values.some((value) => value !== 0);
};

const attributeInt = (node: OnnxNode, name: string): number =>
  readInts(node.attributes.get(name) ?? new Uint8Array(), ATTRIBUTE.int).at(-1) ?? 0;

/** What in a node makes two answers to the same row differ, in words. */
const chanceOf = (node: OnnxNode, scope: Scope): string | undefined => {
  if (BY_CHANCE.has(node.op)) return 'draws at random';
  if (/^(?:Bias|Bitmask|BitmaskBias)?Dropout$/.test(node.op)) {
    const input = node.op.startsWith('B') && node.op.includes('Bias') ? 4 : 2;
    const name = node.inputs[input] ?? '';
    if (name !== '' && mayBeTrue(scope.get(name)))
      return 'drops values at random: its training_mode is not always false';
  }
  if (attributeInt(node, 'training_mode') !== 0) {
    return node.op === 'BatchNormalization' ? 'is in training: it mixes the rows of a batch' : 'is in training';
  }
  return undefined;
};

/** @throws BAD_MODEL, naming the node, when the same row could get two answers */
export const refuseChance = (file: Uint8Array): void =>
  visitParts(file, {
    node: (node, scope, where) => {
      const chance = chanceOf(node, scope);
      if (chance === undefined) return;
      const message = `The model has chance in it: ${where} ${chance}. Export it for inference, so that a row has one answer.`;
      throw fail('BAD_MODEL', message, { expected: 'a graph that answers a row the same way each time', got: where });
    },
  });
