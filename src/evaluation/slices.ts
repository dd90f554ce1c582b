/** Parts of the rows: by a column's values, or by bands of its numbers. Which there are is settled by the table's first rows. */
import { fail, showNames } from '../core/errors.ts';
import { isInstant, kindOf } from '../core/kinds/index.ts';
import type { Field, Manifest } from '../core/types.ts';
import type { Cells, TableChunk } from '../files/table.ts';

/** Columns that rows are parted by. */
export const MOST_COLUMNS = 3;
/** Values of one that are parts of their own; the rest are one. */
export const MOST_VALUES = 20;
/** Bands of as many of the first rows each. */
const BANDS = 4;
/** Numbers that are fewer are values. */
const FEW_NUMBERS = 10;
const OTHER = 'others';
const NOTHING = 'missing';

export interface Slicing {
  readonly by: string;
  readonly values: readonly string[];
  /** The place among `values` of the part that each row is in. */
  places(chunk: TableChunk): Uint8Array;
}

/** The cells of a column; rows of JSON may have others than the first ones had. */
const cellsOf = ({ columns, rows }: TableChunk, by: string): ArrayLike<unknown> =>
  (columns[by] as ArrayLike<unknown> | undefined) ?? new Array<unknown>(rows).fill(null);

const isMissing = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || Number.isNaN(value);
const textOf = (value: unknown): string =>
  isMissing(value)
    ? NOTHING
    : typeof value === 'string'
      ? value
      : value instanceof Date
        ? value.toISOString()
        : String(value);

const isQuantity = (field: Field | undefined): boolean | undefined => {
  if (field === undefined) return undefined;
  const kind = kindOf(field);
  return kind.column === 'number' && kind.isNumber === true && !isInstant(field);
};

const short = (value: number): string => String(Number(value.toPrecision(4)));

/** Four bands, of as many of these numbers each. */
export const bandsOf = (by: string, numbers: readonly number[]): Slicing => {
  const sorted = Float64Array.from(numbers).sort();
  const edges = [
    ...new Set(Array.from({ length: BANDS - 1 }, (_, at) => sorted[Math.ceil(((at + 1) / BANDS) * sorted.length) - 1])),
  ].filter((edge) => edge < sorted[sorted.length - 1]);
  const names = [
    ...edges.map((edge, at) => (at === 0 ? `≤ ${short(edge)}` : `${short(edges[at - 1])} – ${short(edge)}`)),
    ...(edges.length === 0 ? ['all'] : [`> ${short(edges[edges.length - 1])}`]),
    NOTHING,
  ];
  return {
    by,
    values: names,
    places: (chunk) =>
      Uint8Array.from(cellsOf(chunk, by), (cell) => {
        const value = isMissing(cell) ? Number.NaN : Number(cell);
        if (Number.isNaN(value)) return names.length - 1;
        let band = 0;
        while (band < edges.length && value > edges[band]) band++;
        return band;
      }),
  };
};

const values = (by: string, texts: readonly string[]): Slicing => {
  const seen = new Map<string, number>();
  for (const text of texts) seen.set(text, (seen.get(text) ?? 0) + 1);
  const most = [...seen]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, MOST_VALUES)
    .map(([text]) => text);
  const places = new Map(most.map((text, at) => [text, at]));
  return {
    by,
    values: [...most, OTHER],
    places: (chunk) => Uint8Array.from(cellsOf(chunk, by), (cell) => places.get(textOf(cell)) ?? most.length),
  };
};

const sliceBy = (by: string, { inputs }: Manifest, chunk: TableChunk, cells: Cells): Slicing => {
  const given = Array.from(cellsOf(chunk, by));
  const told = given.filter((value) => !isMissing(value));
  const numbers = told.map(Number);
  const looks =
    numbers.every(Number.isFinite) && (cells !== 'typed' || told.every((value) => typeof value !== 'boolean'));
  const isNumber = isQuantity(inputs[by]) ?? looks;
  return isNumber && looks && new Set(numbers).size > FEW_NUMBERS
    ? bandsOf(by, numbers)
    : values(by, given.map(textOf));
};

/** @throws USAGE for more columns than are told apart, or one that the table lacks */
export const slicingsOf = (
  columns: readonly string[],
  manifest: Manifest,
  input: string,
  chunk: TableChunk,
  cells: Cells,
): readonly Slicing[] => {
  if (columns.length > MOST_COLUMNS) {
    const expected = `at most ${MOST_COLUMNS} columns`;
    throw fail('USAGE', `Rows are parted by ${expected}.`, { expected, got: showNames(columns) });
  }
  const have = Object.keys(chunk.types);
  for (const by of columns) {
    if (have.includes(by)) continue;
    throw fail('USAGE', `${input} has no column ${by} to part its rows by.`, { expected: showNames(have), got: by });
  }
  return columns.map((by) => sliceBy(by, manifest, chunk, cells));
};
