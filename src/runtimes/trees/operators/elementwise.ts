/** Operators that work element by element. */
import { allocate } from '../../../core/columns.ts';
import type { Dtype, TensorData } from '../../../core/types.ts';
import type { MadeStep } from '../model.ts';
import { like, placed } from '../placed-values.ts';
import { unusual } from '../unusual.ts';
import { dense, type Known, knownSize } from '../values.ts';
import type { Operator } from './operator.ts';

export type Element = number | bigint | string;
export type ElementData = Record<number, Element> & TensorData;

/** One value in, one of the same type out. @throws Unusual where it is no number */
export const unary =
  (dtypes: readonly Dtype[], change: (value: never) => Element): Operator =>
  (_, [given]) => {
    const input = placed(given);
    const { dtype } = input;
    if (!dtypes.includes(dtype)) throw unusual(`${dtype} where numbers are expected`);
    return mapped(input, dtype, change);
  };

export const mapped = (input: Known, dtype: Dtype, change: (value: never) => Element): MadeStep => ({
  outputs: [like(input, dtype, input.dims)],
  run([value]) {
    const { data, dims: all } = dense(value);
    const made = allocate(dtype, data.length) as ElementData;
    for (let at = 0; at < data.length; at++) made[at] = change(data[at] as never);
    return [{ dtype, dims: all, data: made }];
  },
});

/** @throws Unusual for all but float32 */
export const floatsOf = (given: Known | undefined): Known => {
  const input = placed(given);
  if (knownSize(input) === undefined) throw unusual('rows whose size the graph does not say');
  if (input.dtype !== 'float32') throw unusual(`${input.dtype} where float32 is expected`);
  return input;
};
