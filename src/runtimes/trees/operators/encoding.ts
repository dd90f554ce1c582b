/** Operators that make numbers of categories, or categories of others. */
import { allocate } from '../../../core/columns.ts';
import type { Dtype, TensorData } from '../../../core/types.ts';
import type { NodeAttributes } from '../../onnx-attributes.ts';
import type { MadeStep } from '../model.ts';
import { unusual } from '../unusual.ts';
import { dense, sized, sizeOf } from '../values.ts';
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

type Key = string | number;
interface Side {
  readonly dtype: Dtype;
  readonly values: readonly Key[];
}

/** Keys or values: a list of one of three types, or from opset 4 on a tensor. */
export const readSide = (attributes: NodeAttributes, name: 'keys' | 'values'): Side => {
  const tensor = attributes.tensor(`${name}_tensor`);
  if (tensor) {
    const values = Array.from(tensor.data as ArrayLike<Key | bigint>, (value) =>
      typeof value === 'bigint' ? Number(value) : value,
    );
    if (tensor.dtype === 'int64') exact(Float64Array.from(values as number[]));
    return { dtype: tensor.dtype, values };
  }
  if (attributes.has(`${name}_strings`)) return { dtype: 'string', values: attributes.texts(`${name}_strings`) };
  if (attributes.has(`${name}_floats`)) return { dtype: 'float32', values: [...attributes.floats(`${name}_floats`)] };
  return { dtype: 'int64', values: exact(attributes.ints(`${name}_int64s`)) };
};

export const defaultOf = (attributes: NodeAttributes, dtype: Dtype): Key => {
  const tensor = attributes.tensor('default_tensor');
  if (tensor) {
    const [value] = tensor.data as ArrayLike<Key | bigint> & Iterable<Key | bigint>;
    return typeof value === 'bigint' ? Number(value) : value;
  }
  if (dtype === 'string') return attributes.text('default_string', '_Unused');
  if (dtype === 'int64') return attributes.int('default_int64', -1);
  return attributes.float('default_float', -0);
};

export const encoding: Operators = {
  'ml:OneHotEncoder': ({ attributes }, [value]): MadeStep => {
    const { input, size } = sized(value);
    const texts = attributes.texts('cats_strings');
    const categories: readonly Key[] = texts.length > 0 ? texts : exact(attributes.ints('cats_int64s'));
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
  'ml:LabelEncoder': ({ attributes, opset }, [value]): MadeStep => {
    const { input } = sized(value);
    if (opset < 2) throw unusual('a LabelEncoder of an old opset');
    const keys = readSide(attributes, 'keys');
    const values = readSide(attributes, 'values');
    if (keys.dtype !== input.dtype) throw unusual(`labels of ${input.dtype} with keys of ${keys.dtype}`);
    if (!['string', 'int64', 'float32'].includes(keys.dtype) || !['string', 'int64', 'float32'].includes(values.dtype))
      throw unusual(`labels of ${keys.dtype} and ${values.dtype}`);
    if (keys.values.length !== values.values.length) throw unusual('keys without a value');
    const byKey = new Map<Key, Key>();
    // Of a key that is given twice, the first counts. A Map takes 0 for -0, and NaN for NaN, which equals itself from opset 4 on.
    keys.values.forEach((key, index) => {
      if (!byKey.has(key) && (opset >= 4 || !Number.isNaN(key))) byKey.set(key, values.values[index]);
    });
    const otherwise = defaultOf(attributes, values.dtype);
    const { dtype } = values;
    const dims = input.dims as number[];
    return {
      outputs: [{ dtype, dims }],
      run([given], rows) {
        const { data } = dense(given);
        const made = allocate(dtype, rows * sizeOf(dims)) as Record<number, Key | bigint> & TensorData;
        for (let at = 0; at < data.length; at++) {
          const key = data[at];
          const found = byKey.get(typeof key === 'bigint' ? Number(key) : key) ?? otherwise;
          made[at] = dtype === 'int64' ? BigInt(found) : found;
        }
        return [{ dtype, dims: [rows, ...dims], data: made }];
      },
    };
  },
};
