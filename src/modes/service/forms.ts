/** The two forms in which predictions travel: rows and columns. How each is joined to one run and taken apart again. */
import { type Columns, concat, gatherAnswers, rangeOf, rangeOfAnswers } from '../../core/column-parts.ts';
import type { Answer, ColumnAnswers, ColumnInput, ScoreOptions, Scorer } from '../../core/types.ts';

/** A range of rows of one input. */
export interface InputRange<Input> {
  readonly input: Input;
  readonly rows: number;
  readonly start: number;
  readonly end: number;
}

export interface Form<Input, Output> {
  /** Inputs may share a run only when their forms have the same key. */
  readonly key: string;
  /** One input of all the parts, in order. */
  join(parts: readonly InputRange<Input>[]): Input;
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

export type ColumnForm = Form<Columns, ColumnAnswers>;

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
      joined[name] = concat(parts.map((part) => rangeOf(part.input[name], part.rows, part.start, part.end)));
    }
    return joined;
  },
  score: (scorer, joined, options) => scorer.scoreColumns(joined, options),
  take: (output, _rows, start, end) => rangeOfAnswers(output, start, end),
  gather: gatherAnswers,
});
