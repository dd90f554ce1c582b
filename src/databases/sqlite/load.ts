/** Loading rows into a table: the thread holds them, and inserts them in one transaction. */
import type { ColumnInput } from '../../core/types.ts';
import type { ColumnSpec } from '../../files/table.ts';
import { exactColumn } from '../../files/values.ts';
import type { Loader, TableName } from '../database.ts';
import { columnList, tableText } from '../sql-text.ts';
import type { Connection } from './connection.ts';
import { sqliteValue } from './dialect.ts';

/** The values of a column as they are bound. Columns of numbers stay as they are, and cost nothing. */
const bound = ({ type }: ColumnSpec, values: ColumnInput): ArrayLike<unknown> => {
  const plain = ArrayBuffer.isView(values) && type !== 'TIMESTAMP WITH TIME ZONE';
  return plain ? (values as Float64Array) : Array.from(values as ArrayLike<unknown>, sqliteValue(type));
};

export const openLoad = async (
  { ask, transaction }: Connection,
  table: TableName,
  columns: readonly ColumnSpec[],
): Promise<Loader> => {
  const marks = columns.map(() => '?').join(', ');
  const id = await ask('beginLoad', [`insert into ${tableText(table)} (${columnList(columns)}) values (${marks})`]);
  return {
    write: (rows) => ask('hold', [id, rows.rows, columns.map((column) => bound(column, exactColumn(rows, column)))]),
    commit: (also) =>
      transaction(async (session) => {
        await ask('insertHeld', [id]);
        await also(session);
      }).finally(() => ask('drop', [id])),
    abort: () => ask('drop', [id]),
  };
};
