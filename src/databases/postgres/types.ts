/**
 * PostgreSQL's types, and how a column of each travels in COPY's binary format: https://www.postgresql.org/docs/current/sql-copy.html
 * (the layout of a tuple) and the `*send` and `*recv` functions of its types (integers and floats big-endian; instants as µs
 * and dates as days since 2000-01-01). What is not in the table travels as text.
 */
import type { ColumnSpec, ColumnType } from '../../files/table.ts';

const EPOCH_DAYS = 10_957;
/** µs between 1970-01-01 and 2000-01-01. */
export const EPOCH_MICROS = 946_684_800_000_000n;
export const EPOCH_DAY_COUNT = EPOCH_DAYS;

/** PostgreSQL's `-infinity` and `infinity` of instants and dates; DuckDB has the negative of the latter for the former. */
export const MICROS_MIN = -(2n ** 63n);
export const MICROS_MAX = 2n ** 63n - 1n;
export const DAYS_MIN = -(2 ** 31);
export const DAYS_MAX = 2 ** 31 - 1;

/** By the oid of the type (src/include/catalog/pg_type.dat): the column's type, and the SQL that brings it there. */
interface Incoming {
  readonly type: ColumnType;
  readonly cast?: string;
}
const incoming: Readonly<Record<number, Incoming>> = {
  16: { type: 'BOOLEAN' },
  20: { type: 'BIGINT' },
  21: { type: 'SMALLINT' },
  23: { type: 'INTEGER' },
  25: { type: 'VARCHAR' },
  26: { type: 'BIGINT', cast: 'int8' },
  700: { type: 'FLOAT' },
  701: { type: 'DOUBLE' },
  1042: { type: 'VARCHAR', cast: 'text' },
  1043: { type: 'VARCHAR' },
  19: { type: 'VARCHAR', cast: 'text' },
  1082: { type: 'DATE' },
  1114: { type: 'TIMESTAMP' },
  1184: { type: 'TIMESTAMP WITH TIME ZONE' },
  114: { type: 'JSON', cast: 'text' },
  3802: { type: 'JSON', cast: 'text' },
};
const NUMERIC_OID = 1700;

/**
 * A numeric of up to 18 digits without a fraction is an integer; any other comes as its digits, as a cast to a double fails
 * for what none holds, and would cost the whole read.
 */
const numericOf = (modifier: number): Incoming => {
  const precision = modifier < 4 ? 0 : ((modifier - 4) >> 16) & 0xffff;
  const scale = modifier < 4 ? 1 : (modifier - 4) & 0x7ff;
  return precision > 0 && precision <= 18 && scale === 0
    ? { type: 'BIGINT', cast: 'int8' }
    : { type: 'DECIMAL', cast: 'text' };
};

/** How a column of this oid is read: its type, and its SQL. Arrays and records come as JSON, the rest as text. */
export const incomingOf = (
  column: string,
  oid: number,
  modifier: number,
  isArray: boolean,
): { type: ColumnType; sql: string } => {
  if (isArray) return { type: 'JSON', sql: `to_json(${column})::text` };
  const { type, cast } =
    oid === NUMERIC_OID ? numericOf(modifier) : (incoming[oid] ?? { type: 'VARCHAR', cast: 'text' });
  return { type, sql: cast === undefined ? column : `${column}::${cast}` };
};

const created: Readonly<Record<string, string>> = {
  BOOLEAN: 'boolean',
  TINYINT: 'smallint',
  UTINYINT: 'smallint',
  SMALLINT: 'smallint',
  USMALLINT: 'integer',
  INTEGER: 'integer',
  UINTEGER: 'bigint',
  BIGINT: 'bigint',
  UBIGINT: 'numeric(20)',
  FLOAT: 'real',
  DOUBLE: 'double precision',
  VARCHAR: 'text',
  DATE: 'date',
  TIMESTAMP: 'timestamp',
  TIMESTAMP_S: 'timestamp',
  TIMESTAMP_MS: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz',
  UUID: 'uuid',
};

/** The type of a column that is created. */
export const createdType = ({ type }: ColumnSpec): string => {
  const plain = created[type];
  if (plain !== undefined) return plain;
  if (type.startsWith('DECIMAL')) return type.replace('DECIMAL', 'numeric');
  return /^(?:STRUCT|MAP|UNION|VARIANT|JSON)\b|\[\d*\]$/.test(type) ? 'jsonb' : 'text';
};

/** Types that are staged as what they are; all others are staged as text, and cast when they are published. */
const binary: ReadonlySet<string> = new Set([
  'boolean',
  'smallint',
  'integer',
  'bigint',
  'real',
  'double precision',
  'text',
  'date',
  'timestamp',
  'timestamptz',
]);
export type BinaryType =
  | 'boolean'
  | 'smallint'
  | 'integer'
  | 'bigint'
  | 'real'
  | 'double precision'
  | 'text'
  | 'date'
  | 'timestamp'
  | 'timestamptz';

export const stagedType = (column: ColumnSpec): BinaryType => {
  const type = createdType(column);
  return binary.has(type) ? (type as BinaryType) : 'text';
};
