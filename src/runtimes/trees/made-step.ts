/** Steps that are checked and ready; what they make of constants alone is made at once. */
import type { Tensor } from '../../core/types.ts';
import type { GraphStep, MadeStep } from './model.ts';
import { unusual } from './unusual.ts';
import { dense, type Known } from './values.ts';

/** Values of one row, in all steps together, at most: no graph makes much of little. */
export const MAX_ROW_SIZE = 1 << 20;

export const rowSize = (dims: readonly (number | null)[]): number =>
  dims.reduce<number>((product, dim) => product * (dim ?? 1), 1);

/** Constants as the one row of a batch, which no dimension counts. */
const asRow = (constant: Tensor): Known => ({ dtype: constant.dtype, dims: constant.dims, constant, along: -1 });

/** What a step makes of constants alone is a constant; undefined where it is given anything else, or nothing. */
const folded = (make: GraphStep['make'], given: readonly (Known | undefined)[]): MadeStep | undefined => {
  const constants = given.map((one) => one?.constant);
  if (constants.length === 0 || !constants.every((one) => one !== undefined)) return undefined;
  const made = make(constants.map(asRow));
  if (made.outputs.reduce((sum, { dims }) => sum + rowSize(dims), 0) > MAX_ROW_SIZE)
    throw unusual('constants made of constants, too many');
  const values = made.run(
    constants.map((one) => ({ ...one, dims: [1, ...one.dims] })),
    1,
  );
  const tensors = values.map((value): Tensor => {
    const { dtype, dims, data } = dense(value);
    return { dtype, dims: dims.slice(1), data };
  });
  return {
    outputs: tensors.map((constant) => ({ dtype: constant.dtype, dims: constant.dims, constant })),
    run: () => tensors,
  };
};

/** A step for inputs of which so much is known. @throws Unusual, BAD_MODEL */
export const madeOf = (make: GraphStep['make'], given: readonly (Known | undefined)[]): MadeStep =>
  folded(make, given) ?? make(given);
