/** Values as a transform module sees them: null for missing, true and false, datetimes as ms since the epoch. */
import type { Column } from './columns.ts';
import { type Field, type Fields, kindOf } from './kinds/index.ts';
import { nested } from './row-tensors.ts';

/** Reads one value of a field's column; a tensor is a flat array in row-major order, one of any length is nested. Without a field, values are as they are. */
export const plainReader = (field: Field | undefined): ((column: Column, row: number) => unknown) => {
  const kind = field && kindOf(field);
  const plain = kind?.column === 'number' ? kind.plain : undefined;
  return (column, row) => {
    if (column.type === 'tensor')
      return Array.from(column.data.slice(row * column.size, (row + 1) * column.size) as ArrayLike<unknown>);
    if (column.type === 'ragged') {
      const { dims, data } = column.values[row];
      return nested(data as ArrayLike<unknown>, dims, 0, false);
    }
    if (column.type !== 'number') return column.values[row];
    const value = column.values[row];
    return Number.isNaN(value) ? null : plain === undefined ? value : plain(value);
  };
};

/** Reads a batch's row, with the fields of a signature. */
export const plainRowReader = (
  fields: Fields,
): ((columns: ReadonlyMap<string, Column>, row: number) => Record<string, unknown>) => {
  const readers = Object.entries(fields).map(([name, field]) => ({ name, read: plainReader(field) }));
  return (columns, row) => {
    const values: Record<string, unknown> = {};
    for (const { name, read } of readers) {
      const column = columns.get(name);
      if (column) values[name] = read(column, row);
    }
    return values;
  };
};
