/**
 * Operators that are known not to crash, to loop or to allocate without end, whatever their attributes and the values they
 * are given, and what shape their result has. Each was thought through, and tried, with ONNX Runtime 1.30. Not here, and why:
 * Mod and a Div of integers (a zero ends the process by SIGFPE), TopK (the same over an empty dimension), Loop, Scan and If
 * (code), Expand, Tile, ConstantOfShape, Range, Resize, Pad, NonZero, Compress, Unique and OneHot (sizes that come from
 * values), string patterns, Einsum, convolutions and pooling (odd attributes). Web-standard.
 */
import { gives, MISFIT, type NodeRule } from './onnx-rule.ts';
import {
  argOf,
  batchNormalization,
  cast,
  concat,
  constant,
  elementwise,
  flatten,
  gather,
  gemm,
  layerNormalization,
  matMul,
  ofFloats,
  reduce,
  reshape,
  same,
  sameAs,
  slice,
  splitInto,
  squeeze,
  transpose,
  unsqueeze,
} from './onnx-rules.ts';
import {
  arrayFeatureExtractor,
  categoryMapper,
  labelEncoder,
  linearClassifier,
  linearRegressor,
  oneHotEncoder,
  treeClassifier,
  treeRegressor,
} from './onnx-rules-ml.ts';
import { BOOL, FLOAT } from './onnx-value.ts';

const all = (names: string, rule: NodeRule): Readonly<Record<string, NodeRule>> =>
  Object.fromEntries(names.split(' ').map((name) => [name, rule]));

/** By operator: the standard's own by name, those of ai.onnx.ml with the domain in front. */
export const safe: ReadonlyMap<string, NodeRule> = new Map(
  Object.entries({
    ...all('Identity Abs Neg Sign Ceil Floor Round Sqrt Exp Log Reciprocal Clip Relu LeakyRelu Elu Selu Celu', same),
    ...all('ThresholdedRelu HardSigmoid HardSwish Softplus Softsign Sigmoid Tanh Erf Gelu Mish Sin Cos Tan', same),
    ...all('Not Softmax LogSoftmax Hardmax ai.onnx.ml.Imputer ai.onnx.ml.ZipMap', same),
    ...all('ai.onnx.ml.Scaler ai.onnx.ml.Normalizer ai.onnx.ml.Binarizer', sameAs(FLOAT)),
    ...all('IsNaN IsInf', sameAs(BOOL)),
    ...all('Add Sub Mul Max Min Mean Sum', elementwise()),
    ...all('Div Pow PRelu', ofFloats(elementwise())),
    ...all('Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor', elementwise(BOOL)),
    ...all('ReduceSum ReduceMean ReduceMax ReduceMin ReduceL1 ReduceL2 ReduceSumSquare', ofFloats(reduce)),
    ...all('ArgMax ArgMin', argOf),
    Where: (node, x, [, yes, no]) => (yes === undefined ? MISFIT : elementwise(yes.type)(node, x, [x, yes, no])),
    Dropout: (_, { type, dims }, [, , training]) =>
      training !== undefined ? 'a training mode' : gives({ type, dims }, { type: BOOL, dims }),
    Cast: cast,
    Concat: concat,
    Reshape: reshape,
    Flatten: flatten,
    Squeeze: squeeze,
    Unsqueeze: unsqueeze,
    Transpose: transpose,
    Gather: gather,
    Slice: slice,
    Split: splitInto,
    MatMul: ofFloats(matMul),
    Gemm: ofFloats(gemm),
    LayerNormalization: layerNormalization,
    BatchNormalization: batchNormalization,
    Constant: constant,
    'ai.onnx.ml.ArrayFeatureExtractor': arrayFeatureExtractor,
    'ai.onnx.ml.OneHotEncoder': oneHotEncoder,
    'ai.onnx.ml.LabelEncoder': labelEncoder,
    'ai.onnx.ml.CategoryMapper': categoryMapper,
    'ai.onnx.ml.LinearClassifier': linearClassifier,
    'ai.onnx.ml.LinearRegressor': linearRegressor,
    'ai.onnx.ml.TreeEnsembleRegressor': treeRegressor,
    'ai.onnx.ml.TreeEnsembleClassifier': treeClassifier,
  }),
);
