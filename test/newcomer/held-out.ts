/** What a library answers for rows that its model was not trained with, and whether Millrace answers the same. */
import { readFileSync } from 'node:fs';
import type { Tolerance } from '../../src/core/types.ts';

export type Cell = string | number | boolean | null | readonly Cell[];
export type Row = Readonly<Record<string, Cell>>;

/** As models.py writes it. */
export interface HeldOut {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** By the name of an output, in the library's order. */
  readonly answers: Readonly<Record<string, readonly Cell[]>>;
  /** The same as the library's own file has them, which may know classes by number alone. */
  readonly own: Readonly<Record<string, readonly Cell[]>>;
}

export const readHeldOut = (path: string): HeldOut => JSON.parse(readFileSync(path, 'utf8')) as HeldOut;

/** What a signature says of its inputs, as far as rows go. */
export type Fields = Readonly<Record<string, { readonly kind: string }>>;

/**
 * Rows as a caller sends them: a field takes the column of its name, or the one in its place where the file has its own names.
 * A library's file may say that a column holds numbers where the table has booleans: those are 0 and 1.
 */
export const rowsFor = ({ columns, rows }: HeldOut, fields: Fields): readonly Row[] => {
  const taken = Object.entries(fields).map(([field, { kind }], at) => {
    const place = columns.includes(field) ? columns.indexOf(field) : at;
    const isNumber = kind === 'number' || kind === 'integer';
    return {
      field,
      valueIn: (row: readonly Cell[]): Cell =>
        isNumber && typeof row[place] === 'boolean' ? Number(row[place]) : row[place],
    };
  });
  return rows.map((row) => Object.fromEntries(taken.map(({ field, valueIn }) => [field, valueIn(row)])));
};

/** How far answers are from the library's: what differs, in words, and the greatest difference of numbers. */
export interface Distance {
  readonly problem?: string;
  readonly greatest: number;
}

const distanceOf = (got: Cell | undefined, expected: Cell): number | undefined => {
  if (Array.isArray(expected) && Array.isArray(got)) {
    if (expected.length !== got.length) return undefined;
    const all = expected.map((one, at) => distanceOf(got[at], one));
    return all.reduce<number | undefined>(
      (most, one) => (most === undefined || one === undefined ? undefined : Math.max(most, one)),
      0,
    );
  }
  if (typeof expected === 'number' && typeof got === 'number') return Math.abs(got - expected);
  return String(got) === String(expected) ? 0 : undefined;
};

const size = (value: Cell): number =>
  Array.isArray(value) ? Math.max(0, ...value.map(size)) : Math.abs(Number(value));

/**
 * Holds a column of answers against the library's. Labels are equal as texts: a class that is a number to the library may be
 * a category here.
 */
export const compare = (
  name: string,
  got: readonly (Cell | undefined)[],
  expected: readonly Cell[],
  { atol, rtol }: Tolerance,
): Distance => {
  if (got.length !== expected.length) return { problem: `${got.length} rows for ${expected.length}`, greatest: 0 };
  let greatest = 0;
  for (const [row, want] of expected.entries()) {
    const difference = distanceOf(got[row], want);
    const allowed = typeof want === 'string' ? 0 : atol + rtol * size(want);
    if (difference === undefined || difference > allowed) {
      return {
        problem: `${name} of row ${row} is ${JSON.stringify(got[row])}, and ${JSON.stringify(want)} to the library`,
        greatest,
      };
    }
    greatest = Math.max(greatest, difference);
  }
  return { greatest };
};
