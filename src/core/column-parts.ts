/** Columns taken apart by ranges of rows, and put together again. */
import type { Problem } from './errors.ts';
import type { ColumnAnswers, ColumnInput, ColumnOutput } from './types.ts';

export type Columns = Readonly<Record<string, ColumnInput>>;

type TypedArray = Extract<ColumnInput, ArrayBufferView>;
type AnyColumn = ColumnInput | ColumnOutput;
const isTyped = (column: AnyColumn): column is TypedArray => ArrayBuffer.isView(column);

/** A range of a column of `rows` rows; a tensor's column has several elements a row. */
export const rangeOf = <T extends AnyColumn>(column: T, rows: number, start: number, end: number): T => {
  if (start === 0 && end === rows) return column;
  const size = rows === 0 ? 1 : column.length / rows;
  return (isTyped(column) ? column.subarray(start * size, end * size) : column.slice(start * size, end * size)) as T;
};

export const concat = <T extends AnyColumn>(pieces: readonly T[]): T => {
  const [first] = pieces;
  if (pieces.length === 1) return first;
  if (!isTyped(first)) return (pieces as readonly (readonly unknown[])[]).flat() as unknown as T;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const whole = new (first.constructor as new (length: number) => Float64Array)(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece as unknown as Float64Array, at);
    at += piece.length;
  }
  return whole as unknown as T;
};

export const rangeOfColumns = (columns: Columns, rows: number, start: number, end: number): Columns =>
  Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, rangeOf(column, rows, start, end)]));

/** The answers of a range of rows. */
export const rangeOfAnswers = (answers: ColumnAnswers, start: number, end: number): ColumnAnswers => {
  if (start === 0 && end === answers.rows) return answers;
  const taken: Record<string, ColumnOutput> = {};
  for (const [name, column] of Object.entries(answers.columns)) taken[name] = rangeOf(column, answers.rows, start, end);
  const errors = new Map([...answers.errors].flatMap(([row, problem]) => within(row - start, end - start, problem)));
  return { rows: end - start, columns: taken, errors };
};

/** One answer of the answers to consecutive ranges. */
export const gatherAnswers = (parts: readonly ColumnAnswers[]): ColumnAnswers => {
  const gathered: Record<string, ColumnOutput> = {};
  for (const name of Object.keys(parts[0].columns)) gathered[name] = concat(parts.map(({ columns }) => columns[name]));
  const errors = new Map<number, Problem>();
  let at = 0;
  for (const { rows, errors: own } of parts) {
    for (const [row, problem] of own) errors.set(at + row, problem);
    at += rows;
  }
  return { rows: at, columns: gathered, errors };
};

const within = <T>(row: number, rows: number, value: T): readonly (readonly [number, T])[] =>
  row >= 0 && row < rows ? [[row, value]] : [];
