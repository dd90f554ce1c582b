/** The shapes that operators of ai.onnx.ml give. Source: https://onnx.ai/onnx/operators (ai.onnx.ml). Web-standard. */
import { floatCount, intOf, intsOf, type OnnxNode, stringsOf, tensorOf } from './onnx-node.ts';
import { gives, MISFIT, type NodeRule } from './onnx-rule.ts';
import { treeFlaw } from './onnx-trees.ts';
import { type Dim, FLOAT, fixed, type GraphValue, INT64, readTensor, STRING, sizeOf } from './onnx-value.ts';

export const arrayFeatureExtractor: NodeRule = (_, x, [, places]) => {
  if (places === undefined || x.dims.length === 0) return MISFIT;
  const count: Dim = { size: sizeOf(places.dims) ?? NaN, perRow: places.dims.some(({ perRow }) => perRow) };
  return gives({ type: x.type, dims: [...(x.dims.length === 1 ? [fixed(1)] : x.dims.slice(0, -1)), count] });
};

export const oneHotEncoder: NodeRule = (node, x) => {
  const categories = stringsOf(node, 'cats_strings').length || intsOf(node, 'cats_int64s').length;
  return gives({ type: FLOAT, dims: [...x.dims, fixed(categories)] });
};

export const labelEncoder: NodeRule = (node, x) => {
  const { attributes } = node;
  if (attributes.has('classes_strings')) return gives({ type: x.type === STRING ? INT64 : STRING, dims: x.dims });
  const tensor = tensorOf(node, 'values_tensor');
  const type = tensor
    ? readTensor(tensor)?.type
    : attributes.has('values_strings')
      ? STRING
      : attributes.has('values_int64s')
        ? INT64
        : FLOAT;
  return type === undefined ? 'a tensor of another size than it says' : gives({ type, dims: x.dims });
};

export const categoryMapper: NodeRule = (_, { type, dims }) => gives({ type: type === STRING ? INT64 : STRING, dims });

export const labelsOf = (
  node: OnnxNode,
  strings: string,
  ints: string,
): { readonly type: number; readonly count: number } => {
  const named = stringsOf(node, strings).length;
  return named > 0 ? { type: STRING, count: named } : { type: INT64, count: intsOf(node, ints).length };
};

export const linearClassifier: NodeRule = (node, x) => {
  const [rows, columns] = x.dims;
  const scores = floatCount(node, 'intercepts');
  const { type, count } = labelsOf(node, 'classlabels_strings', 'classlabels_ints');
  if (x.dims.length !== 2 || columns.perRow || scores === 0) return MISFIT;
  if (floatCount(node, 'coefficients') !== scores * columns.size) return MISFIT;
  if (count !== scores && !(scores === 1 && count === 2)) return MISFIT;
  const answers = [
    { type, dims: [rows] },
    { type: FLOAT, dims: [rows, fixed(count)] },
  ];
  return { outputs: answers, work: scores * columns.size * rows.size };
};

export const linearRegressor: NodeRule = (node, x) => {
  const [rows, columns] = x.dims;
  const targets = intOf(node, 'targets') ?? 1;
  const intercepts = floatCount(node, 'intercepts');
  if (x.dims.length !== 2 || columns.perRow || targets < 1) return MISFIT;
  if (floatCount(node, 'coefficients') !== targets * columns.size) return MISFIT;
  if (intercepts !== 0 && intercepts !== targets) return MISFIT;
  return { outputs: [{ type: FLOAT, dims: [rows, fixed(targets)] }], work: targets * columns.size * rows.size };
};

/** Rows and columns of what trees are given: a row may be all there is. */
export const ofTrees = (node: OnnxNode, { dims }: GraphValue): { readonly rows: Dim } | string => {
  const columns = dims.at(-1);
  if (columns === undefined || columns.perRow || dims.length > 2) return MISFIT;
  return treeFlaw(node, columns.size) ?? { rows: dims.length === 2 ? dims[0] : fixed(1) };
};

export const treeRegressor: NodeRule = (node, x) => {
  const given = ofTrees(node, x);
  const targets = intOf(node, 'n_targets') ?? 1;
  return typeof given === 'string' ? given : gives({ type: FLOAT, dims: [given.rows, fixed(targets)] });
};

export const treeClassifier: NodeRule = (node, x) => {
  const given = ofTrees(node, x);
  if (typeof given === 'string') return given;
  const { type, count } = labelsOf(node, 'classlabels_strings', 'classlabels_int64s');
  return gives({ type, dims: [given.rows] }, { type: FLOAT, dims: [given.rows, fixed(Math.max(2, count))] });
};
