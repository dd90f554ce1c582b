/** Values as a transform module sees them: null for missing, true and false, datetimes as ms since the epoch. */
import type { Column } from './columns.ts';
import type { Field, Fields } from './types.ts';

/** One value of a column; a tensor is a flat array in row-major order. */
export const plainValue = (field: Field | undefined, column: Column, row: number): unknown => {
  if (column.type === 'tensor')
    return Array.from(column.data.slice(row * column.size, (row + 1) * column.size) as ArrayLike<unknown>);
  if (column.type !== 'number') return column.values[row];
  const value = column.values[row];
  return Number.isNaN(value) ? null : field?.kind === 'boolean' ? value !== 0 : value;
};

/** A batch's row, with the fields of a signature. */
export const plainRow = (
  fields: Fields,
  columns: ReadonlyMap<string, Column>,
  row: number,
): Record<string, unknown> => {
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) {
    const column = columns.get(name);
    if (column) values[name] = plainValue(fields[name], column, row);
  }
  return values;
};
