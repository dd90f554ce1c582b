/**
 * One row, one answer, at every door: what is asked at each of them, and what must become of it. A door that cannot carry a value is
 * named beside it, with the reason.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Code } from '../../src/core/errors.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';
import type { Door, Seen, Typed } from './doors-drivers.ts';

/** A model that answers what it is given: numbers as float64, texts as they are. */
export const modelFiles = {
  'model.onnx': buildOnnx({
    inputs: [
      { name: 'x', dtype: 'float64', dims: ['rows', 4] },
      { name: 'c', dtype: 'string', dims: ['rows', 1] },
      { name: 't', dtype: 'string', dims: ['rows', 1] },
    ],
    outputs: [
      { name: 'y', dtype: 'float64', dims: ['rows', 4] },
      { name: 'd', dtype: 'string', dims: ['rows', 1] },
      { name: 'u', dtype: 'string', dims: ['rows', 1] },
    ],
    nodes: [
      { op: 'Identity', inputs: ['x'], outputs: ['y'] },
      { op: 'Identity', inputs: ['c'], outputs: ['d'] },
      { op: 'Identity', inputs: ['t'], outputs: ['u'] },
    ],
  }),
  'model.yaml': `name: doors
version: 1.0.0
model: model.onnx
coerce: true
inputs:
  a: { kind: number, nullable: true }
  n: { kind: integer, nullable: true }
  flag: { kind: boolean, nullable: true }
  at: { kind: datetime, zone: UTC, nullable: true }
  c: { kind: category, nullable: true }
  t: { kind: text, nullable: true }
outputs:
  a_seen: { kind: number, nullable: true, from: y, at: 0 }
  n_seen: { kind: number, nullable: true, from: y, at: 1 }
  flag_seen: { kind: number, nullable: true, from: y, at: 2 }
  at_seen: { kind: number, nullable: true, from: y, at: 3 }
  c_seen: { kind: text, from: d }
  t_seen: { kind: text, from: u }
prepare:
  - hour: { of: at, as: hour }
  - concat: { fields: [a, n, flag, hour], as: x, dtype: float64 }
  - impute: { of: c, with: missing }
  - impute: { of: t, with: missing }
`,
} as const;

export const datatypesOf: Readonly<Record<string, string>> = { a: 'FP64', n: 'FP64', flag: 'BOOL' };

interface Case {
  readonly what: string;
  readonly field: string;
  /** As JSON and CSV write it, and as a tensor and a column hold it; a text is the reason why they cannot. */
  readonly json: string;
  readonly cell: string;
  readonly tensor: Omit<Typed, 'field'> | { readonly cannot: string };
  readonly column: Omit<Typed, 'field'> | { readonly cannot: string };
  readonly wish: unknown;
  /** Doors at which another thing is right, and why. */
  readonly but?: Readonly<Record<string, readonly [wish: unknown, why: string]>>;
}

const refused = (code: Code): { readonly code: Code } => ({ code });
const number = (value: number | null): Omit<Typed, 'field'> => ({ value, type: 'DOUBLE' });
const text = (value: string | null): Omit<Typed, 'field'> => ({ value, type: 'VARCHAR' });
const long = (value: string): Omit<Typed, 'field'> => ({ value, type: 'BIGINT' });
const cannot = (why: string) => ({ cannot: why });
const onlyTexts = 'its datatype is BYTES: the sender writes the text';
const asText: readonly [unknown, string] = [refused('WRONG_TYPE'), onlyTexts];
const csvDoors = (wish: unknown, why: string) =>
  Object.fromEntries(['/predict, CSV', '/invocations, CSV', 'a CSV file'].map((door) => [door, [wish, why] as const]));

const LONG = '9007199254740993';
const LONGER = '12345678901234567890123456789';
const noNull = 'a tensor of this datatype has no value for "missing"';
const past64 = 'no column of 64 bits holds it';

export const cases: readonly Case[] = [
  ...(['c', 't'] as const).flatMap((field): readonly Case[] => [
    {
      what: `2^53 + 1 as ${field}`,
      field,
      json: LONG,
      cell: LONG,
      tensor: text(LONG),
      column: long(LONG),
      wish: LONG,
      but: { 'V2, JSON': asText },
    },
    {
      what: `29 digits as ${field}`,
      field,
      json: LONGER,
      cell: LONGER,
      tensor: text(LONGER),
      column: cannot(past64),
      wish: LONGER,
      but: { 'V2, JSON': asText },
    },
    {
      what: `2^53 + 1 with a fraction of zero as ${field}`,
      field,
      json: `${LONG}.0`,
      cell: `${LONG}.0`,
      tensor: cannot(onlyTexts),
      column: number(2 ** 53),
      wish: refused('UNSAFE_INTEGER'),
      but: {
        'V2, JSON': asText,
        ...csvDoors(`${LONG}.0`, 'a cell of CSV is a text'),
      },
    },
    {
      what: `1e400 as ${field}`,
      field,
      json: '1e400',
      cell: '1e400',
      tensor: cannot(onlyTexts),
      column: number(Infinity),
      wish: refused('NOT_FINITE'),
      but: { 'V2, JSON': asText, ...csvDoors('1e400', 'a cell of CSV is a text') },
    },
    {
      what: `null as ${field}`,
      field,
      json: 'null',
      cell: '',
      tensor: cannot(noNull),
      column: text(null),
      wish: 'missing',
    },
    {
      what: `an empty text as ${field}`,
      field,
      json: '""',
      cell: '""',
      tensor: text(''),
      column: text(''),
      wish: 'missing',
    },
    {
      what: `a mark within ${field}`,
      field,
      json: '"\uFEFFa"',
      cell: '\uFEFFa',
      tensor: text('\uFEFFa'),
      column: text('\uFEFFa'),
      wish: '\uFEFFa',
    },
    {
      what: `a quoted line end in ${field}`,
      field,
      json: '"one\\n\\"two\\""',
      cell: '"one\n""two"""',
      tensor: text('one\n"two"'),
      column: text('one\n"two"'),
      wish: 'one\n"two"',
    },
    {
      what: `true as ${field}`,
      field,
      json: 'true',
      cell: 'true',
      tensor: cannot(onlyTexts),
      column: { value: true, type: 'BOOLEAN' },
      wish: 'true',
      but: { 'V2, JSON': asText, 'a table of SQLite': ['1', 'SQLite keeps true as 1'] },
    },
  ]),
  {
    what: '2^53 - 1 as integer',
    field: 'n',
    json: '9007199254740991',
    cell: '9007199254740991',
    tensor: number(2 ** 53 - 1),
    column: long('9007199254740991'),
    wish: 2 ** 53 - 1,
  },
  ...(['a', 'n'] as const).flatMap((field): readonly Case[] => [
    {
      what: `2^53 + 1 as ${field}`,
      field,
      json: LONG,
      cell: LONG,
      tensor: long(LONG),
      column: long(LONG),
      wish: refused('UNSAFE_INTEGER'),
    },
    {
      what: `29 digits as ${field}`,
      field,
      json: LONGER,
      cell: LONGER,
      tensor: cannot('no datatype holds it'),
      column: cannot(past64),
      wish: refused('UNSAFE_INTEGER'),
    },
    {
      what: `1e400 as ${field}`,
      field,
      json: '1e400',
      cell: '1e400',
      tensor: number(Infinity),
      column: number(Infinity),
      wish: refused('NOT_FINITE'),
    },
    {
      what: `-0 as ${field}`,
      field,
      json: '-0',
      cell: '-0',
      tensor: number(-0),
      column: number(-0),
      wish: -0,
      but: { 'a table of SQLite': [0, 'SQLite keeps whole doubles as integers, which have no -0'] },
    },
    {
      what: `null as ${field}`,
      field,
      json: 'null',
      cell: '',
      tensor: number(Number.NaN),
      column: number(null),
      wish: null,
    },
  ]),
  {
    what: 'a denormal',
    field: 'a',
    json: '5e-324',
    cell: '5e-324',
    tensor: number(5e-324),
    column: number(5e-324),
    wish: 5e-324,
  },
  {
    what: 'the most digits',
    field: 'a',
    json: '0.30000000000000004',
    cell: '0.30000000000000004',
    tensor: number(0.1 + 0.2),
    column: number(0.1 + 0.2),
    wish: 0.1 + 0.2,
  },
  {
    what: '1e20 in digits',
    field: 'a',
    json: '100000000000000000000',
    cell: '100000000000000000000',
    tensor: number(1e20),
    column: number(1e20),
    wish: 1e20,
  },
  {
    what: 'a fraction as integer',
    field: 'n',
    json: '1.5',
    cell: '1.5',
    tensor: number(1.5),
    column: number(1.5),
    wish: refused('NOT_INTEGER'),
  },
  {
    what: 'a text as number',
    field: 'a',
    json: '"x"',
    cell: 'x',
    tensor: text('x'),
    column: text('x'),
    wish: refused('WRONG_TYPE'),
  },
  {
    what: '1 as boolean',
    field: 'flag',
    json: '1',
    cell: '1',
    tensor: { value: true, type: 'BOOLEAN' },
    column: { value: true, type: 'BOOLEAN' },
    wish: 1,
  },
  {
    what: '2 as boolean',
    field: 'flag',
    json: '2',
    cell: '2',
    tensor: cannot('a BOOL is true or false'),
    column: cannot('a boolean is true or false'),
    wish: refused('WRONG_TYPE'),
  },
  {
    what: 'an instant',
    field: 'at',
    json: '"2026-03-01T07:30:00Z"',
    cell: '2026-03-01T07:30:00Z',
    tensor: text('2026-03-01T07:30:00Z'),
    column: text('2026-03-01T07:30:00Z'),
    wish: 7,
  },
  {
    what: 'a number as instant',
    field: 'at',
    json: '1772349000000',
    cell: '1772349000000',
    tensor: number(1772349000000),
    column: number(1772349000000),
    wish: refused('WRONG_TYPE'),
    but: {
      ...csvDoors(refused('BAD_DATETIME'), 'a cell of CSV is a text'),
      'a table of SQLite': [refused('BAD_SOURCE'), 'a column of numbers is refused before the first row'],
      'a table of PostgreSQL': [refused('BAD_SOURCE'), 'a column of numbers is refused before the first row'],
    },
  },
];

interface Document {
  readonly what: string;
  /** A row of JSON, or a table of CSV. */
  readonly json?: Buffer;
  readonly csv?: Buffer;
  readonly wish: { readonly [output: string]: unknown } | { readonly code: Code };
  readonly but?: Case['but'];
}
const bytes = (...parts: readonly (string | number)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))));
const wholeTable = { 'a CSV file': [refused('BAD_FILE'), 'a file is refused whole'] as const };

export const documents: readonly Document[] = [
  { what: 'a byte order mark', json: bytes('\uFEFF{"a":1}'), csv: bytes('\uFEFFa\n1\n'), wish: { a_seen: 1 } },
  {
    what: 'bytes that are not UTF-8 (JSON)',
    json: bytes('{"t":"caf', 0xe9, '"}'),
    wish: refused('BAD_JSON'),
    but: {
      'a JSON file': [refused('BAD_LINE'), 'the row alone'],
      'an NDJSON file': [refused('BAD_LINE'), 'the line alone'],
    },
  },
  { what: 'bytes that are not UTF-8 (CSV)', csv: bytes('t\ncaf', 0xe9, '\n'), wish: refused('BAD_LINE') },
  { what: 'a field twice (JSON)', json: bytes('{"a":1,"a":2}'), wish: refused('BAD_JSON') },
  { what: 'a field twice (CSV)', csv: bytes('a,a\n1,2\n'), wish: refused('BAD_REQUEST'), but: wholeTable },
  { what: 'NaN', json: bytes('{"a":NaN}'), wish: refused('BAD_JSON') },
  { what: 'Infinity', json: bytes('{"a":-Infinity}'), wish: refused('BAD_JSON') },
  { what: 'half of a word', json: bytes('{"a":tru}'), wish: refused('BAD_JSON') },
  { what: 'extra fields', json: bytes('{"a":1,"zone":"x"}'), csv: bytes('a,zone\n1,x\n'), wish: { a_seen: 1 } },
  { what: 'no known field (JSON)', json: bytes('{"PULocationID":1}'), wish: refused('UNKNOWN_FIELD') },
  { what: 'no known field (CSV)', csv: bytes('PULocationID\n1\n'), wish: refused('BAD_REQUEST'), but: wholeTable },
  { what: 'no field', json: bytes('{}'), wish: refused('MISSING_FIELD') },
  { what: 'semicolons', csv: bytes('a;t\n1;x,y\n'), wish: { a_seen: 1, t_seen: 'x,y' } },
  { what: 'tabs', csv: bytes('a\tt\r\n1\tx y\r\n'), wish: { a_seen: 1, t_seen: 'x y' } },
  { what: 'a quoted line end', csv: bytes('a,t\n1,"x\ny"\n'), wish: { a_seen: 1, t_seen: 'x\ny' } },
  { what: 'a line of another width', csv: bytes('a,t\n1\n'), wish: refused('BAD_LINE') },
];

const same = (seen: Seen, wish: unknown, output: string | undefined, where: string): void => {
  if (typeof wish === 'object' && wish !== null && 'code' in wish) assert.deepEqual(seen, wish, where);
  else if ('code' in seen) assert.fail(`${where}: refused with ${seen.code}`);
  else if (output !== undefined) {
    const given = seen.is[output];
    // Digits of a float64 past 2^53, as JSON has them; and what protobuf has for a missing number.
    const value = typeof given === 'bigint' ? Number(given) : Number.isNaN(given) ? null : given;
    assert.ok(Object.is(value, wish), `${where}: got ${String(value)}, expected ${String(wish)}`);
  } else for (const [name, value] of Object.entries(wish as object)) same(seen, value, name, where);
};

/** Asks every case at every door. */
export const doorsContract = (doors: () => readonly Door[]): void => {
  for (const { what, field, json, cell, tensor, column, wish, but = {} } of cases) {
    it(`${what} is the same at every door`, async () => {
      for (const door of doors()) {
        const expected = but[door.name]?.[0] ?? wish;
        const typed = door.takes === 'tensor' ? tensor : column;
        let seen: Seen;
        if (door.takes === 'json') seen = await door.ask(Buffer.from(`{"${field}":${json}}`));
        else if (door.takes === 'literal') seen = await door.ask(field, json);
        // A second column, so that an empty cell is no blank line.
        else if (door.takes === 'csv') seen = await door.ask(Buffer.from(`${field},other\n${cell},\n`));
        else if ('cannot' in typed) continue;
        else seen = await door.ask({ field, ...typed });
        same(seen, expected, `${field}_seen`, door.name);
      }
    });
  }
  for (const { what, json, csv, wish, but = {} } of documents) {
    it(`${what}: the same at every door`, async () => {
      for (const door of doors()) {
        const expected = but[door.name]?.[0] ?? wish;
        if (door.takes === 'json' && json) same(await door.ask(json), expected, undefined, door.name);
        if (door.takes === 'csv' && csv) same(await door.ask(csv), expected, undefined, door.name);
      }
    });
  }
};
