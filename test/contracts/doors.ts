/**
 * One row, one answer, at every door: what is asked at each of them, and what must become of it. A door that cannot carry a value is
 * named beside it, with the reason.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Code } from '../../src/core/errors.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';
import type { Door, Seen } from './door.ts';
import { type Case, cases, refused } from './doors-cases.ts';

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
