/** From what a file says to the steps that answer: columns of several features, sums, and what is made of them. */
import type { Tensor } from '../../../core/types.ts';
import type { GraphStep, MadeStep } from '../model.ts';
import type { AnswerForm } from '../tree-model.ts';
import type { NodeValue } from '../values.ts';
import { type ColumnTogether, valueTogether } from './catboost-together.ts';
import { sumLeaves, sumLinear } from './linear.ts';
import { type Exponentials, formOf } from './links.ts';
import type { StepMakers, TreeFile, TreeFileContent } from './tree-file.ts';

/** Numbers that a step or the caller laid out in rows. */
const numbersOf = (value: NodeValue): Float32Array | Float64Array => (value as Tensor).data as Float32Array;

/** Puts columns behind those of the features. */
const columnsBehind = (features: number, columns: readonly ColumnTogether[]): MadeStep => {
  const width = features + columns.length;
  return {
    outputs: [{ dtype: 'float32', dims: [width] }],
    run: ([value], rows) => {
      const given = numbersOf(value);
      const data = new Float32Array(rows * width);
      for (let row = 0; row < rows; row++) {
        const from = row * features;
        data.set(given.subarray(from, from + features), row * width);
        for (let index = 0; index < columns.length; index++)
          data[row * width + features + index] = valueTogether(columns[index], given, from);
      }
      return [{ dtype: 'float32', dims: [rows, width], data }];
    },
  };
};

const numbersOfLeaves = (trees: number): AnswerForm =>
  formOf({ width: trees, dtype: 'float64', link: { kind: 'identity' } }, {});

/** A file that says how it is answered. */
export const withSteps = (content: TreeFileContent, exponentials: Exponentials): TreeFile => {
  const { library, sums, together, answer } = content;
  const features = content.features.length;
  const form = formOf(answer, exponentials);
  const sumSteps = (
    makers: StepMakers,
    columns: string,
    input: string,
    outputs: readonly string[],
  ): readonly GraphStep[] => {
    const step = { op: library, outputs };
    if (sums.of === 'trees') {
      const model = { ...form, ensemble: sums.ensemble };
      return [{ ...step, inputs: [columns], make: ([given]) => makers.makeTrees(model, given) }];
    }
    if (sums.of === 'linear model')
      return [
        {
          ...step,
          inputs: [input],
          make: () =>
            makers.makeAnswers(form, ([given], rows, take) =>
              sumLinear(sums.linear, numbersOf(given), features, rows, take),
            ),
        },
      ];
    const { ensemble, leaves } = sums;
    const trees = ensemble.targets;
    const reach = { ...numbersOfLeaves(trees), ensemble };
    return [
      { op: library, inputs: [input], outputs: ['leaves'], make: ([given]) => makers.makeTrees(reach, given) },
      {
        ...step,
        inputs: ['leaves', input],
        make: () =>
          makers.makeAnswers(form, ([reached, given], rows, take) =>
            sumLeaves(leaves, numbersOf(reached), trees, numbersOf(given), features, rows, take),
          ),
      },
    ];
  };
  return {
    ...content,
    steps: (makers, input, outputs) => {
      if (together === undefined) return sumSteps(makers, input, input, outputs);
      const op = 'statistics of several features';
      const before = { op, inputs: [input], outputs: ['columns'], make: () => columnsBehind(features, together) };
      return [before, ...sumSteps(makers, 'columns', input, outputs)];
    },
  };
};
