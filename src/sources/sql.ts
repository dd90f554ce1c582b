/** Rows of a query on SQLite or PostgreSQL, in the order of their key. */
import { createHash } from 'node:crypto';
import { fail } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { Row } from '../core/types.ts';
import type { Database } from '../databases/database.ts';
import { columnList, identifier } from '../databases/sql-text.ts';
import { jsonText } from '../files/cells.ts';
import { rowAt } from '../files/scoring.ts';
import type { ColumnSpec, TableChunk } from '../files/table.ts';
import { exactColumn } from '../files/values.ts';
import type { Source, SourceChunk, SourcePosition, Span } from './source.ts';
import { bareQuery, fillParameters, fillPattern } from './template.ts';

export interface SqlSourceOptions {
  readonly database: Database;
  /** What the source is called in messages. */
  readonly name: string;
  readonly sql: string;
  /** Columns that tell rows apart; none when rows are only numbered. */
  readonly key: readonly string[];
  readonly span: Span | undefined;
  readonly chunkRows: number;
}

/**
 * Behind the key `after` (SQL texts of its values); where `nulls` is given, behind so many of the rows that have no key,
 * which come last; without either, behind so many rows. `rows` counts all rows so far.
 */
interface SqlPosition {
  readonly rows: number;
  readonly after?: readonly string[];
  readonly nulls?: number;
}

/** Every way to say the ends of a window; docs/BATCH.md has them in a table. */
const parametersOf =
  ({ dialect }: Database, span: Span | undefined) =>
  (name: string): string | undefined => {
    const [, end, form = ''] = /^(from|to)(_utc|_iso|_unix)?$/.exec(name) ?? [];
    if (!span || (end !== 'from' && end !== 'to')) return undefined;
    const ms = span[end];
    if (form === '_iso') return `'${new Date(ms).toISOString()}'`;
    if (form === '_unix') return String(Math.floor(ms / 1000));
    return form === '_utc'
      ? `'${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}'`
      : dialect.instant(ms, span.zone);
  };

const unknownKey = (name: string, source: string, columns: readonly ColumnSpec[]) => {
  const known = columns.map((column) => column.name);
  const meant = nearest(name, known);
  return fail(
    'BAD_SOURCE',
    `${source} has no column ${name}, which is to be its key.${meant ? ` Is it ${meant}?` : ''}`,
    {
      field: name,
      expected: `one of ${known.join(', ')}`,
      got: name,
    },
  );
};

export const sqlSource = ({ database, name, sql, key, span, chunkRows }: SqlSourceOptions): Source => {
  const { dialect } = database;
  const query = fillParameters(fillPattern(bareQuery(sql), span), parametersOf(database, span));
  const digest = createHash('sha256').update(`${database.place}\n${query}`).digest('hex').slice(0, 16);
  const from = `select * from (${query}\n) as source`;
  const noKey = key.map((column) => `${identifier(column)} is null`).join(' or ');
  const keys = `(${columnList(key)})`;

  /** The statement that answers all rows behind a position, and how their order is fixed. */
  const statement = (columns: readonly ColumnSpec[], position: SqlPosition): string => {
    const others = columns.filter((column) => !key.includes(column.name)).map((column) => dialect.orderable(column));
    const offset = (rows: number): string => (rows === 0 ? '' : dialect.offset(rows));
    if (key.length === 0) return `${from} order by ${others.join(', ')}${offset(position.rows)}`;
    const first = key.length === 1 ? `${identifier(key[0])} nulls last` : `(${noKey}), ${columnList(key)}`;
    const order = [first, ...others].join(', ');
    if (position.nulls !== undefined) return `${from} where ${noKey} order by ${order}${offset(position.nulls)}`;
    if (position.after === undefined) return `${from} order by ${order}`;
    return `${from} where ${keys} > (${position.after.join(', ')}) or ${noKey} order by ${order}`;
  };

  const isNullKey = (chunk: TableChunk, row: number): boolean =>
    key.some((column) => {
      const value = (chunk.columns[column] as ArrayLike<unknown>)[row];
      return value === null || value === undefined || Number.isNaN(value);
    });

  const behind = (chunk: TableChunk, before: SqlPosition): SqlPosition => {
    const rows = before.rows + chunk.rows;
    if (key.length === 0) return { rows };
    if (chunk.rows === 0) return before;
    let nulls = 0;
    while (nulls < chunk.rows && isNullKey(chunk, chunk.rows - 1 - nulls)) nulls++;
    if (nulls > 0) return { rows, nulls: (before.nulls ?? 0) + nulls };
    const after = key.map((name) => {
      const value = (exactColumn(chunk, { name, type: chunk.types[name] }) as ArrayLike<unknown>)[chunk.rows - 1];
      const isPlain = typeof value !== 'object' || value === null || value instanceof Uint8Array;
      return dialect.literal(isPlain ? value : jsonText(value));
    });
    return { rows, after };
  };

  const describe = async (): Promise<readonly ColumnSpec[]> => {
    const columns = await database.describe(query);
    for (const column of key) if (!columns.some((one) => one.name === column)) throw unknownKey(column, name, columns);
    return columns;
  };

  return {
    name,
    cells: dialect.cells,
    fit: dialect.fit,
    isOrdered: key.length > 0,
    fingerprint: async () => digest,
    async reads(sink) {
      if ('file' in sink) return false;
      if ((await database.identity()) !== (await sink.database.identity())) return false;
      return (await sink.database.table(sink.table)) !== undefined && database.reads(query, sink.table);
    },
    async *read(start?: SourcePosition, wanted?: readonly string[]): AsyncGenerator<SourceChunk> {
      let position = (start ?? { rows: 0 }) as unknown as SqlPosition;
      const columns = await describe();
      const looked = wanted && [...wanted, ...key];
      for await (const chunk of database.read(statement(columns, position), { chunkRows, wanted: looked })) {
        const first = position.rows;
        position = behind(chunk, position);
        yield {
          ...chunk,
          place: (index) => ({ row: first + index + 1 }),
          next: { ...position },
          rowKey: (row) => `${digest}-${row}`,
        };
      }
    },
    ...(key.length > 0 && {
      async find(wanted: readonly (readonly unknown[])[]): Promise<readonly Row[]> {
        if (wanted.length === 0) return [];
        const list = dialect.anyOf(wanted.map((one) => one.map((value) => dialect.literal(value))));
        const found: Row[] = [];
        const rows = `${from} where ${key.length === 1 ? identifier(key[0]) : keys} in (${list})`;
        for await (const chunk of database.read(rows, { chunkRows })) {
          for (let index = 0; index < chunk.rows; index++) found.push(rowAt(chunk, index));
        }
        return found;
      },
    }),
    close: () => database.close(),
  };
};
