/**
 * Rows as columns: values are gathered until there is a block of them, which is counted at once. So a row costs a few
 * stores, and the loops that count run as they do for columns.
 */
import type { ColumnInput, ColumnOutput, Field, Fields } from '../../core/types.ts';
import { numberOf, numbersOf, startCounting } from './counting.ts';
import type { Bins, FieldBins, Profile } from './profile.ts';

type Row = Readonly<Record<string, unknown>>;

/** One field's values of a block. */
interface GatheredColumn {
  readonly name: string;
  take(value: unknown, row: number): void;
  /** Those of the first rows. */
  values(rows: number): ColumnInput;
}

export interface Gathering {
  /** A row, or undefined where there is none: all its values are missing. */
  addRow(row: Row | undefined): void;
  addColumns(columns: Readonly<Record<string, ColumnInput | ColumnOutput>>): void;
  /** What was counted so far; so many values of each field were refused, and are not missing. */
  profile(refused: number): Profile;
}

/** Values of a block: few enough that counting them holds nobody up. */
const BLOCK_VALUES = 2 ** 14;
const MOST_ROWS = 512;
const NUMBER: Field = { kind: 'number' };

const numbers = (name: string, field: Field, size: number): GatheredColumn => {
  const column = new Float64Array(size);
  const read = numberOf(field);
  return {
    name,
    take(value, row) {
      column[row] = read(value);
    },
    values: (rows) => column.subarray(0, rows),
  };
};

/** A text that is longer than every label is none of them, however it goes on. */
const labels = (name: string, known: readonly string[]): GatheredColumn => {
  const longest = known.reduce((most, { length }) => Math.max(most, length), 0);
  const column: unknown[] = [];
  return {
    name,
    take(value, row) {
      column[row] = typeof value === 'string' && value.length > longest ? value.slice(0, longest + 1) : value;
    },
    values: (rows) => column.slice(0, rows) as ColumnInput,
  };
};

const columnOf = (name: string, field: Field, bins: FieldBins, size: number): GatheredColumn =>
  'edges' in bins ? numbers(name, field, size) : labels(name, bins.labels);

/** Counts fields on their bins. */
export const startGathering = (fields: Fields, bins: Bins): Gathering => {
  const names = Object.keys(bins).filter((name) => Object.hasOwn(fields, name));
  const size = Math.max(1, Math.min(MOST_ROWS, Math.floor(BLOCK_VALUES / Math.max(1, names.length))));
  const columns = names.map((name) => columnOf(name, fields[name], bins[name], size));
  // What is counted as a number has been read as one by then: of a text its length.
  const isNumber = (name: string): boolean => 'edges' in bins[name];
  const read = names.map((name) => [name, isNumber(name) ? NUMBER : fields[name]] as const);
  const counting = startCounting(Object.fromEntries(read), bins);
  let rows = 0;

  const countBlock = (): void => {
    counting.add(Object.fromEntries(columns.map(({ name, values }) => [name, values(rows)])));
    rows = 0;
  };
  return {
    addRow(row) {
      for (const { name, take } of columns) take(row?.[name], rows);
      rows++;
      if (rows === size) countBlock();
    },
    addColumns(given) {
      const known = names.filter((name) => given[name] !== undefined);
      const values = (name: string) => (isNumber(name) ? numbersOf(fields[name], given[name]) : given[name]);
      counting.add(Object.fromEntries(known.map((name) => [name, values(name)])));
    },
    profile(refused) {
      if (rows > 0) countBlock();
      return counting.profile(refused);
    },
  };
};
