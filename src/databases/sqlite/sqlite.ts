/** SQLite, through a thread of its own. */
import { fail } from '../../core/errors.ts';
import type { Database } from '../database.ts';
import { identityOf, readsTable, tableInfo } from './catalog.ts';
import { connect } from './connection.ts';
import { sqliteDialect } from './dialect.ts';
import { openLoad } from './load.ts';
import { columnsOf, readQuery } from './read.ts';

/** Opens a file, relative to the working directory, or `:memory:`. @throws MillraceError BAD_PROJECT for no path. */
export const openSqlite = (given: string): Database => {
  const path = given.replace(/^\/\/(?=\/)/, '');
  if (path === '')
    throw fail('BAD_PROJECT', 'This database URL has no path', { expected: 'sqlite:<path>', got: 'sqlite:' });
  const place = `sqlite:${path}`;
  const connection = connect(path, place);
  const { session, transaction, close } = connection;
  return {
    place,
    file: path,
    dialect: sqliteDialect,
    ...session,
    identity: () => identityOf(path),
    reads: (sql, table) => readsTable(session, sql, table),
    describe: (sql) => columnsOf(connection, sql),
    read: (sql, options) => readQuery(connection, sql, options),
    transaction,
    load: (table, columns) => openLoad(connection, table, columns),
    table: (name) => tableInfo(session, name),
    close,
  };
};
