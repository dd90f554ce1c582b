import { deflateRawSync } from 'node:zlib';
import { type Dialect, tables } from './contracts/tables.ts';

const asText = (value: unknown): unknown => (value === null ? null : String(value));
const same = (value: unknown): unknown => value;
const zip = Buffer.concat([Buffer.from('PK\u0003\u0004'), deflateRawSync('a,b\n1,2\n')]);
const parquetStart = Buffer.from('PAR1\u0015\u0004\u0000\u0000');

const dialects: readonly Dialect[] = [
  {
    format: 'csv',
    back: asText,
    keepsColumns: true,
    wrong: [
      ['an empty file', '', /empty/],
      ['a Parquet file', parquetStart, /Parquet/],
      ['UTF-16 text', Buffer.from('\uFEFFa,b\n1,2\n', 'utf16le'), /UTF-16/],
      ['a spreadsheet', zip, /spreadsheet/],
      ['a header with a name twice', 'a,b,a\n1,2,3\n', /line 1: two columns are called "a"/],
      ['a header with an open quote', '"a,b\n1,2\n', /line 1: A quote is opened and never closed/],
    ],
  },
  {
    format: 'ndjson',
    back: same,
    keepsColumns: false,
    wrong: [
      ['a CSV file', 'a,b\n1,2\n3,4\n', /not one row/],
      ['a JSON array over several lines', '[\n{"a":1},\n{"a":2}\n]\n', /not one row/],
      ['a Parquet file', parquetStart, /Parquet/],
    ],
  },
  {
    format: 'json',
    back: same,
    keepsColumns: false,
    wrong: [
      ['an empty file', '', /line 1: .*an empty file/],
      ['NDJSON', '{"a":1}\n{"a":2}\n', /line 1: .*"{" at the start/],
      ['an array that does not end', '[\n{"a":1},\n{"a":2}\n', /line 4: .*end of file/],
      ['text after the array', '[{"a":1}]\n{"a":2}', /line 2: .*more text/],
      ['a gzip file', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]), /gzip/],
    ],
  },
  {
    format: 'parquet',
    back: same,
    keepsColumns: true,
    wrong: [
      ['an empty file', '', /Parquet/],
      ['a CSV file', 'a,b\n1,2\n3,4\n', /Parquet/],
      ['the start of a Parquet file', parquetStart, /Parquet/],
    ],
  },
];

for (const dialect of dialects) tables(dialect);
