/** The two forms in which predictions travel: rows and columns. How each is joined to one run and taken apart again. */
import type { Problem } from '../../core/errors.ts';
import type { Answer, ColumnAnswers, ColumnInput, ColumnOutput, ScoreOptions, Scorer } from '../../core/types.ts';

/** A range of rows of one input. */
export interface Part<Input> {
  readonly input: Input;
  readonly rows: number;
  readonly start: number;
  readonly end: number;
}

export interface Form<Input, Output> {
  /** Inputs may share a run only when their forms have the same key. */
  readonly key: string;
  /** One input of all the parts, in order. */
  join(parts: readonly Part<Input>[]): Input;
  score(scorer: Scorer, input: Input, options: ScoreOptions): Promise<Output>;
  /** The answers of a range of rows. */
  take(output: Output, rows: number, start: number, end: number): Output;
  /** One answer of the answers to consecutive ranges. */
  gather(outputs: readonly Output[]): Output;
}

export type RowForm = Form<readonly unknown[], readonly Answer[]>;

const rowForm = (coerce: boolean): RowForm => ({
  key: coerce ? 'rows, coerced' : 'rows',
  join(parts) {
    if (parts.length === 1) return slice(parts[0].input, parts[0].start, parts[0].end);
    const rows: unknown[] = [];
    for (const { input, start, end } of parts) for (let row = start; row < end; row++) rows.push(input[row]);
    return rows;
  },
  score: (scorer, rows, options) => scorer.score(rows, coerce ? { ...options, coerce } : options),
  take: (answers, _rows, start, end) => slice(answers, start, end),
  gather: (outputs) => outputs.flat(),
});

const slice = <T>(values: readonly T[], start: number, end: number): readonly T[] =>
  start === 0 && end === values.length ? values : values.slice(start, end);

export const rows = rowForm(false);
/** Rows whose numbers, booleans and dates may be written as texts, as in CSV. */
export const coercedRows = rowForm(true);

export type Columns = Readonly<Record<string, ColumnInput>>;
export type ColumnForm = Form<Columns, ColumnAnswers>;

type TypedArray = Extract<ColumnInput, ArrayBufferView>;
type AnyColumn = ColumnInput | ColumnOutput;
const isTyped = (column: AnyColumn): column is TypedArray => ArrayBuffer.isView(column);

/** A range of a column of `rows` rows; a tensor's column has several elements a row. */
const range = <T extends AnyColumn>(column: T, rows: number, start: number, end: number): T => {
  if (start === 0 && end === rows) return column;
  const size = rows === 0 ? 1 : column.length / rows;
  return (isTyped(column) ? column.subarray(start * size, end * size) : column.slice(start * size, end * size)) as T;
};

const concat = <T extends AnyColumn>(pieces: readonly T[]): T => {
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

/** What must agree for columns to be put below one another: names, kinds of array and elements a row. */
const shapeOf = (columns: Columns, rows: number): string =>
  Object.entries(columns)
    .map(([name, column]) => `${name} ${column.constructor.name} ${rows === 0 ? 1 : column.length / rows}`)
    .join(', ');

export const columns = (input: Columns, rows: number): ColumnForm => ({
  key: shapeOf(input, rows),
  join(parts) {
    const joined: Record<string, ColumnInput> = {};
    for (const name of Object.keys(parts[0].input)) {
      joined[name] = concat(parts.map((part) => range(part.input[name], part.rows, part.start, part.end)));
    }
    return joined;
  },
  score: (scorer, joined, options) => scorer.scoreColumns(joined, options),
  take(output, all, start, end) {
    if (start === 0 && end === all) return output;
    const taken: Record<string, ColumnOutput> = {};
    for (const [name, column] of Object.entries(output.columns)) taken[name] = range(column, all, start, end);
    const errors = new Map([...output.errors].flatMap(([row, problem]) => within(row - start, end - start, problem)));
    return { rows: end - start, columns: taken, errors };
  },
  gather(outputs) {
    const gathered: Record<string, ColumnOutput> = {};
    for (const name of Object.keys(outputs[0].columns)) {
      gathered[name] = concat(outputs.map((output) => output.columns[name]));
    }
    const errors = new Map<number, Problem>();
    let at = 0;
    for (const output of outputs) {
      for (const [row, problem] of output.errors) errors.set(at + row, problem);
      at += output.rows;
    }
    return { rows: at, columns: gathered, errors };
  },
});

const within = <T>(row: number, rows: number, value: T): readonly (readonly [number, T])[] =>
  row >= 0 && row < rows ? [[row, value]] : [];
