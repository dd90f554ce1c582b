/** SQLite has no booleans, only 1 and 0, and keeps lists as text. */
import { kindOf } from '../../core/kinds/index.ts';
import type { ColumnInput, Field, Fields } from '../../core/types.ts';
import { record, type TableChunk } from '../../files/table.ts';
import { listOf } from '../../files/tensor-cells.ts';

const isEmpty = (values: ColumnInput): boolean =>
  ArrayBuffer.isView(values) && (values as Float64Array).every(Number.isNaN);

const fitted = (field: Field, values: ColumnInput, rows: number): ColumnInput => {
  const kind = kindOf(field);
  if (kind.column === 'tensor') return Array.from(values as ArrayLike<unknown>, listOf);
  if (kind.sqlType === 'BOOLEAN')
    return Array.from(values as ArrayLike<unknown>, (value) => (value === 0 || value === 1 ? value === 1 : value));
  // A column of nothing but missing values comes as numbers, whatever it would hold.
  return kind.column === 'string' && isEmpty(values) ? new Array(rows).fill(null) : values;
};

/** The values that a model's fields want, out of those that a table keeps. */
export const fitCells = (chunk: TableChunk, fields: Fields): TableChunk => {
  const columns = record<ColumnInput>();
  for (const name of Object.keys(chunk.columns)) {
    const values = chunk.columns[name];
    columns[name] = Object.hasOwn(fields, name) ? fitted(fields[name], values, chunk.rows) : values;
  }
  return { ...chunk, columns };
};
