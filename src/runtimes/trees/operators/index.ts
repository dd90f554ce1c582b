/**
 * Operators that are at hand at once, and chunks of others, each loaded with the first graph that has one of them. To add an
 * operator: a row in its family's table, and its name in the chunk of that family, here or in `seldom.ts`.
 */
import { onDemand } from '../../../core/on-demand.ts';
import type { Chunk } from './chunk.ts';
import { identity } from './identity.ts';
import type { Operators } from './operator.ts';
import { trees } from './trees.ts';

const atHand: Operators = { ...trees, ...identity };

const others = onDemand(() => import('./seldom.ts'));

export const chunks: readonly Chunk[] = [
  {
    names: 'ml:TreeEnsembleClassifier ml:TreeEnsembleRegressor+post',
    load: onDemand(async () => (await import('./scored-trees.ts')).scoredTrees),
  },
  {
    names: 'ml:OneHotEncoder Concat ml:FeatureVectorizer Constant Reshape Flatten Squeeze Unsqueeze Cast',
    load: onDemand(async () => (await import('./columnar.ts')).columnarOperators),
  },
  {
    names: 'ml:LabelEncoder ml:ArrayFeatureExtractor Gather Split Slice',
    load: onDemand(async () => (await import('./lookups.ts')).lookups),
  },
  { names: 'Relu', load: onDemand(async () => (await import('./rectifier.ts')).rectifier) },
  {
    names: `Add Sub Mul Div Neg Abs Sqrt Floor Ceil Round Clip Equal Less LessOrEqual Greater GreaterOrEqual And Or Xor
      Not IsNaN Where`,
    load: onDemand(async () => (await import('./arithmetic.ts')).arithmetics),
  },
  {
    names: `MatMul Gemm ml:LinearRegressor ml:LinearClassifier ml:Scaler ml:Normalizer ml:Binarizer ml:Imputer Sigmoid Tanh Exp
      Softmax ArgMax ArgMin TopK`,
    load: onDemand(async () => (await import('./weighted.ts')).weightedOperators),
  },
];

/** Those among which all are that are named here and known. */
export const loadOperators = async (names: readonly string[]): Promise<Operators> => {
  const among = (some: readonly Chunk[]): readonly Chunk[] =>
    some.filter((chunk) => chunk.names.split(/\s+/).some((name) => names.includes(name)));
  const needed = [...among(chunks)];
  const here = [...Object.keys(atHand), ...chunks.flatMap((chunk) => chunk.names.split(/\s+/))];
  if (names.some((name) => !here.includes(name))) needed.push(...among((await others()).seldom));
  return Object.assign({}, atHand, ...(await Promise.all(needed.map(({ load }) => load()))));
};
