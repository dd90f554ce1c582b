/** Whether ONNX Runtime may be given a graph's rows many at a time. Field numbers: onnx.proto3 (ONNX 1.18). Web-standard. */
import { ATTRIBUTE } from './onnx-fields.ts';
import { intsOf, type OnnxNode } from './onnx-node.ts';
import type { OnnxGraph } from './onnx-structure.ts';
import { readInts } from './protobuf.ts';

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
