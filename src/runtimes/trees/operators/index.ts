/**
 * Operators that are at hand at once, and chunks of others, each loaded with the first graph that has one of them. To add an
 * operator: a row in its family's table, and its name in the chunk of that family here.
 */
import { identity } from './identity.ts';
import type { Operators } from './operator.ts';
import { trees } from './trees.ts';

interface Chunk {
  /** Of its operators, all of them, with a blank between. */
  readonly names: string;
  load(): Promise<Operators>;
}

const atHand: Operators = { ...trees, ...identity };

export const chunks: readonly Chunk[] = [
  {
    names: `ml:OneHotEncoder ml:LabelEncoder Concat ml:FeatureVectorizer ml:ArrayFeatureExtractor Gather Split Slice Constant
      Reshape Flatten Squeeze Unsqueeze Cast`,
    load: async () => (await import('./columnar.ts')).columnarOperators,
  },
  {
    names: `Add Sub Mul Div Neg Abs Sqrt Floor Ceil Round Relu Clip Equal Less LessOrEqual Greater GreaterOrEqual And Or Xor
      Not IsNaN Where`,
    load: async () => (await import('./arithmetic.ts')).arithmetics,
  },
  {
    names: `MatMul Gemm ml:LinearRegressor ml:LinearClassifier ml:Scaler ml:Normalizer ml:Binarizer ml:Imputer Sigmoid Tanh Exp
      Softmax ArgMax ArgMin TopK`,
    load: async () => (await import('./weighted.ts')).weightedOperators,
  },
  {
    names: `Transpose Shape ConstantOfShape GatherElements Sum Max Min Pow Log Reciprocal Sign ReduceSum ReduceMean
      ReduceSumSquare ReduceL1 ReduceL2 ReduceProd ReduceLogSum ReduceLogSumExp ReduceMax ReduceMin CumSum Scan`,
    load: async () => (await import('./rare.ts')).rareOperators,
  },
  {
    names: 'ml:TreeEnsemble',
    load: async () => (await import('./tree-ensemble.ts')).treeEnsemble,
  },
  {
    names: 'ml:SVMClassifier ml:SVMRegressor',
    load: async () => (await import('./support-vectors.ts')).supportVectors,
  },
  {
    names: 'StringNormalizer com.microsoft.Tokenizer TfIdfVectorizer',
    load: async () => (await import('./texts.ts')).texts,
  },
  {
    names: 'StringConcat StringSplit RegexFullMatch',
    load: async () => (await import('./strings.ts')).strings,
  },
];

/** Those among which all are that are named here and known. */
export const loadOperators = async (names: readonly string[]): Promise<Operators> => {
  const needed = chunks.filter((chunk) => chunk.names.split(/\s+/).some((name) => names.includes(name)));
  return Object.assign({}, atHand, ...(await Promise.all(needed.map(({ load }) => load()))));
};
