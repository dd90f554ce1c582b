/** SQLite's words. It has few types, and a column may hold values of any: https://www.sqlite.org/datatype3.html */
import { zoneOf } from '../../core/zone.ts';
import { jsonText } from '../../files/cells.ts';
import type { ColumnType } from '../../files/table.ts';
import type { Dialect } from '../database.ts';
import { identifier } from '../sql-text.ts';
import { fitCells } from './cells.ts';
import { strayBytes } from './texts.ts';

const created: Readonly<Record<string, string>> = {
  BOOLEAN: 'boolean',
  TINYINT: 'integer',
  SMALLINT: 'integer',
  INTEGER: 'integer',
  BIGINT: 'integer',
  UTINYINT: 'integer',
  USMALLINT: 'integer',
  UINTEGER: 'integer',
  FLOAT: 'real',
  DOUBLE: 'real',
};

/** The type of a column by what it was declared as; `JSON` where a value of any type may stand. */
export const typeOfDeclared = (declared: string | null): ColumnType => {
  const type = (declared ?? '').toUpperCase();
  if (type.includes('BOOL')) return 'BOOLEAN';
  if (type.includes('INT')) return 'BIGINT';
  if (/CHAR|CLOB|TEXT/.test(type)) return 'VARCHAR';
  if (/REAL|FLOA|DOUB/.test(type)) return 'DOUBLE';
  return 'JSON';
};

/** `2026-11-01 00:00:00`: how SQLite's own functions write a date and time. */
export const sqliteTime = (ms: number, zone: string): string =>
  new Date(ms + zoneOf(zone).offset(ms)).toISOString().slice(0, 19).replace('T', ' ');

const hex = (bytes: Uint8Array): string => `x'${Buffer.from(bytes).toString('hex')}'`;

const literal = (value: unknown): string => {
  if (value instanceof Uint8Array) return hex(value);
  if (typeof value === 'string') {
    const stray = strayBytes(value);
    // SQL itself ends at U+0000.
    if (stray !== undefined || value.includes('\0')) return `cast(${hex(stray ?? Buffer.from(value))} as text)`;
  }
  if (value === null || value === undefined || Number.isNaN(value)) return 'null';
  if (value === Infinity || value === -Infinity) return value > 0 ? '9e999' : '-9e999';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  return `'${String(value).replaceAll("'", "''")}'`;
};

/** SQLite makes doubles of a numeric's digits, of which 15 are sure to stay. */
const isExactNumeric = (type: ColumnType): boolean => {
  const width = /^DECIMAL\((\d+),\d+\)$/.exec(type)?.[1];
  return width !== undefined && Number(width) <= 15;
};

const MAX_INTEGER = 2n ** 63n - 1n;

export const sqliteDialect: Dialect = {
  cells: 'free',
  integer: 'integer',
  typeOf: ({ type }) => created[type] ?? (isExactNumeric(type) ? 'numeric' : 'text'),
  // No type at all, so that nothing is changed on the way.
  stageTypeOf: () => '',
  literal,
  instant: (ms, zone) => literal(sqliteTime(ms, zone)),
  orderable: ({ name }) => identifier(name),
  offset: (rows) => ` limit -1 offset ${rows}`,
  anyOf: (rows) => {
    const list = rows.map((values) => `(${values.join(', ')})`).join(', ');
    return rows[0]?.length === 1 ? list : `values ${list}`;
  },
  // A column takes values of any type, and its affinity does the rest.
  cast: (value) => value,
  fit: fitCells,
};

/** How a value of a column type is bound. */
export const sqliteValue = (type: ColumnType): ((value: unknown) => unknown) => {
  const instant = type === 'TIMESTAMP WITH TIME ZONE';
  return (value) => {
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (instant && typeof value === 'number') return Number.isNaN(value) ? null : new Date(value).toISOString();
    if (typeof value === 'bigint' && (value > MAX_INTEGER || value < -MAX_INTEGER - 1n)) return String(value);
    if (value instanceof Date) return value.toISOString();
    if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) return jsonText(value);
    return value;
  };
};
