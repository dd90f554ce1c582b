/** The one reader of CSV, for files and for what comes over HTTP: a first line that names the columns, and a record a row. */
import { type Code, fail, type MillraceError, type Problem, show } from '../core/errors.ts';
import type { CsvRecord } from './csv-record.ts';
import { createRecordReader, type RecordReader } from './csv-records.ts';
import { MAX_ROW_CHARS } from './table.ts';

export interface CsvReader {
  /** The columns, once the first line has been read. */
  readonly names: readonly string[] | undefined;
  /** The rows that the text so far holds whole. `clean` says that nothing in it stands for bytes that are not UTF-8. */
  push(text: string, clean: boolean): Generator<CsvRecord>;
  /** The last row. */
  end(): Generator<CsvRecord>;
}

export interface CsvReaderOptions {
  /** What messages call the text. */
  readonly what: string;
  /** Of a text whose first line does not name the columns. */
  readonly code: Code;
}

const separators = [',', ';', '\t'];
const EXPECTED = 'a first line that names each column once';
/** The rows of a text whose lines end as on old Macs would all be names, and none would be read. */
const loneReturn = /\r(?!\n)/;

/**
 * What separates cells: a comma, unless the first line that is not blank has none outside of quotes, and does have a semicolon or a
 * tab. Undefined when that line has not come whole.
 */
const separatorOf = (text: string, isAll: boolean): string | undefined => {
  const found = new Set<string>();
  let isQuoted = false;
  let start = 0;
  while (text[start] === '\n' || text[start] === '\r') start++;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    const before = at === start ? ',' : text[at - 1];
    // A quote that follows a closing one stands for itself, so that the cell goes on.
    if (char === '"') isQuoted = !isQuoted && (before === '"' || separators.includes(before));
    else if (!isQuoted && separators.includes(char)) found.add(char);
    else if (!isQuoted && char === '\n') return separators.find((one) => found.has(one)) ?? ',';
  }
  return isAll || text.length > MAX_ROW_CHARS ? (separators.find((one) => found.has(one)) ?? ',') : undefined;
};

const isBlank = (record: CsvRecord): boolean =>
  'cells' in record && record.cells.length === 1 && record.cells[0] === null;

const wrongWidth = (names: readonly string[], got: number): Problem => ({
  code: 'BAD_LINE',
  message: `Expected ${names.length} cells, as in the first line, got ${got}.`,
  expected: `${names.length} cells`,
  got: `${got}`,
});

/** A blank line is a row only where the table has one column. @throws MillraceError `code` while reading when no line names the columns. */
export const createCsvReader = ({ what, code }: CsvReaderOptions): CsvReader => {
  let names: readonly string[] | undefined;
  let records: RecordReader | undefined;
  let waiting = '';
  let separator = ',';
  /** Characters to have before the end of the first line is looked for again, so that looking stays linear. */
  let enough = 0;

  const unusable = (where: string, got: string, field?: string): MillraceError =>
    fail(code, `${what}${where}: expected ${EXPECTED}.`, { expected: EXPECTED, got, ...(field && { field }) });
  const namesOf = (first: CsvRecord): readonly string[] => {
    const line = `, line ${first.line}`;
    if ('problem' in first) throw unusable(`${line}: ${first.problem.message}`, first.problem.got ?? '');
    const seen = new Set<string>();
    return first.cells.map((cell, index) => {
      const name = cell ?? `column${index + 1}`;
      if (loneReturn.test(name))
        throw unusable(`${line}: it ends with CR alone, where LF or CRLF ends a line`, 'CR', name);
      if (seen.has(name)) throw unusable(`${line}: two columns are called ${show(name)}`, `${show(name)} twice`, name);
      seen.add(name);
      return name;
    });
  };
  const rowsOf = function* (found: Iterable<CsvRecord>): Generator<CsvRecord> {
    for (const record of found) {
      if (names === undefined) {
        if (!isBlank(record)) names = namesOf(record);
      } else if ('problem' in record || record.cells.length === names.length) yield record;
      else if (!isBlank(record)) {
        const { line, cells } = record;
        yield { problem: wrongWidth(names, cells.length), line, raw: cells.join(separator) };
      }
    }
  };
  let isClean = true;
  const open = (isAll: boolean): RecordReader | undefined => {
    if (!isAll && waiting.length < enough) return undefined;
    const found = separatorOf(waiting, isAll);
    enough = waiting.length * 2;
    if (found === undefined) return undefined;
    separator = found;
    return createRecordReader(separator, MAX_ROW_CHARS);
  };
  const push = function* (text: string, clean: boolean, isAll: boolean): Generator<CsvRecord> {
    if (records !== undefined) return yield* rowsOf(records.push(text, clean));
    waiting += text;
    isClean &&= clean;
    records = open(isAll);
    if (records === undefined) return;
    const first = waiting;
    waiting = '';
    yield* rowsOf(records.push(first, isClean));
  };
  return {
    get names() {
      return names;
    },
    push: (text, clean) => push(text, clean, false),
    *end() {
      yield* push('', true, true);
      yield* rowsOf(records?.end() ?? []);
      if (names === undefined) throw unusable(' is empty', 'nothing');
    },
  };
};
