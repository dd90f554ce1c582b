/** A library's own model file as a session: one input of all features side by side, the label where there are classes, the answer. */
import { fail } from '../../../core/errors.ts';
import type { ModelSession, TensorSpec } from '../../../core/types.ts';
import { labelType, makeTrees } from '../make-trees.ts';
import { openModel } from '../session.ts';
import { Unusual } from '../unusual.ts';
import type { TreeFile } from './tree-file.ts';

/** The one input: a row's features, in the model's order. */
export const FEATURES = 'features';
export const LABEL = 'label';

export const outputsOf = ({ output, model: { width, dtype, label } }: TreeFile): readonly TensorSpec[] => [
  ...(label === undefined ? [] : [{ name: LABEL, dtype: labelType(label.classes), dims: [null] }]),
  { name: output, dtype, dims: [null, width] },
];

export const inputOf = ({ features, input }: TreeFile): TensorSpec => ({
  name: FEATURES,
  dtype: input,
  dims: [null, features.length],
});

/** @throws BAD_MODEL */
export const openTreeFile = (file: TreeFile): ModelSession => {
  const outputs = outputsOf(file);
  const { before } = file;
  try {
    return openModel({
      inputs: [inputOf(file)],
      outputs,
      constants: new Map(),
      steps: [
        ...(before ? [{ ...before, inputs: [FEATURES] }] : []),
        {
          op: file.library,
          inputs: before?.outputs ?? [FEATURES],
          outputs: outputs.map(({ name }) => name),
          make: ([input]) => makeTrees(file.model, input),
        },
      ],
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
