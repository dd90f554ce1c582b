/**
 * Labels and tables of model.yaml that stand in a CSV file beside it, so that people can read both. They are packed as if
 * they stood in model.yaml: the package, and so its digest, is the same.
 */
import { join } from 'node:path';
import { fail, MillraceError, problemOf, show } from '../core/errors.ts';
import { parseNumeral } from '../core/field.ts';
import { createCsvReader } from '../files/csv-reader.ts';
import type { Path } from '../yaml/schema-problems.ts';
import { readText } from './source-file.ts';

/** What of model.yaml is looked at here; the schema has checked it. */
export interface Tabled {
  readonly inputs: Readonly<Record<string, object>>;
  readonly outputs: Readonly<Record<string, object>>;
  readonly prepare?: readonly Readonly<Record<string, object>>[];
}

interface Row {
  readonly line: number;
  readonly key: string;
  /** What stands behind the key. */
  readonly cells: readonly (string | null)[];
}

const wrong = (path: string, line: number, expected: string, got: string) =>
  fail('BAD_MANIFEST', `${path}:${line}: expected ${expected}, got ${got}.`, { expected, got });

const readRows = async (path: string): Promise<readonly Row[]> => {
  const text = await readText(path, 'BAD_MANIFEST', 'The file');
  const reader = createCsvReader({ what: path, code: 'BAD_MANIFEST' });
  const rows = new Map<string, Row>();
  for (const record of [...reader.push(text, true), ...reader.end()]) {
    const { line } = record;
    if ('problem' in record) {
      const { code: _, message, ...details } = record.problem;
      throw fail('BAD_MANIFEST', `${path}:${line}: ${message}`, details);
    }
    const [key, ...cells] = record.cells;
    if (key === null) throw wrong(path, line, 'something in the first column', 'an empty cell');
    const before = rows.get(key);
    if (before) throw wrong(path, line, 'each key once', `${show(key)}, which line ${before.line} has`);
    rows.set(key, { line, key, cells });
  }
  if (rows.size === 0) throw wrong(path, 1, 'lines below the first, which names the columns', 'none');
  return [...rows.values()];
};

/** Numbers where the first value is one, else texts. */
const tableOf = (path: string, rows: readonly Row[]): Readonly<Record<string, number | string>> => {
  const numberOf = (cell: string): number | undefined => {
    const number = parseNumeral(cell);
    return Number.isFinite(number) ? number : undefined;
  };
  const hasNumbers = numberOf(rows[0].cells[0] ?? '') !== undefined;
  const kind = hasNumbers ? 'a number' : 'a text that is no number';
  return Object.fromEntries(
    rows.map(({ line, key, cells: [cell, ...more] }) => {
      if (cell === undefined || more.length > 0) {
        throw wrong(path, line, 'two columns, key and value', `${more.length === 0 ? 1 : more.length + 2}`);
      }
      if (cell === null) throw wrong(path, line, `${kind} in the second column`, 'an empty cell');
      const number = numberOf(cell);
      if ((number !== undefined) !== hasNumbers)
        throw wrong(path, line, `${kind}, as in line ${rows[0].line}`, show(cell));
      return [key, number ?? cell];
    }),
  );
};

/**
 * model.yaml with what the files hold that it names: the first column of `labels: zones.csv`, key and value of
 * `table: pace.csv`. `at` gives the place of a key. @throws MillraceError BAD_MANIFEST, FILE_NOT_FOUND
 */
export const withSideTables = async <T extends Tabled>(
  yaml: T,
  dir: string,
  at: (path: Path) => string,
): Promise<T> => {
  const rowsAt = async (name: string, path: Path): Promise<readonly Row[]> => {
    try {
      return await readRows(join(dir, name));
    } catch (error) {
      const problem = problemOf(error);
      if (problem.code !== 'FILE_NOT_FOUND') throw error;
      throw new MillraceError({ ...problem, message: `${at(path)}: ${problem.message}` }, { cause: error });
    }
  };
  const fieldsOf = async (part: 'inputs' | 'outputs'): Promise<Tabled['inputs']> => {
    const fields: Record<string, object> = { ...yaml[part] };
    for (const [name, field] of Object.entries(fields)) {
      if (!('labels' in field) || typeof field.labels !== 'string') continue;
      const rows = await rowsAt(field.labels, [part, name, 'labels']);
      fields[name] = { ...field, labels: rows.map(({ key }) => key) };
    }
    return fields;
  };
  const steps: Readonly<Record<string, object>>[] = [];
  for (const [index, step] of (yaml.prepare ?? []).entries()) {
    const [[kind, settings]] = Object.entries(step);
    if ('table' in settings && typeof settings.table === 'string') {
      const rows = await rowsAt(settings.table, ['prepare', index, kind, 'table']);
      steps.push({ [kind]: { ...settings, table: tableOf(join(dir, settings.table), rows) } });
    } else steps.push(step);
  }
  return {
    ...yaml,
    inputs: await fieldsOf('inputs'),
    outputs: await fieldsOf('outputs'),
    ...(yaml.prepare && { prepare: steps }),
  };
};
