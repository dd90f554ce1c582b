/** A library's own model file as a session: one input of all features side by side, the label where there are classes, the answer. */
import { fail } from '../../../core/errors.ts';
import type { ModelSession, TensorSpec } from '../../../core/types.ts';
import { labelType, makeAnswers, makeTrees } from '../make-trees.ts';
import { openModel } from '../session.ts';
import { Unusual } from '../unusual.ts';
import type { TreeFile, TreeFileContent } from './tree-file.ts';

/** The one input: a row's features, in the model's order. */
export const FEATURES = 'features';
export const LABEL = 'label';

export const outputsOf = ({ output, answer: { width, dtype, label } }: TreeFileContent): readonly TensorSpec[] => [
  ...(label === undefined ? [] : [{ name: LABEL, dtype: labelType(label.classes), dims: [null] }]),
  { name: output, dtype, dims: [null, width] },
];

export const inputOf = ({ features, input }: TreeFileContent): TensorSpec => ({
  name: FEATURES,
  dtype: input,
  dims: [null, features.length],
});

/** @throws BAD_MODEL */
export const openTreeFile = (file: TreeFile): ModelSession => {
  const outputs = outputsOf(file);
  const names = outputs.map(({ name }) => name);
  try {
    return openModel({
      inputs: [inputOf(file)],
      outputs,
      constants: new Map(),
      steps: file.steps({ makeTrees, makeAnswers }, FEATURES, names),
    });
  } catch (error) {
    if (!(error instanceof Unusual)) throw error;
    const message = `The ${file.library} model has ${error.message}, which is not read.`;
    throw fail('BAD_MODEL', message, {
      expected: `what ${file.library} itself writes`,
      got: error.message,
      cause: error,
    });
  }
};
