/** Answers as CSV: a line a row. */
import type { Answer, Fields } from '../../../core/types.ts';
import { csvCell } from '../../../files/cells.ts';
import { listText } from '../in-turns.ts';

export const CSV_TYPE = 'text/csv; charset=utf-8';

const cell = csvCell('VARCHAR');

/** A line a row: its id, its outputs, and what was wrong with it. */
export const writeCsv = (id: string, outputs: Fields, answers: readonly Answer[]): string | Promise<Buffer> => {
  const names = Object.keys(outputs);
  const line = (values: readonly unknown[]): string => values.map(cell).join(',');
  const lineOf = ({ output, error }: Answer, row: number): string =>
    line([
      `${id}.${row}`,
      ...names.map((name) => output?.[name]),
      error === undefined ? undefined : `${error.code}: ${error.message}`,
    ]);
  const header = line(['id', ...names, 'error']);
  return listText(answers, lineOf, [answers.length > 0 ? `${header}\n` : header, '\n', '\n']);
};
