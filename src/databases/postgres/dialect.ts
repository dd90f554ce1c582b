import type { Dialect } from '../database.ts';
import { identifier } from '../sql-text.ts';
import { createdType, stagedType } from './types.ts';

const text = (value: string): string => {
  const quoted = value.replaceAll("'", "''");
  return value.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`;
};

/** The first eight hexadecimal digits of the SHA-256 of "millrace sink". */
const CREATE_LOCK = 0x2a1c6b2b;

export const postgresDialect: Dialect = {
  cells: 'typed',
  integer: 'bigint',
  typeOf: createdType,
  stageTypeOf: stagedType,
  literal(value, type) {
    if (value === null || value === undefined || (typeof value === 'number' && Number.isNaN(value))) return 'null';
    if (typeof value === 'boolean') return String(value);
    const shown = text(value instanceof Date ? value.toISOString() : String(value));
    return type === undefined ? shown : `${shown}::${createdType({ name: '', type })}`;
  },
  // The connection's own time zone is that of the windows, so columns with and without a zone compare as they should.
  instant: (ms) => `'${new Date(ms).toISOString()}'::timestamptz`,
  orderable: ({ name, type }) => (type === 'JSON' ? `${identifier(name)}::text` : identifier(name)),
  offset: (rows) => ` offset ${rows}`,
  anyOf: (rows) => rows.map((values) => `(${values.join(', ')})`).join(', '),
  cast: (value, declared) => `cast(${value} as ${declared})`,
  // Two processes that create at once would meet in the catalogue, `if not exists` or not.
  lockTables: `select pg_advisory_xact_lock(${CREATE_LOCK})`,
};
