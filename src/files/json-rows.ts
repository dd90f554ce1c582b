/** What the two JSON formats share: objects that become columns, and rows that become objects. */
import type { Problem } from '../core/errors.ts';
import { problemOf, show } from '../core/errors.ts';
import { readJson } from '../text/json.ts';
import { jsonCell } from './cells.ts';
import { type ChunkBuilder, createChunkBuilder } from './chunk-builder.ts';
import { type ColumnSpec, type Rows, record, type TableChunk } from './table.ts';

type JsonRow = Readonly<Record<string, unknown>>;

const notARow = (value: unknown): Problem => {
  const got = show(value);
  return {
    code: 'NOT_A_ROW',
    message: `Expected a JSON object of fields, got ${got}.`,
    expected: 'a JSON object',
    got,
  };
};

/** A field that a row lacks is undefined in its column. */
const columnsOf = (rows: readonly JsonRow[]): Pick<TableChunk, 'columns' | 'types'> => {
  const columns = record<unknown[]>();
  const types = record<string>();
  rows.forEach((row, index) => {
    for (const name in row) {
      columns[name] ??= new Array<unknown>(rows.length).fill(undefined);
      columns[name][index] = row[name];
      types[name] ??= 'JSON';
    }
  });
  return { columns, types };
};

export interface JsonRowReader {
  readonly builder: ChunkBuilder<JsonRow>;
  /** Rows that were read well, of all chunks. */
  readonly good: number;
  /** Takes one row's text. */
  take(text: string, line: number): void;
  flush(share: number | undefined): TableChunk;
}

export const createJsonRowReader = (chunkRows: number): JsonRowReader => {
  const builder = createChunkBuilder<JsonRow>(chunkRows);
  let good = 0;
  return {
    builder,
    get good() {
      return good;
    },
    take(text, line) {
      let value: unknown;
      try {
        value = readJson(text, 'The row');
      } catch (error) {
        builder.reject(problemOf(error), line, text);
        return;
      }
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        builder.reject(notARow(value), line, text);
      else {
        good++;
        builder.add(value as JsonRow, line, text.length);
      }
    },
    flush(share) {
      const { rows, rejects, place } = builder.take();
      return { rows: rows.length, ...columnsOf(rows), rejects, place, ...(share === undefined ? {} : { share }) };
    },
  };
};

/**
 * Rows as lines of JSON. The declared columns come first, in their order and with their types; what else the rows hold
 * follows as it is. A field that is undefined is left out.
 */
export const jsonLines = (columns: readonly ColumnSpec[], { rows, columns: values }: Rows): readonly string[] => {
  const known = new Set(columns.map(({ name }) => name));
  const others = Object.keys(values).filter((name) => !known.has(name));
  const cells = [...columns, ...others.map((name) => ({ name, type: 'JSON' }))].flatMap(({ name, type }) => {
    const column = values[name];
    return column === undefined ? [] : [{ key: JSON.stringify(name), encode: jsonCell(type), column }];
  });
  const lines: string[] = [];
  for (let row = 0; row < rows; row++) {
    let line = '';
    for (const { key, encode, column } of cells) {
      const text = encode(column[row]);
      if (text !== undefined) line += `${line === '' ? '' : ','}${key}:${text}`;
    }
    lines.push(`{${line}}`);
  }
  return lines;
};
