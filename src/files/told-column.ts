/** Columns of a table that say what a field's values are: what a library has predicted, or what has come true. */
import type { Column } from '../core/columns.ts';
import type { Problem } from '../core/errors.ts';
import { kindOf } from '../core/kinds/index.ts';
import { compileSignature } from '../core/signature.ts';
import { fromTable } from '../core/table-rows.ts';
import type { ColumnInput, Field } from '../core/types.ts';
import { emptyCell } from './scoring.ts';
import type { Cells } from './table.ts';
import { listOf } from './tensor-cells.ts';

const isPlain = (value: unknown): boolean =>
  typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';

/** Labels that a library has as numbers are texts here; a missing value stays one. */
const asTexts = (values: ColumnInput): ColumnInput =>
  Array.from(values as ArrayLike<unknown>, (value) =>
    Number.isNaN(value) ? null : isPlain(value) ? String(value) : value,
  );

export interface ToldColumn {
  readonly column: Column;
  /** Of values that the field does not take, by row. */
  readonly problems: ReadonlyMap<number, Problem>;
}

/** Reads the values of a field from a column of any format, numbers and booleans from their texts too. `name` is the column's. */
export const toldColumn = (name: string, field: Field, values: ColumnInput, cells: Cells): ToldColumn => {
  const { column: type } = kindOf(field);
  const empty = emptyCell(field);
  let given = type === 'string' ? asTexts(values) : values;
  if (cells === 'text' && empty === '')
    given = Array.from(given as ArrayLike<unknown>, (cell) => cell ?? '') as ColumnInput;
  if (type === 'tensor' && cells !== 'free') given = Array.from(given as ArrayLike<unknown>, listOf) as ColumnInput;
  const signature = compileSignature({ [name]: field }, { coerce: true, strangers: 'allow' });
  const { columns, problems } = fromTable(signature, { [name]: given });
  return { column: columns.get(name) as Column, problems };
};
