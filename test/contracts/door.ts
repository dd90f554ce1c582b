import type { Code, Problem } from '../../src/core/errors.ts';

/** What became of a row: the values that the model saw, by field, or the code with which it was refused. */
export type Seen = { readonly is: Readonly<Record<string, unknown>> } | { readonly code: Code };

/** A value of one field, for doors that have types; `sql` is its column in the words of both databases. */
export interface Typed {
  readonly field: string;
  readonly value: number | boolean | string | null;
  readonly type: 'DOUBLE' | 'BOOLEAN' | 'VARCHAR' | 'BIGINT';
}

/** What a door takes: a row of JSON, one value of JSON, a table of CSV, or a typed value. */
export type Door =
  | { readonly name: string; readonly takes: 'json'; ask(row: Buffer): Promise<Seen> }
  | { readonly name: string; readonly takes: 'literal'; ask(field: string, literal: string): Promise<Seen> }
  | { readonly name: string; readonly takes: 'csv'; ask(table: Buffer): Promise<Seen> }
  | { readonly name: string; readonly takes: 'tensor' | 'column'; ask(value: Typed): Promise<Seen> };

const mark = Buffer.from('\uFEFF');

/** A row within a document; a byte order mark stands in front of all of it. */
export const within = (before: string, row: Buffer, behind: string): Buffer =>
  row.subarray(0, 3).equals(mark)
    ? Buffer.concat([mark, Buffer.from(before), row.subarray(3), Buffer.from(behind)])
    : Buffer.concat([Buffer.from(before), row, Buffer.from(behind)]);

export interface Told {
  readonly prediction?: Readonly<Record<string, unknown>>;
  readonly predictions?: readonly (Told | Readonly<Record<string, unknown>>)[];
  readonly outputs?: readonly { readonly name: string; readonly data: readonly unknown[] }[];
  readonly error?: Problem | string;
  readonly code?: Code;
}

export const seenIn = (told: Told): Seen => {
  if (told.code !== undefined) return { code: told.code };
  if (typeof told.error === 'object') return { code: told.error.code };
  if (told.outputs) return { is: Object.fromEntries(told.outputs.map(({ name, data }) => [name, data[0]])) };
  if (told.prediction) return { is: told.prediction };
  const [first] = told.predictions ?? [];
  if (first === undefined) throw new Error(`nothing came back: ${JSON.stringify(told)}`);
  if ('prediction' in first || 'error' in first) return seenIn(first as Told);
  return { is: first as Readonly<Record<string, unknown>> };
};
