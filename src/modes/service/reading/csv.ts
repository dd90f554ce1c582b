/** CSV over HTTP: read as files are. The first line names the fields, and all cells are texts. */
import { fail, type Problem } from '../../../core/errors.ts';
import { kindOf } from '../../../core/kinds/index.ts';
import { misspellingOf } from '../../../core/nearest.ts';
import type { Fields } from '../../../core/types.ts';
import { unknownRow } from '../../../core/unknown-row.ts';
import { createCsvReader } from '../../../files/csv-reader.ts';
import type { CsvRecord } from '../../../files/csv-record.ts';
import { emptyCell } from '../../../files/scoring.ts';
import { elementColumns, listOf, tensorOfColumns } from '../../../files/tensor-cells.ts';
import type { TableText } from './body-text.ts';
import { tooManyRows } from './row-limits.ts';

/** Names that are held against those of the fields: where none is known, the first few say what the others are. */
const MOST_GUESSED = 100;

/** A row, or why its line cannot be read. */
export type CsvRow = { readonly row: Readonly<Record<string, unknown>> } | { readonly problem: Problem };

type Row = Readonly<Record<string, unknown>>;

/** Rows with the tensors that their cells hold: as JSON in one, or an element in each of `x_0` … `x_n`. */
const tensorsOf = (fields: Fields, names: readonly string[]) => {
  const elements = elementColumns(fields, (column) => names.includes(column));
  const isElement = new Set([...elements.values()].flat());
  const whole = Object.keys(fields).filter((name) => kindOf(fields[name]).column === 'tensor' && names.includes(name));
  const read = (row: Row): Row => {
    const given = Object.fromEntries(Object.entries(row).filter(([name]) => !isElement.has(name)));
    for (const name of whole) given[name] = listOf(row[name]);
    for (const [name, columns] of elements) {
      const cells = columns.map((column) => [row[column]]);
      given[name] = tensorOfColumns(fields[name], cells, 1)[0];
    }
    return given;
  };
  return { isElement, read: whole.length + elements.size === 0 ? (row: Row) => row : read };
};

/**
 * The rows of a CSV text. An empty cell is a missing value, but for texts that may not be missing: there it is the empty
 * text (docs/VALIDATION.md). Reading stops behind `most` rows.
 *
 * @throws BAD_REQUEST when the first line does not name fields, or none that the model knows; TOO_MANY_ROWS
 */
export const readCsv = ({ text, clean }: TableText, fields: Fields, most: number): readonly CsvRow[] => {
  const reader = createCsvReader({ what: 'The body', code: 'BAD_REQUEST' });
  const records: CsvRecord[] = [];
  const take = (some: Iterable<CsvRecord>): void => {
    for (const record of some) if (records.push(record) > most) throw tooManyRows(most);
  };
  take(reader.push(text, clean));
  take(reader.end());
  const names = reader.names ?? [];
  const known = Object.keys(fields);
  const tensors = tensorsOf(fields, names);
  const isKnown = (name: string, at: number): boolean =>
    Object.hasOwn(fields, name) ||
    tensors.isElement.has(name) ||
    (at < MOST_GUESSED && misspellingOf(name, known) !== undefined);
  if (known.length > 0 && !names.some(isKnown)) {
    const { message, ...rest } = unknownRow('The first line', names, known);
    throw fail('BAD_REQUEST', message, rest);
  }
  const empty = names.map((name) => emptyCell(Object.hasOwn(fields, name) ? fields[name] : undefined));
  return records.map((record): CsvRow => {
    if ('problem' in record) return { problem: record.problem };
    return { row: tensors.read(Object.fromEntries(names.map((name, at) => [name, record.cells[at] ?? empty[at]]))) };
  });
};
