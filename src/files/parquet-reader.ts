import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { fail, messageOf } from '../core/errors.ts';
import type { ColumnInput } from '../core/types.ts';
import { type ColumnCodec, codecOf } from './column-types.ts';
import { identifier, literal, openDuck } from './duckdb.ts';
import { type Source, sourceName } from './place.ts';
import { spoolSource } from './spool.ts';
import { type ColumnSpec, record, type Stored, type TableChunk } from './table.ts';
import { readColumn } from './vectors.ts';

const notParquet = (name: string, error: unknown) => {
  const got = messageOf(error).split('\n', 1)[0];
  return fail('BAD_FILE', `${name} cannot be read as Parquet: ${got}`, {
    expected: 'a Parquet file',
    got,
    cause: error,
  });
};

interface ParquetColumn extends ColumnSpec {
  readonly codec: ColumnCodec;
}

const describe = async (connection: DuckDBConnection, from: string): Promise<readonly ParquetColumn[]> => {
  const reader = await connection.runAndReadAll(`SELECT column_name, column_type FROM (DESCRIBE FROM ${from})`);
  return reader
    .getRows()
    .map(([name, type]) => ({ name: String(name), type: String(type), codec: codecOf(String(type)) }));
};

const countRows = async (connection: DuckDBConnection, path: string): Promise<number> => {
  const reader = await connection.runAndReadAll(
    `SELECT sum(num_rows)::DOUBLE FROM parquet_file_metadata(${literal(path)})`,
  );
  return Number(reader.getRows()[0]?.[0] ?? 0);
};

/** Columns that are decoded when first looked at: what only passes through never is. */
const lazyColumns = (columns: readonly ParquetColumn[], stored: Readonly<Record<string, Stored>>, rows: number) => {
  const values = record<ColumnInput>();
  for (const { name, codec } of columns) {
    let decoded: ColumnInput | undefined;
    Object.defineProperty(values, name, {
      enumerable: true,
      get() {
        decoded ??= codec.decode(stored[name], rows);
        return decoded;
      },
    });
  }
  return values;
};

/** Reads a Parquet file in chunks of about `chunkRows` rows; a stream is first written to a temporary file. */
export async function* readParquet(source: Source, chunkRows: number): AsyncGenerator<TableChunk> {
  const name = sourceName(source);
  const { path, remove } = await spoolSource(source);
  const duck = await openDuck();
  try {
    const from = `read_parquet(${literal(path)}, hive_partitioning = false)`;
    const columns = await describe(duck.connection, from);
    const total = await countRows(duck.connection, path);
    const types = record<string>();
    for (const column of columns) types[column.name] = column.type;
    const selected = columns.map(({ name: column, codec }) => {
      const quoted = identifier(column);
      return codec.out ? `${codec.out(quoted)} AS ${quoted}` : quoted;
    });
    const result = await duck.connection.stream(`SELECT ${selected.join(', ')} FROM ${from}`);
    let read = 0;
    for (;;) {
      const chunks: DuckDBDataChunk[] = [];
      let rows = 0;
      while (rows < chunkRows) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) break;
        chunks.push(chunk);
        rows += chunk.rowCount;
      }
      if (rows === 0 && read > 0) return;
      const stored = record<Stored>();
      columns.forEach((column, index) => {
        stored[column.name] = readColumn(chunks, rows, index, column.codec);
      });
      const before = read;
      read += rows;
      yield {
        rows,
        columns: lazyColumns(columns, stored, rows),
        types,
        stored,
        rejects: [],
        place: (index) => ({ row: before + index + 1 }),
        share: total > 0 ? read / total : 1,
      };
      if (rows === 0) return;
    }
  } catch (error) {
    throw isFileError(error) ? notParquet(name, error) : error;
  } finally {
    duck.close();
    await remove();
  }
}

/** What DuckDB throws is a plain Error; what the consumer of a chunk throws never comes through here. */
const isFileError = (error: unknown): boolean => error instanceof Error && error.constructor === Error;
