/** Operators that make other categories of categories. */
import { allocate } from '../../../core/columns.ts';
import type { Dtype, TensorData } from '../../../core/types.ts';
import type { NodeAttributes } from '../../onnx-attributes.ts';
import type { MadeStep } from '../model.ts';
import { sized } from '../placed-values.ts';
import { unusual } from '../unusual.ts';
import { dense, sizeOf } from '../values.ts';
import { exact } from './one-hot.ts';
import type { Operators } from './operator.ts';

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
