/**
 * Splitting CSV text into records as RFC 4180 writes them, with LF or CRLF, and finding the way again after a bad one.
 * More lenient than the RFC in one thing: a quote inside a cell that does not start with one is a character like others.
 */
import type { Problem } from '../core/errors.ts';
import { NOT_UTF8 } from '../text/utf8.ts';

export type CsvRecord =
  /** An empty cell without quotes is null; `""` is the empty text. */
  | { readonly cells: readonly (string | null)[]; readonly line: number; readonly length: number }
  | { readonly problem: Problem; readonly line: number; readonly raw: string };

export interface RecordReader {
  /** The records that the text so far holds whole. */
  push(text: string, clean: boolean): Generator<CsvRecord>;
  /** The last record, which needs no line end. */
  end(): Generator<CsvRecord>;
}

const problem = (message: string, expected: string, got: string): Problem => ({
  code: 'BAD_LINE',
  message: `${message}: expected ${expected}, got ${got}.`,
  expected,
  got,
});

const neverClosed = problem('A quote is opened and never closed', 'a closing "', 'none');
const QUOTE = 34;
const LF = 10;
const CR = 13;

/**
 * Reads records one after another. A record whose quotes do not match is rejected with its first line alone, and reading
 * goes on at the next line: one stray quote costs one row, not the rest of the file. `delimiter` is one character.
 */
export const createRecordReader = (delimiter: string, maxChars: number): RecordReader => {
  const separator = delimiter.charCodeAt(0);
  let buffer = '';
  let at = 0;
  let line = 1;
  /** Characters to have before looking again for the end of a long record, so that looking stays linear. */
  let enough = 0;
  /** Inside a line that is too long: drop everything up to its end. */
  let skipping = false;
  let clean = true;
  /**
   * Where cells in quotes began in records that turned out bad, by place in the buffer. Whatever record comes to such a cell ends as
   * badly, so it is not read again: else each of many bad lines would be read to the end of the text.
   */
  let doomed: Uint8Array | undefined;
  let doom = neverClosed;
  /** The first quote at or after `at`, looked for once: 2^32 - 1 when there is none. */
  let quote = -1;

  /** The place after the line that starts at `from`, or -1 when the buffer ends first. */
  const lineEnd = (from: number): number => buffer.indexOf('\n', from) + 1 || -1;

  const rejectLine = (found: Problem, last: boolean, opened: readonly number[]): CsvRecord | undefined => {
    if (opened.length > 1) doomed ??= new Uint8Array(buffer.length);
    if (doomed) for (const place of opened) doomed[place] = 1;
    doom = found;
    let next = lineEnd(at);
    if (next === -1) {
      if (!last) return undefined;
      next = buffer.length;
    }
    const bad = { problem: found, line, raw: buffer.slice(at, next).replace(/\r?\n$/, '') };
    at = next;
    line++;
    return bad;
  };

  /** The record that starts at `at`; undefined when more text is needed. */
  const quoted = (last: boolean): CsvRecord | undefined => {
    const cells: (string | null)[] = [];
    let position = at;
    const opened: number[] = [];
    let lines = 0;
    for (;;) {
      if (buffer.charCodeAt(position) === QUOTE) {
        if (doomed?.[position] === 1) return rejectLine(doom, last, opened);
        opened.push(position);
        let text = '';
        let from = position + 1;
        for (;;) {
          const close = buffer.indexOf('"', from);
          if (close === -1 || (close === buffer.length - 1 && !last)) {
            if (!last && buffer.length - at <= maxChars) return undefined;
            return rejectLine(neverClosed, last, opened);
          }
          text += buffer.slice(from, close);
          position = close + 1;
          if (buffer.charCodeAt(position) !== QUOTE) break;
          text += '"';
          from = position + 1;
        }
        for (let index = text.indexOf('\n'); index !== -1; index = text.indexOf('\n', index + 1)) lines++;
        cells.push(text);
      } else {
        const from = position;
        let code = buffer.charCodeAt(position);
        while (position < buffer.length && code !== separator && code !== LF) code = buffer.charCodeAt(++position);
        if (position === buffer.length && !last) return undefined;
        const text = buffer.slice(
          from,
          code === LF && buffer.charCodeAt(position - 1) === CR ? position - 1 : position,
        );
        cells.push(text === '' ? null : text);
      }
      let code = buffer.charCodeAt(position);
      if (code === CR && (buffer.charCodeAt(position + 1) === LF || position + 1 === buffer.length)) {
        if (position + 1 === buffer.length && !last) return undefined;
        code = buffer.charCodeAt(++position);
      }
      if (code === separator) {
        position++;
        continue;
      }
      if (code === LF || position >= buffer.length) {
        if (position >= buffer.length && !last) return undefined;
        const length = position - at;
        const record = { cells, line, length };
        line += lines + 1;
        at = Math.min(position + 1, buffer.length);
        return record;
      }
      const got = JSON.stringify(buffer[position]);
      return rejectLine(
        problem('Text follows a closing quote', `${JSON.stringify(delimiter)} or the end of the line`, got),
        last,
        opened,
      );
    }
  };

  const next = (last: boolean): CsvRecord | undefined => {
    if (at >= buffer.length) return undefined;
    let end = buffer.indexOf('\n', at);
    if (end === -1) {
      if (!last) return undefined;
      end = buffer.length;
    }
    if (quote < at) quote = buffer.indexOf('"', at) >>> 0;
    if (quote < end) return quoted(last);
    const text = buffer.slice(at, buffer.charCodeAt(end - 1) === CR && end > at ? end - 1 : end);
    at = end + 1;
    const cells: (string | null)[] = text.split(delimiter);
    for (let index = 0; index < cells.length; index++) if (cells[index] === '') cells[index] = null;
    return { cells, line: line++, length: text.length };
  };

  const checked = (record: CsvRecord): CsvRecord => {
    if (clean || 'problem' in record || !record.cells.some((cell) => cell?.includes(NOT_UTF8))) return record;
    const raw = record.cells.join(delimiter).toWellFormed();
    return { problem: problem('The line is not UTF-8', 'UTF-8 text', 'bytes that are none'), line: record.line, raw };
  };

  const drain = function* (last: boolean): Generator<CsvRecord> {
    if (skipping) {
      const after = lineEnd(0);
      if (after === -1) {
        buffer = '';
        return;
      }
      skipping = false;
      line++;
      at = after;
      quote = -1;
    }
    for (let record = next(last); record !== undefined; record = next(last)) yield checked(record);
    buffer = buffer.slice(at);
    at = 0;
    doomed = undefined;
    quote = -1;
    clean ||= !buffer.includes(NOT_UTF8);
    enough = buffer.length * 2;
    if (buffer.length <= maxChars) return;
    yield {
      problem: problem('The line is too long', `at most ${maxChars} characters`, 'more'),
      line,
      raw: buffer.slice(0, 2000),
    };
    buffer = '';
    enough = 0;
    skipping = true;
  };

  return {
    *push(text, isClean) {
      clean &&= isClean;
      buffer += text;
      if (buffer.length >= enough || buffer.length > maxChars) yield* drain(false);
    },
    *end() {
      yield* drain(true);
    },
  };
};
