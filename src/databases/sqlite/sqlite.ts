/** SQLite, through a thread of its own. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fail } from '../../core/errors.ts';
import type { ColumnInput } from '../../core/types.ts';
import { type ColumnSpec, type Rows, record, type TableChunk } from '../../files/table.ts';
import { exactColumn } from '../../files/values.ts';
import { beside } from '../../threads/ended.ts';
import { startThread } from '../../threads/start-thread.ts';
import type { Database, Loader, ReadQueryOptions, Session, TableColumn, TableName } from '../database.ts';
import { placeFailure } from '../failures.ts';
import { columnList, tableText } from '../sql-text.ts';
import { sqliteDialect, sqliteValue, typeOfDeclared } from './dialect.ts';
import type { FetchedRows, SqliteCalls } from './thread.ts';

/** How long a statement waits for other processes to release the file. */
const PATIENCE_MS = 20_000;

const isMissingFile = (error: unknown): boolean =>
  ((error as Error | undefined)?.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';

/** The values of a column as they are bound. Columns of numbers stay as they are, and cost nothing. */
const bound = ({ type }: ColumnSpec, values: ColumnInput): ArrayLike<unknown> => {
  const plain = ArrayBuffer.isView(values) && type !== 'TIMESTAMP WITH TIME ZONE';
  return plain ? (values as Float64Array) : Array.from(values as ArrayLike<unknown>, sqliteValue(type));
};

/** Opens a file, relative to the working directory, or `:memory:`. */
export const openSqlite = (given: string): Database => {
  const path = given.replace(/^\/\/(?=\/)/, '');
  if (path === '')
    throw fail('BAD_PROJECT', 'This database URL has no path', { expected: 'sqlite:<path>', got: 'sqlite:' });
  const place = `sqlite:${path}`;
  const told = (error: Error): Error => placeFailure(place, error);
  const thread = startThread<SqliteCalls>(beside('./thread', import.meta.url), {
    told,
    lost: ({ error }) => told(error ?? new Error('the thread of this database has ended')),
  });
  const { ask: call } = thread;
  thread.say('use', [path === ':memory:' ? path : resolve(path), PATIENCE_MS]);
  const session: Session = {
    query: (sql, values = []) => call('all', [sql, values]),
    run: (sql, values = []) => call('run', [sql, values]),
  };

  let inLine: Promise<unknown> = Promise.resolve();
  const transaction: Database['transaction'] = (work) => {
    const result = inLine.then(async () => {
      await call('begin', []);
      try {
        const answer = await work(session);
        await call('end', ['commit']);
        return answer;
      } catch (error) {
        await call('end', ['rollback']).catch(() => {});
        throw error;
      }
    });
    inLine = result.catch(() => {});
    return result;
  };

  /** The program that SQLite makes of a query opens tables and indexes by their root page: https://www.sqlite.org/opcode.html */
  const reads: Database['reads'] = async (sql, name) => {
    const roots = await session.query(
      'select rootpage from sqlite_schema where rootpage > 0 and lower(tbl_name) = lower(?)',
      [name.at(-1)],
    );
    if (roots.length === 0) return false;
    const pages = new Set(roots.map(({ rootpage }) => Number(rootpage)));
    const program = await session.query(`explain ${sql}`);
    return program.some(({ opcode, p2, p3 }) => opcode === 'OpenRead' && Number(p3) === 0 && pages.has(Number(p2)));
  };
  const identity: Database['identity'] = async () => {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    return found ? `sqlite:${found.dev}:${found.ino}` : `sqlite:${resolve(path)}`;
  };

  const describe = async (sql: string): Promise<readonly ColumnSpec[]> =>
    (await call('columns', [sql])).map(({ name, type }) => ({ name, type: typeOfDeclared(type) }));

  async function* read(sql: string, { chunkRows }: ReadQueryOptions): AsyncGenerator<TableChunk> {
    const columns = await describe(sql);
    const types = record<string>();
    for (const { name, type } of columns) types[name] = type;
    await call('openCursor', [sql]);
    try {
      let before = 0;
      for (;;) {
        const fetched: FetchedRows = await call('fetch', [chunkRows]);
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
      await call('closeCursor', []).catch(() => {});
    }
  }

  const load = async (table: TableName, columns: readonly ColumnSpec[]): Promise<Loader> => {
    const marks = columns.map(() => '?').join(', ');
    const id = await call('beginLoad', [`insert into ${tableText(table)} (${columnList(columns)}) values (${marks})`]);
    return {
      write: (rows: Rows) =>
        call('hold', [id, rows.rows, columns.map((column) => bound(column, exactColumn(rows, column)))]),
      commit: (also) =>
        transaction(async (tx) => {
          await call('insertHeld', [id]);
          await also(tx);
        }).finally(() => call('drop', [id])),
      abort: () => call('drop', [id]),
    };
  };

  const table: Database['table'] = async (name) => {
    const [plain] = name.slice(-1);
    try {
      const columns = await session.query(
        'select name, type, "notnull" as fixed, dflt_value, pk from pragma_table_info(?)',
        [plain],
      );
      if (columns.length === 0) return undefined;
      const indexes = await session.query(
        `select list.name as list, info.name from pragma_index_list(?) as list, pragma_index_info(list.name) as info
          where list."unique" = 1 and list.partial = 0 order by list.name, info.seqno`,
        [plain],
      );
      const primary = columns.filter(({ pk }) => Number(pk) > 0).sort((a, b) => Number(a.pk) - Number(b.pk));
      const unique = [...Map.groupBy(indexes, ({ list }) => list).values()].map((rows) =>
        rows.map((row) => String(row.name)),
      );
      return {
        columns: columns.map(
          (column): TableColumn => ({
            name: String(column.name),
            type: typeOfDeclared(String(column.type)),
            declared: String(column.type),
            nullable: Number(column.fixed) === 0 && Number(column.pk) === 0,
            hasDefault: column.dflt_value !== null,
          }),
        ),
        unique: primary.length === 0 ? unique : [primary.map((row) => String(row.name)), ...unique],
      };
    } catch (error) {
      if (isMissingFile(error)) return undefined;
      throw error;
    }
  };

  return {
    place,
    file: path,
    dialect: sqliteDialect,
    ...session,
    identity,
    reads,
    describe,
    read,
    transaction,
    load,
    table,
    close: () => thread.close(),
  };
};
