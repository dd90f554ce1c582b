/** Chunks of operators that few graphs have; the table itself is loaded with the first that does. */
import type { Chunk } from './chunk.ts';

export const seldom: readonly Chunk[] = [
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
