/** CSV over HTTP: read as files are. The first line names the fields, and all cells are texts. */
import { fail, type Problem } from '../../../core/errors.ts';
import { misspellingOf } from '../../../core/nearest.ts';
import type { Answer, Fields } from '../../../core/types.ts';
import { unknownRow } from '../../../core/unknown-row.ts';
import { csvCell } from '../../../files/cells.ts';
import { createCsvReader } from '../../../files/csv-reader.ts';
import { emptyCell } from '../../../files/scoring.ts';
import type { TableText } from './body-text.ts';

export const csvType = 'text/csv; charset=utf-8';

/** A row, or why its line cannot be read. */
export type CsvRow = { readonly row: Readonly<Record<string, unknown>> } | { readonly problem: Problem };

/**
 * The rows of a CSV text. An empty cell is a missing value, but for texts that may not be missing: there it is the empty
 * text (docs/VALIDATION.md). Throws BAD_REQUEST when the first line does not name fields, or none that the model knows.
 */
export const readCsv = ({ text, clean }: TableText, fields: Fields): readonly CsvRow[] => {
  const reader = createCsvReader({ what: 'The body', code: 'BAD_REQUEST' });
  const records = [...reader.push(text, clean), ...reader.end()];
  const names = reader.names ?? [];
  const known = Object.keys(fields);
  if (known.length > 0 && !names.some((name) => Object.hasOwn(fields, name) || misspellingOf(name, known))) {
    const { message, ...rest } = unknownRow('The first line', names, known);
    throw fail('BAD_REQUEST', message, rest);
  }
  const empty = names.map((name) => emptyCell(Object.hasOwn(fields, name) ? fields[name] : undefined));
  return records.map((record): CsvRow => {
    if ('problem' in record) return { problem: record.problem };
    return { row: Object.fromEntries(names.map((name, at) => [name, record.cells[at] ?? empty[at]])) };
  });
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
