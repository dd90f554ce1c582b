/** Steps that make answers of sums: those of trees, and any others. */
import type { Dtype, Tensor } from '../../core/types.ts';
import { growForest } from './forest.ts';
import type { TakeSums } from './kernel.ts';
import type { MadeStep } from './model.ts';
import type { AnswerForm, TreeModel } from './tree-model.ts';
import { unusual } from './unusual.ts';
import { type Known, knownSize, type NodeValue, partsOf } from './values.ts';

/** Gives the sums of so many rows, a piece of the batch at a time. */
export type SumRows = (values: readonly NodeValue[], rows: number, take: TakeSums) => void;

/** The outputs are the label, if there is one, and the answer. */
export const makeAnswers = ({ width, dtype, finish, label }: AnswerForm, sumRows: SumRows): MadeStep => {
  const run = (values: readonly NodeValue[], rows: number): readonly NodeValue[] => {
    const data = dtype === 'float32' ? new Float32Array(rows * width) : new Float64Array(rows * width);
    const labels = label && new Array<string | bigint>(rows);
    sumRows(values, rows, (sums, start, stride, first, count) => {
      for (let row = 0; row < count; row++) {
        if (label && labels) labels[first + row] = label.classes[label.choose(sums, start + row, stride)];
        finish(sums, start + row, stride, data, (first + row) * width);
      }
    });
    const answer: Tensor = { dtype, dims: [rows, width], data };
    if (labels === undefined) return [answer];
    return [labelTensor(labels), answer];
  };
  const answer: Known = { dtype, dims: [width] };
  return { outputs: label === undefined ? [answer] : [{ dtype: labelType(label.classes), dims: [] }, answer], run };
};

/** @throws Unusual for an input that the trees do not take */
export const makeTrees = (model: TreeModel, input: Known | undefined): MadeStep => {
  const { ensemble } = model;
  if (input === undefined || input.constant || input.dims.length !== 1)
    throw unusual('trees of something else than rows');
  if (input.dtype === 'string' || (input.dtype === 'float64') !== (ensemble.input === 'float64'))
    throw unusual(`trees of ${input.dtype} with thresholds of ${ensemble.input}`);
  const forest = growForest(ensemble);
  const given = knownSize(input);
  if (given !== undefined && given < forest.width)
    throw unusual(`a tree that tests feature ${forest.width - 1} of ${given}`);
  return makeAnswers(model, ([value], rows, take) => {
    const parts = partsOf(value);
    let columns = 0;
    for (const part of parts) columns += part.width;
    if (columns < forest.width) throw new Error(`The trees test ${forest.width} features; a row has ${columns}`);
    forest.score(parts, rows, take);
  });
};

export const labelType = (classes: readonly (string | bigint)[]): Dtype =>
  typeof classes[0] === 'bigint' ? 'int64' : 'string';

/** A class for every row. */
export const labelTensor = (labels: readonly (string | bigint)[]): Tensor =>
  typeof labels[0] === 'bigint'
    ? { dtype: 'int64', dims: [labels.length], data: BigInt64Array.from(labels as readonly bigint[]) }
    : { dtype: 'string', dims: [labels.length], data: labels as readonly string[] };
