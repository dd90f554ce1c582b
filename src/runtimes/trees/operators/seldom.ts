/** Chunks of operators that few graphs have; the table itself is loaded with the first that does. */
import { onDemand } from '../../../core/on-demand.ts';
import type { Chunk } from './chunk.ts';

export const seldom: readonly Chunk[] = [
  {
    names: `Transpose Shape ConstantOfShape GatherElements Sum Max Min Pow Log Reciprocal Sign ReduceSum ReduceMean
      ReduceSumSquare ReduceL1 ReduceL2 ReduceProd ReduceLogSum ReduceLogSumExp ReduceMax ReduceMin CumSum LpNormalization
      Scan`,
    load: onDemand(async () => (await import('./rare.ts')).rareOperators),
  },
  {
    names: 'ml:TreeEnsemble',
    load: onDemand(async () => (await import('./tree-ensemble.ts')).treeEnsemble),
  },
  {
    names: 'ml:SVMClassifier ml:SVMRegressor',
    load: onDemand(async () => (await import('./support-vectors.ts')).supportVectors),
  },
  {
    names: 'StringNormalizer com.microsoft.Tokenizer TfIdfVectorizer',
    load: onDemand(async () => (await import('./texts.ts')).texts),
  },
  {
    names: 'StringConcat StringSplit RegexFullMatch',
    load: onDemand(async () => (await import('./strings.ts')).strings),
  },
];
