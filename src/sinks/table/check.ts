/** Whether answers fit into a table that is there already. */
import { fail } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { TableColumn, TableInfo } from '../../databases/database.ts';
import type { Cells, ColumnType } from '../../files/table.ts';
import type { SinkShape } from '../sink.ts';

/** Types between which values pass without a loss. */
const family = (type: ColumnType): string => {
  if (type === 'BOOLEAN') return 'boolean';
  if (/^(?:U?(?:TINY|SMALL|BIG)?INT|U?INTEGER)/.test(type)) return 'integer';
  if (/^(?:FLOAT|DOUBLE|DECIMAL)/.test(type) && !type.endsWith(']')) return 'number';
  if (type.startsWith('TIMESTAMP') || type === 'DATE') return 'time';
  if (type === 'VARCHAR' || type === 'UUID') return 'text';
  return 'json';
};

/** What a column of each family may hold besides its own. */
const takes: Readonly<Record<string, readonly string[]>> = {
  number: ['integer'],
  text: ['json', 'time', 'boolean', 'integer', 'number'],
  // In SQLite a column of no declared type holds everything.
  json: ['text', 'time', 'boolean', 'integer', 'number'],
};
/** A column of free cells, as SQLite's are, takes more: SQLite keeps booleans as integers, and instants as text. */
const looselyTakes: Readonly<Record<string, readonly string[]>> = {
  ...takes,
  boolean: ['integer'],
  integer: ['boolean'],
};

export interface CheckTableOptions {
  /** What the table is called in messages. */
  readonly name: string;
  readonly info: TableInfo;
  readonly shape: SinkShape;
  readonly cells: Cells;
}

/** @throws MillraceError BAD_SINK for the first thing about a table that would not let the answers in. */
export const checkTable = ({ name, info, shape: { columns, key }, cells }: CheckTableOptions): void => {
  const allowed = cells === 'free' ? looselyTakes : takes;
  for (const column of columns) {
    const there = info.columns.find((one) => one.name === column.name);
    if (there === undefined) {
      const names = info.columns.map((one) => one.name);
      const near = nearest(column.name, names);
      throw fail('BAD_SINK', `${name} has no column ${column.name}.${near ? ` Is it ${near}?` : ''}`, {
        field: column.name,
        expected: `a column ${column.name} (${column.type})`,
        got: names.join(', '),
      });
    }
    const [from, to] = [family(column.type), family(there.type)];
    if (from !== to && !allowed[to]?.includes(from)) {
      throw fail(
        'BAD_SINK',
        `${name}: the column ${column.name} is ${there.declared}, which does not hold ${column.type}`,
        {
          field: column.name,
          expected: column.type,
          got: there.declared,
        },
      );
    }
  }
  const names = new Set(columns.map((column) => column.name));
  const unfilled = info.columns.find((one: TableColumn) => !names.has(one.name) && !one.nullable && !one.hasDefault);
  if (unfilled) {
    throw fail('BAD_SINK', `${name}: the column ${unfilled.name} must have a value, and the answers have none for it`, {
      field: unfilled.name,
      expected: 'a default, or a column that may be null',
      got: `${unfilled.declared} not null`,
    });
  }
  const isKey = (set: readonly string[]): boolean => set.length === key.length && key.every((one) => set.includes(one));
  if (info.unique.some(isKey)) return;
  throw fail('BAD_SINK', `${name}: nothing makes the key (${key.join(', ')}) unique`, {
    field: key.join(', '),
    expected: `a primary key or unique index on (${key.join(', ')})`,
    got: info.unique.map((set) => `(${set.join(', ')})`).join(', ') || 'none',
  });
};
