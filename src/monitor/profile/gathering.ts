/**
 * Rows as columns: values are gathered until there is a block of them, which is counted at once. So a row costs a few
 * stores, and the loops that count run as they do for columns.
 */
import { kindOf } from '../../core/kinds/index.ts';
import type { ColumnInput, ColumnOutput, Field, Fields } from '../../core/types.ts';
import { numberOf, numbersOf, startCounting } from './counting.ts';
import { type Measure, measured, measuresOf } from './measures.ts';
import type { Bins, FieldBins, Profile } from './profile.ts';
import { RARE_UNITS } from './rare-labels.ts';

type Row = Readonly<Record<string, unknown>>;

export interface Gathering {
  /** A row, or undefined where there is none: all its values are missing. */
  addRow(row: Row | undefined): void;
  /** Of so many rows. */
  addColumns(columns: Readonly<Record<string, ColumnInput | ColumnOutput>>, rows: number): void;
  /** What was counted so far; so many values of each field were refused, and are not missing. */
  profile(refused: number): Profile;
}

/** Fields as they are read: as they are, or by a measure. */
interface Read {
  readonly fields: Fields;
  readonly measures: Readonly<Record<string, Measure | undefined>>;
}
type ReadNumber = (value: unknown) => number;

/** By any name, also `constructor`. */
const onlyOwn = <T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T | undefined>> =>
  Object.assign(Object.create(null), record);

/** Values of a block: few enough that counting them holds nobody up. */
const BLOCK_VALUES = 2 ** 14;
const MOST_ROWS = 512;
const NUMBER: Field = { kind: 'number' };
const NO_ROW: Row = {};

/** Numbers of a block, one column after the other. The loop that takes a row runs for every row, so it calls nothing it need not. */
const gatherNumbers = (names: readonly string[], { fields, measures }: Read, size: number) => {
  const data = new Float64Array(names.length * size);
  const sources = names.map((name) => measures[name]?.of ?? name);
  const reads = names.map((name) => (measures[name]?.value as ReadNumber | undefined) ?? numberOf(fields[name]));
  const isPlain = names.map((name) => measures[name] === undefined && kindOf(fields[name]).profile === 'numbers');
  return {
    take(row: Row, at: number): void {
      for (let column = 0; column < names.length; column++) {
        const value = row[sources[column]];
        data[column * size + at] = typeof value === 'number' && isPlain[column] ? value : reads[column](value);
      }
    },
    columns: (rows: number) =>
      names.map((name, column) => [name, data.subarray(column * size, column * size + rows)] as const),
  };
};

/** Texts and truths of a block. A text that is longer than every label is none of them, however it goes on. */
const gatherLabels = (names: readonly string[], { measures }: Read, bins: Bins) => {
  const longest = names.map((name) =>
    Math.max(leastOf(bins[name]), ...labelsIn(bins[name]).map(({ length }) => length)),
  );
  const data: unknown[][] = names.map(() => []);
  const sources = names.map((name) => measures[name]?.of ?? name);
  const reads = names.map((name) => measures[name]?.value);
  return {
    take(row: Row, at: number): void {
      for (let column = 0; column < names.length; column++) {
        const given = row[sources[column]];
        const read = reads[column];
        const value = read === undefined ? given : read(given);
        const most = longest[column];
        data[column][at] = typeof value === 'string' && value.length > most ? value.slice(0, most + 1) : value;
      }
    },
    columns: (rows: number) => names.map((name, column) => [name, data[column].slice(0, rows) as ColumnInput] as const),
  };
};

/** Rare labels are told apart by so much of them. */
const leastOf = (bins: FieldBins): number => ('rare' in bins && bins.rare !== undefined ? RARE_UNITS : 0);
const labelsIn = (bins: FieldBins): readonly string[] => ('labels' in bins ? bins.labels : []);

/** Counts fields on their bins. */
export const startGathering = (fields: Fields, bins: Bins): Gathering => {
  const measures = onlyOwn(measuresOf(fields));
  const names = Object.keys(bins).filter((name) => Object.hasOwn(fields, name) || measures[name] !== undefined);
  const isNumber = (name: string): boolean => 'edges' in bins[name];
  const size = Math.max(1, Math.min(MOST_ROWS, Math.floor(BLOCK_VALUES / Math.max(1, names.length))));
  const numbers = gatherNumbers(names.filter(isNumber), { fields, measures }, size);
  const labels = gatherLabels(
    names.filter((name) => !isNumber(name)),
    { fields, measures },
    bins,
  );
  // What is counted as a number has been read as one by then: of a text its length. So have measures.
  const read = names.map((name) => [name, isNumber(name) ? NUMBER : (measures[name]?.field ?? fields[name])] as const);
  const counting = startCounting(Object.fromEntries(read), bins);
  let rows = 0;

  const countBlock = (): void => {
    counting.add(Object.fromEntries([...numbers.columns(rows), ...labels.columns(rows)]));
    rows = 0;
  };
  return {
    addRow(row = NO_ROW) {
      numbers.take(row, rows);
      labels.take(row, rows);
      rows++;
      if (rows === size) countBlock();
    },
    addColumns(given, count) {
      const known = names.filter((name) => given[measures[name]?.of ?? name] !== undefined);
      const values = (name: string) => {
        const measure = measures[name];
        if (measure !== undefined) return measured(measure, given[measure.of]);
        return isNumber(name) ? numbersOf(fields[name], given[name]) : given[name];
      };
      counting.add(Object.fromEntries(known.map((name) => [name, values(name)])), count);
    },
    profile(refused) {
      if (rows > 0) countBlock();
      return counting.profile(refused);
    },
  };
};
