/** Reading what a query answers, by a cursor that the thread keeps. */
import type { ColumnInput } from '../../core/types.ts';
import { type ColumnSpec, record, type TableChunk } from '../../files/table.ts';
import type { ReadQueryOptions } from '../database.ts';
import type { Connection } from './connection.ts';
import { typeOfDeclared } from './dialect.ts';
import type { FetchedRows } from './thread.ts';

type Ask = Pick<Connection, 'ask'>;

export const columnsOf = async ({ ask }: Ask, sql: string): Promise<readonly ColumnSpec[]> =>
  (await ask('columns', [sql])).map(({ name, type }) => ({ name, type: typeOfDeclared(type) }));

/** All rows of a query; the first chunk comes even when there are none. */
export async function* readQuery(
  connection: Ask,
  sql: string,
  { chunkRows }: ReadQueryOptions,
): AsyncGenerator<TableChunk> {
  const { ask } = connection;
  const columns = await columnsOf(connection, sql);
  const types = record<string>();
  for (const { name, type } of columns) types[name] = type;
  await ask('openCursor', [sql]);
  try {
    let before = 0;
    for (;;) {
      const fetched: FetchedRows = await ask('fetch', [chunkRows]);
      if (fetched.rows === 0 && before > 0) return;
      const values = record<ColumnInput>();
      columns.forEach(({ name }, index) => {
        values[name] = fetched.columns[index];
      });
      const start = before;
      before += fetched.rows;
      yield {
        rows: fetched.rows,
        columns: values,
        types,
        rejects: [],
        place: (index) => ({ row: start + index + 1 }),
      };
      if (fetched.done) return;
    }
  } finally {
    await ask('closeCursor', []).catch(() => {});
  }
}
