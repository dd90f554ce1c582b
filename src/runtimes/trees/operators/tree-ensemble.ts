/** TreeEnsemble of ai.onnx.ml 5, which answers in the type that it is given. */
import { readTreeEnsemble } from '../onnx-tree-ensemble.ts';
import { transformOf } from '../scores.ts';
import { unusual } from '../unusual.ts';
import type { Operators } from './operator.ts';
import { regression } from './regression.ts';

export const treeEnsemble: Operators = {
  'ml:TreeEnsemble': ({ attributes }, [input]) => {
    const kind = input?.dtype;
    if (kind !== 'float32' && kind !== 'float64') throw unusual(`trees of ${kind}`);
    const { post, ...trees } = readTreeEnsemble(attributes, kind);
    return regression({ ...trees, base: [], dtype: kind }, transformOf(post, trees.targets), input);
  },
};
