/** What a graph answered for a field whose values are tensors, as its column, and each value of that. */
import { isApart, together } from './answered.ts';
import { allocate } from './columns.ts';
import type { ReadTensors, TensorInfo, ValueReader } from './kinds/kind.ts';
import { apart, fitsShape, NOTHING } from './row-tensor-reader.ts';
import { fixedShape, nested, type RowShape, type RowTensor, raggedValue, sizeOf } from './row-tensors.ts';

/** A tensor a row, each of a length that the shape leaves open. */
const raggedReader =
  (dtype: TensorInfo['dtype'], shape: RowShape): ReadTensors =>
  (answered, batch, refuse) => {
    const { rows } = isApart(answered) ? answered : apart(answered, batch.rows);
    const values = rows.map((tensor, row) => {
      if (tensor === undefined) return NOTHING;
      if (answered.dtype === dtype && fitsShape(tensor.dims, shape)) return tensor;
      refuse(row, tensor);
      return NOTHING;
    });
    return { type: 'ragged', dtype, values };
  };

const uniformReader = (dtype: TensorInfo['dtype'], shape: readonly number[]): ReadTensors => {
  const size = sizeOf(shape);
  return (answered, { rows }, refuse) => {
    const fits = ({ data }: RowTensor): boolean => answered.dtype === dtype && data.length === size;
    const tensor = isApart(answered) ? together(answered, size, fits, refuse) : answered;
    if (tensor.dtype === dtype && (rows === 0 ? 1 : tensor.data.length / rows) === size)
      return { type: 'tensor', dtype, size, data: tensor.data };
    for (let row = 0; row < rows; row++) refuse(row, tensor);
    return { type: 'tensor', dtype, size, data: allocate(dtype, rows * size) };
  };
};

export const tensorAnswers = ({ dtype, shape }: TensorInfo): ReadTensors => {
  const fixed = fixedShape(shape);
  return fixed === undefined ? raggedReader(dtype, shape) : uniformReader(dtype, fixed);
};

export const tensorValues = ({ dtype, shape }: TensorInfo): ValueReader => {
  const fixed = fixedShape(shape) ?? [];
  return (column, row) => {
    if (column.type === 'ragged') return raggedValue(column, row);
    if (column.type !== 'tensor') return null;
    return nested(column.data as ArrayLike<unknown>, fixed, row * column.size, dtype === 'bool');
  };
};
