/**
 * Operators that are at hand at once, and chunks of others, each loaded with the first graph that has one of them. To add an
 * operator: a row in its family's table, and its name in the chunk of that family, here or in `seldom.ts`.
 */
import type { Chunk } from './chunk.ts';
import { identity } from './identity.ts';
import type { Operators } from './operator.ts';
import { trees } from './trees.ts';

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
];

/** Those among which all are that are named here and known. */
export const loadOperators = async (names: readonly string[]): Promise<Operators> => {
  const among = (some: readonly Chunk[]): readonly Chunk[] =>
    some.filter((chunk) => chunk.names.split(/\s+/).some((name) => names.includes(name)));
  const needed = [...among(chunks)];
  const here = [...Object.keys(atHand), ...chunks.flatMap((chunk) => chunk.names.split(/\s+/))];
  if (names.some((name) => !here.includes(name))) needed.push(...among((await import('./seldom.ts')).seldom));
  return Object.assign({}, atHand, ...(await Promise.all(needed.map(({ load }) => load()))));
};
