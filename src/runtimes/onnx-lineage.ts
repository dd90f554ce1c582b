/** What a graph knows of its inputs and outputs: followed from an output back, and from an input on. Web-standard. */
import type { TensorSpec } from '../core/types.ts';
import { attributesOf } from './onnx-attributes.ts';
import { TENSOR } from './onnx-fields.ts';
import { intOf, intsOf, type OnnxNode, stringsOf } from './onnx-node.ts';
import type { OnnxGraph } from './onnx-structure.ts';
import { decodeTensor, dtypes } from './onnx-tensor.ts';
import { readInts } from './protobuf.ts';

export type ClassLabel = string | number;

/** Far more nodes in a row than anybody's model has between its last layer and its output. */
const MAX_STEPS = 64;

/** Operators that hand on the columns that they get. */
const SAME_COLUMNS = new Set(
  'Identity Cast Normalizer Softmax LogSoftmax Sigmoid Tanh Relu Elu Add Sub Mul Div Clip Neg Exp Scaler'.split(' '),
);
/** Of those, what gives a row's label another form. */
const SAME_LABEL = new Set('Identity Cast Reshape Squeeze Unsqueeze Flatten'.split(' '));

/** The nodes by what they give. */
const makersIn = ({ nodes }: OnnxGraph): ReadonlyMap<string, OnnxNode> =>
  new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));

/** The node that a value comes from, past those whose operator is in `past`, with the name of its output. */
const originOf = (
  makers: ReadonlyMap<string, OnnxNode>,
  name: string,
  past: ReadonlySet<string>,
): readonly [OnnxNode, string] | undefined => {
  let value = name;
  for (let step = 0; step < MAX_STEPS; step++) {
    const node = makers.get(value);
    if (node === undefined) return undefined;
    if (!past.has(node.op)) return [node, value];
    value = node.inputs.find((input) => makers.has(input)) ?? node.inputs[0] ?? '';
  }
  return undefined;
};

/** What a classifier of `ai.onnx.ml` says of its classes. */
const classesIn = (node: OnnxNode): readonly ClassLabel[] => {
  const texts = stringsOf(node, 'classlabels_strings');
  if (texts.length > 0) return texts;
  const numbers = intsOf(node, 'classlabels_int64s');
  return numbers.length > 0 ? numbers : intsOf(node, 'classlabels_ints');
};

const constantLabels = ({ constants }: OnnxGraph, name: string): readonly ClassLabel[] => {
  const found = constants.get(name);
  const dtype = found && dtypes[readInts(found, TENSOR.type).at(-1) ?? 0];
  if (found === undefined || (dtype !== 'string' && dtype !== 'int64' && dtype !== 'int32')) return [];
  const tensor = decodeTensor(found);
  return Array.from(tensor.data as ArrayLike<string | number | bigint>, (label) =>
    typeof label === 'string' ? label : Number(label),
  );
};

/** The classes that an output with labels picks from; none where the graph does not say. @throws BAD_MODEL */
export const labelsOfOutput = (graph: OnnxGraph, { name }: TensorSpec): readonly ClassLabel[] => {
  const [node, value] = originOf(makersIn(graph), name, SAME_LABEL) ?? [];
  if (node === undefined) return [];
  if (node.op === 'ArrayFeatureExtractor' || node.op === 'Gather') return constantLabels(graph, node.inputs[0]);
  return node.outputs[0] === value ? classesIn(node) : [];
};

/** The classes whose columns an output has, by the classifier that it comes from; none where that is none. */
export const classesOfOutput = (graph: OnnxGraph, { name }: TensorSpec): readonly ClassLabel[] => {
  const [node, value] = originOf(makersIn(graph), name, SAME_COLUMNS) ?? [];
  return node !== undefined && node.outputs[1] === value ? classesIn(node) : [];
};

const lastDim = ({ constants }: OnnxGraph, name: string, fromEnd: number): number | undefined => {
  const tensor = constants.get(name);
  return tensor && readInts(tensor, TENSOR.dims).at(-fromEnd);
};

/** How many columns an output has whose graph leaves that open, by what makes it. @throws BAD_MODEL */
export const columnsOfOutput = (graph: OnnxGraph, name: string): number | undefined => {
  const makers = makersIn(graph);
  const [node, value] = originOf(makers, name, SAME_COLUMNS) ?? [];
  if (node === undefined || value === undefined) return undefined;
  if (node.op === 'MatMul') return lastDim(graph, node.inputs[1], 1);
  if (node.op === 'Gemm') return lastDim(graph, node.inputs[1], intOf(node, 'transB') === 1 ? 2 : 1);
  if (node.op === 'TreeEnsembleRegressor' || node.op === 'TreeEnsemble') return intOf(node, 'n_targets');
  if (node.op === 'LinearRegressor') return intOf(node, 'targets');
  if (node.op === 'Concat') {
    const parts = node.inputs.map((input) => (graph.constants.has(input) ? undefined : columnsOfOutput(graph, input)));
    return parts.every((part) => part !== undefined) ? parts.reduce((sum, part) => sum + part, 0) : undefined;
  }
  const classes = node.outputs[1] === value ? classesIn(node).length : 0;
  return classes > 0 ? classes : undefined;
};

/** Operators that hand on a missing number as one, in whatever place. */
const HAND_ON_MISSING = new Set(
  'Identity Cast Reshape Flatten Concat Scaler FeatureVectorizer ArrayFeatureExtractor Squeeze Unsqueeze'.split(' '),
);

const TRACKS = 'nodes_missing_value_tracks_true';

/** Whether what is missing has a way in a node: it is imputed, or trees say where it goes. */
const takesMissing = (node: OnnxNode): boolean => {
  if (node.op === 'Imputer') return Number.isNaN(attributesOf(node).float('replaced_value_float', 0));
  return node.op.startsWith('TreeEnsemble') && intsOf(node, TRACKS).includes(1);
};

/** Whether a missing number of this input has a way in all that takes it. @throws BAD_MODEL */
export const mayBeMissing = ({ nodes }: OnnxGraph, { name, dtype }: TensorSpec): boolean => {
  if (dtype !== 'float32' && dtype !== 'float64') return false;
  const seen = new Set<string>();
  const open = [name];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    const takers = nodes.filter(({ inputs }) => inputs.includes(value));
    if (takers.length === 0) return false;
    for (const node of takers) {
      if (takesMissing(node)) continue;
      if (!HAND_ON_MISSING.has(node.op)) return false;
      open.push(...node.outputs);
    }
  }
  return true;
};
