/** CSV over HTTP, by the rules of CSV files: the first line names the fields, and all cells are texts. */
import { fail, type Problem, show } from '../../../core/errors.ts';
import type { Answer, Fields } from '../../../core/types.ts';
import { csvCell } from '../../../files/cells.ts';
import { type CsvRecord, createRecordReader } from '../../../files/csv-records.ts';
import { MAX_ROW_CHARS } from '../../../files/table.ts';

export const csvType = 'text/csv; charset=utf-8';

/** A row, or why its line cannot be read. */
export type CsvRow = { readonly row: Readonly<Record<string, unknown>> } | { readonly problem: Problem };

const headerOf = (first: CsvRecord | undefined): readonly string[] => {
  const expected = 'a first line that names each field once';
  const names = first && 'cells' in first ? first.cells.map((cell) => cell ?? '') : [];
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (names.some((name) => name !== '') && twice === undefined) return names;
  const got = twice === undefined ? 'none' : `${show(twice)} twice`;
  throw fail('BAD_REQUEST', `The CSV has no usable first line: expected ${expected}, got ${got}.`, { expected, got });
};

/**
 * The rows of a CSV text. An empty cell is a missing value, but for texts that may not be missing: there it is the empty
 * text (docs/VALIDATION.md). Throws BAD_REQUEST when the first line does not name the fields.
 */
export const readCsv = (text: string, fields: Fields): readonly CsvRow[] => {
  const reader = createRecordReader(',', MAX_ROW_CHARS);
  const [first, ...rest] = [...reader.push(text.replace(/^\uFEFF/, ''), true), ...reader.end()];
  const names = headerOf(first);
  const empty = names.map((name) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return (field?.kind === 'text' || field?.kind === 'category') && !field.nullable ? '' : null;
  });
  return rest.flatMap((found): readonly CsvRow[] => {
    if ('problem' in found) return [{ problem: found.problem }];
    const { cells } = found;
    if (cells.length === 1 && cells[0] === null) return names.length === 1 ? [rowOf(cells)] : [];
    if (cells.length === names.length) return [rowOf(cells)];
    const expected = `${names.length} cells, as in the first line`;
    const got = `${cells.length}`;
    return [{ problem: { code: 'BAD_LINE', expected, got, message: `Expected ${expected}, got ${got}.` } }];
  });
  function rowOf(cells: readonly (string | null)[]): CsvRow {
    return { row: Object.fromEntries(names.map((name, at) => [name, cells[at] ?? empty[at]])) };
  }
};

const cell = csvCell('VARCHAR');

/** A line a row: its id, its outputs, and what was wrong with it. */
export const writeCsv = (id: string, outputs: Fields, answers: readonly Answer[]): string => {
  const names = Object.keys(outputs);
  const line = (values: readonly unknown[]): string => values.map(cell).join(',');
  const lines = answers.map(({ output, error }, row) =>
    line([
      `${id}.${row}`,
      ...names.map((name) => output?.[name]),
      error === undefined ? undefined : `${error.code}: ${error.message}`,
    ]),
  );
  return `${[line(['id', ...names, 'error']), ...lines].join('\n')}\n`;
};
