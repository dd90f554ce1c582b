import type { Code } from '../../src/core/errors.ts';
import type { Typed } from './door.ts';

export interface Case {
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

export const refused = (code: Code): { readonly code: Code } => ({ code });
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
      what: `U+FFFD within ${field}`,
      field,
      json: '"a\\ufffd"',
      cell: 'a\uFFFD',
      tensor: text('a\uFFFD'),
      column: text('a\uFFFD'),
      wish: 'a\uFFFD',
    },
    {
      what: `U+0000 within ${field}`,
      field,
      json: '"a\\u0000b"',
      cell: 'a\0b',
      tensor: text('a\0b'),
      column: text('a\0b'),
      wish: refused('WRONG_TYPE'),
      but: {
        'a table of PostgreSQL': [refused('STORE_FAILED'), 'PostgreSQL takes no such text'],
      },
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
