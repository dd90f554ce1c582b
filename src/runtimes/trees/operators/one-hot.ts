/** The operator that makes columns of 0 and 1 of categories. */
import type { TensorData } from '../../../core/types.ts';
import type { MadeStep } from '../model.ts';
import { sized } from '../placed-values.ts';
import { unusual } from '../unusual.ts';
import { dense } from '../values.ts';
import type { Operators } from './operator.ts';

export const exact = (values: Float64Array): readonly number[] => {
  if (!values.every(Number.isSafeInteger)) throw unusual('integers past 2^53');
  return [...values];
};

/** The code of every value, -1 where it has none. Numbers are cut to integers first. */
const codesOf = (data: TensorData, places: ReadonlyMap<string | number, number>): Int32Array => {
  const codes = new Int32Array(data.length);
  for (let at = 0; at < data.length; at++) {
    const value = data[at];
    codes[at] = places.get(typeof value === 'string' ? value : Math.trunc(Number(value)) + 0) ?? -1;
  }
  return codes;
};

export const oneHot: Operators = {
  'ml:OneHotEncoder': ({ attributes }, [value]): MadeStep => {
    const { input, size } = sized(value);
    const texts = attributes.texts('cats_strings');
    const categories: readonly (string | number)[] = texts.length > 0 ? texts : exact(attributes.ints('cats_int64s'));
    if (texts.length > 0 !== (input.dtype === 'string'))
      throw unusual(`categories of another type than ${input.dtype}`);
    if (!['string', 'int64', 'float32', 'float64', 'int32'].includes(input.dtype))
      throw unusual(`categories of ${input.dtype}`);
    const places = new Map(categories.map((category, index) => [category, index]));
    if (places.size < categories.length || categories.length === 0) throw unusual('a category given twice, or none');
    const isStrict = attributes.int('zeros', 1) === 0;
    const width = categories.length;
    const dims = [...(input.dims as number[]), width];
    return {
      outputs: [{ dtype: 'float32', dims }],
      run([given], rows) {
        const { data } = dense(given);
        const codes = codesOf(data, places);
        if (isStrict && codes.includes(-1)) throw new Error('Unknown Category and zeros = 0.');
        if (size === 1) return [{ dtype: 'float32', dims: [rows, ...dims], parts: [{ width, codes }] }];
        const parts = Array.from({ length: size }, (_, column) => ({
          width,
          codes: Int32Array.from({ length: rows }, (__, row) => codes[row * size + column]),
        }));
        return [{ dtype: 'float32', dims: [rows, ...dims], parts }];
      },
    };
  },
};
