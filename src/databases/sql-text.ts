/** Names as SQL has them, in every database. */
import { fail } from '../core/errors.ts';
import type { ColumnSpec } from '../files/table.ts';
import type { TableName } from './database.ts';

export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const tableText = (name: TableName): string => name.map(identifier).join('.');
export const columnList = (columns: readonly (ColumnSpec | string)[]): string =>
  columns.map((column) => identifier(typeof column === 'string' ? column : column.name)).join(', ');

/** Parts of a table's name as a person writes it. @throws MillraceError BAD_PROJECT when there are none, or more than two. */
export const parseTable = (text: string): TableName => {
  const parts = text.split('.');
  if (parts.length <= 2 && parts.every((part) => part !== '')) return parts;
  throw fail('BAD_PROJECT', `${JSON.stringify(text)} is not the name of a table`, {
    expected: 'table, or schema.table',
    got: text,
  });
};
