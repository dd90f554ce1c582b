/**
 * Records with cells in quotes, which may hold separators and line ends. A record whose quotes do not match is rejected with
 * its first line alone, and reading goes on at the next line.
 */
import type { Problem } from '../core/errors.ts';
import { badLine, CR, type CsvCursor, type CsvRecord, LF, takeBadLine } from './csv-record.ts';

export interface QuotedReader {
  /** The record that starts at the cursor; undefined when more text is needed. */
  read(cursor: CsvCursor): CsvRecord | undefined;
  /** The text is another from here on. */
  reset(): void;
}

const neverClosed = badLine('A quote is opened and never closed', 'a closing "', 'none');
const textBehind = (got: string, delimiter: string): Problem =>
  badLine('Text follows a closing quote', `${JSON.stringify(delimiter)} or the end of the line`, JSON.stringify(got));
const QUOTE = 34;

/** Line ends within a cell. */
const lineEndsIn = (text: string): number => {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
};

/**
 * Where cells in quotes began in records that turned out bad, by place in the text, and how the last of them did. Whatever record
 * comes to such a cell ends as badly, so it is not read again: else each of many bad lines would be read to the end of the text.
 */
interface Doom {
  places: Uint8Array | undefined;
  problem: Problem;
}

/** `delimiter` is one character; a record that is not whole after `maxChars` has a quote that is never closed. */
export const createQuotedReader = (delimiter: string, maxChars: number): QuotedReader => {
  const separator = delimiter.charCodeAt(0);
  const doom: Doom = { places: undefined, problem: neverClosed };

  const reject = (cursor: CsvCursor, problem: Problem, opened: readonly number[]): CsvRecord | undefined => {
    if (opened.length > 1) doom.places ??= new Uint8Array(cursor.text.length);
    if (doom.places) for (const place of opened) doom.places[place] = 1;
    doom.problem = problem;
    return takeBadLine(cursor, problem);
  };
  const read: QuotedReader['read'] = (cursor) => {
    const { text, isLast, at } = cursor;
    const cells: (string | null)[] = [];
    const opened: number[] = [];
    let position = at;
    let lines = 0;
    for (;;) {
      if (text.charCodeAt(position) === QUOTE) {
        if (doom.places?.[position] === 1) return reject(cursor, doom.problem, opened);
        opened.push(position);
        let cell = '';
        let from = position + 1;
        for (;;) {
          const close = text.indexOf('"', from);
          if (close === -1 || (close === text.length - 1 && !isLast)) {
            if (!isLast && text.length - at <= maxChars) return undefined;
            return reject(cursor, neverClosed, opened);
          }
          cell += text.slice(from, close);
          position = close + 1;
          if (text.charCodeAt(position) !== QUOTE) break;
          cell += '"';
          from = position + 1;
        }
        lines += lineEndsIn(cell);
        cells.push(cell);
      } else {
        const from = position;
        let code = text.charCodeAt(position);
        while (position < text.length && code !== separator && code !== LF) code = text.charCodeAt(++position);
        if (position === text.length && !isLast) return undefined;
        const isCrLf = code === LF && text.charCodeAt(position - 1) === CR;
        const cell = text.slice(from, isCrLf ? position - 1 : position);
        cells.push(cell === '' ? null : cell);
      }
      if (text.charCodeAt(position) === CR && (text.charCodeAt(position + 1) === LF || position + 1 === text.length)) {
        position++;
      }
      if (text.charCodeAt(position) === separator) {
        position++;
        continue;
      }
      if (position >= text.length && !isLast) return undefined;
      if (position < text.length && text.charCodeAt(position) !== LF) {
        return reject(cursor, textBehind(text[position], delimiter), opened);
      }
      const record = { cells, line: cursor.line, length: position - at };
      cursor.line += lines + 1;
      cursor.at = Math.min(position + 1, text.length);
      return record;
    }
  };

  return {
    read,
    reset() {
      doom.places = undefined;
    },
  };
};
