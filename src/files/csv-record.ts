/** A record of CSV text, and the text that records are read from. */
import type { Problem } from '../core/errors.ts';

export type CsvRecord =
  /** An empty cell without quotes is null; `""` is the empty text. */
  | { readonly cells: readonly (string | null)[]; readonly line: number; readonly length: number }
  | { readonly problem: Problem; readonly line: number; readonly raw: string };

/** What is at hand of a text. Whoever reads a record moves `at` and `line` past it. */
export interface CsvCursor {
  text: string;
  /** No text comes behind it. */
  isLast: boolean;
  /** Where the next record starts. */
  at: number;
  /** Its first line, from 1. */
  line: number;
}

export const LF = 10;
export const CR = 13;

export const badLine = (message: string, expected: string, got: string): Problem => ({
  code: 'BAD_LINE',
  message: `${message}: expected ${expected}, got ${got}.`,
  expected,
  got,
});

/** The place after the line that starts at `from`, or -1 when the text ends first. */
export const lineEnd = (text: string, from: number): number => text.indexOf('\n', from) + 1 || -1;

/** Takes one line as a record with a problem, and goes on behind it; undefined when more text is needed. */
export const takeBadLine = (cursor: CsvCursor, problem: Problem): CsvRecord | undefined => {
  const { text, isLast, at, line } = cursor;
  let next = lineEnd(text, at);
  if (next === -1) {
    if (!isLast) return undefined;
    next = text.length;
  }
  cursor.at = next;
  cursor.line++;
  return { problem, line, raw: text.slice(at, next).replace(/\r?\n$/, '') };
};
