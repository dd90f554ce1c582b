/**
 * Splitting CSV text into records as RFC 4180 writes them, with LF or CRLF, and finding the way again after a bad one: one
 * stray quote costs one row, not the rest of the file. More lenient than the RFC in one thing: a quote inside a cell that
 * does not start with one is a character like others.
 */
import { NOT_UTF8 } from '../text/utf8.ts';
import { createQuotedReader } from './csv-quoted.ts';
import { badLine, CR, type CsvCursor, type CsvRecord, lineEnd } from './csv-record.ts';

export interface RecordReader {
  /** The records that the text so far holds whole. */
  push(text: string, clean: boolean): Generator<CsvRecord>;
  /** The last record, which needs no line end. */
  end(): Generator<CsvRecord>;
}

/** Characters that are shown of a line that is too long. */
const SHOWN_CHARS = 2000;

/** A record as it is, unless something in it stands for bytes that are not UTF-8. */
const checkUtf8 = (record: CsvRecord, delimiter: string): CsvRecord => {
  if ('problem' in record || !record.cells.some((cell) => cell?.includes(NOT_UTF8))) return record;
  const raw = record.cells.join(delimiter).toWellFormed();
  return { problem: badLine('The line is not UTF-8', 'UTF-8 text', 'bytes that are none'), line: record.line, raw };
};

/** The line up to `end`, in which there is no quote. */
const takeLine = (cursor: CsvCursor, end: number, delimiter: string): CsvRecord => {
  const { text, at } = cursor;
  const line = text.slice(at, text.charCodeAt(end - 1) === CR && end > at ? end - 1 : end);
  cursor.at = end + 1;
  const cells: (string | null)[] = line.split(delimiter);
  for (let index = 0; index < cells.length; index++) if (cells[index] === '') cells[index] = null;
  return { cells, line: cursor.line++, length: line.length };
};

/** Reads records one after another. `delimiter` is one character; a record has `maxChars` at most. */
export const createRecordReader = (delimiter: string, maxChars: number): RecordReader => {
  const cursor: CsvCursor = { text: '', isLast: false, at: 0, line: 1 };
  const quoted = createQuotedReader(delimiter, maxChars);
  /** Characters to have before looking again for the end of a long record, so that looking stays linear. */
  let enough = 0;
  /** Inside a line that is too long: drop everything up to its end. */
  let isSkipping = false;
  let isClean = true;
  /** The first quote at or after the cursor, looked for once: 2^32 - 1 when there is none. */
  let quote = -1;

  /** Undefined when more text is needed. */
  const next = (): CsvRecord | undefined => {
    const { text, isLast, at } = cursor;
    if (at >= text.length) return undefined;
    let end = text.indexOf('\n', at);
    if (end === -1) {
      if (!isLast) return undefined;
      end = text.length;
    }
    if (quote < at) quote = text.indexOf('"', at) >>> 0;
    return quote < end ? quoted.read(cursor) : takeLine(cursor, end, delimiter);
  };

  /** Goes on with other text, of which nothing is known yet. */
  const keep = (text: string): void => {
    cursor.text = text;
    cursor.at = 0;
    quote = -1;
    quoted.reset();
  };

  /** True when the end of a line that was too long has come. */
  const isPast = (): boolean => {
    const after = lineEnd(cursor.text, 0);
    keep(after === -1 ? '' : cursor.text.slice(after));
    if (after !== -1) cursor.line++;
    return after !== -1;
  };

  const drain = function* (isLast: boolean): Generator<CsvRecord> {
    cursor.isLast = isLast;
    if (isSkipping && !isPast()) return;
    isSkipping = false;
    for (let record = next(); record !== undefined; record = next()) {
      yield isClean ? record : checkUtf8(record, delimiter);
    }
    keep(cursor.text.slice(cursor.at));
    isClean ||= !cursor.text.includes(NOT_UTF8);
    enough = cursor.text.length * 2;
    if (cursor.text.length <= maxChars) return;
    const tooLong = badLine('The line is too long', `at most ${maxChars} characters`, 'more');
    yield { problem: tooLong, line: cursor.line, raw: cursor.text.slice(0, SHOWN_CHARS) };
    keep('');
    enough = 0;
    isSkipping = true;
  };

  return {
    *push(text, clean) {
      isClean &&= clean;
      cursor.text += text;
      if (cursor.text.length >= enough || cursor.text.length > maxChars) yield* drain(false);
    },
    *end() {
      yield* drain(true);
    },
  };
};
