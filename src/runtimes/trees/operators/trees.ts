/**
 * TreeEnsembleRegressor whose sums are the answer, which most trees are (tree_ensemble_aggregator.h): base values come last, and all
 * is float32 unless the input is float64. What goes on from the sums stands in `scored-trees.ts`.
 */
import { readTrees } from '../onnx-ensemble.ts';
import type { PostTransform } from '../scores.ts';
import { unusual } from '../unusual.ts';
import type { Known } from '../values.ts';
import type { Operator, Operators } from './operator.ts';
import { regression } from './regression.ts';

export const inputOf = (input: Known | undefined): 'float32' | 'float64' =>
  input?.dtype === 'float64' ? 'float64' : 'float32';

/** `transformOf` says of a post transform and the number of targets what is done, if anything. */
export const regressor =
  (transformOf: (post: string, targets: number) => PostTransform | undefined): Operator =>
  ({ attributes }, [input]) => {
    const targets = attributes.int('n_targets', 0);
    if (!(targets > 0)) throw unusual(`trees for ${targets} targets`);
    if (input?.dtype.startsWith('int')) throw unusual(`a regressor of ${input.dtype}`);
    const { ensemble, base, trees } = readTrees(attributes, 'target', targets, inputOf(input));
    const transform = transformOf(attributes.text('post_transform', 'NONE'), targets);
    const isAverage = attributes.text('aggregate_function', 'SUM') === 'AVERAGE';
    return regression({ ensemble, base, trees, targets, isAverage, dtype: 'float32' }, transform, input);
  };

export const trees: Operators = { 'ml:TreeEnsembleRegressor': regressor(() => undefined) };
