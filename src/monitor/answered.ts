/** What a recorder is told of an answered call, and the predictions that it was. */
import type { Problem } from '../core/errors.ts';
import type { Answer, ColumnAnswers, Fields, OutputFields } from '../core/types.ts';
import { exactJson, readExactJson } from './exact-json.ts';
import type { Prediction } from './records.ts';
import { type AnyColumns, rowAt } from './values.ts';

/** The package that answered. */
export interface Answerer {
  readonly ref: string;
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly manifest: { readonly inputs: Fields; readonly outputs: OutputFields };
}

export interface RowContent {
  readonly rows: readonly unknown[];
  readonly answers: readonly Answer[];
  /** Numbers, booleans and dates were read from texts too. */
  readonly coerced?: boolean | undefined;
  /** The rows as the caller wrote them: the JSON of one, or of an object that has many at `rows`. */
  readonly json?: { readonly text: string; readonly many: boolean } | undefined;
  /** The numbers by which the caller knows the rows; 0, 1, 2 … unless given. */
  readonly places?: readonly number[] | undefined;
}
export interface ColumnContent {
  readonly columns: AnyColumns;
  readonly answers: ColumnAnswers;
}

export interface AnsweredCall {
  readonly id: string;
  readonly model: Answerer;
  readonly ms: number;
  readonly content: RowContent | ColumnContent;
}

/** A call on its way to the thread that writes it down: as cheap to make, and to send, as can be. */
export type Entry = RowEntry | ManyEntry | ColumnEntry;
interface EntryBase {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ms: number;
  /** Index of the package among those that the thread was told of. */
  readonly model: number;
}
/** One row: its JSON, and that of its answer. */
export interface RowEntry extends EntryBase {
  readonly kind: 'row';
  readonly input: string;
  readonly answer: string;
  readonly refused: boolean;
  readonly coerced: boolean;
}
/** Many rows: the JSON of an object with `rows`, and that of their outputs and errors. */
export interface ManyEntry extends EntryBase {
  readonly kind: 'many';
  readonly input: string;
  readonly answer: string;
  readonly coerced: boolean;
  readonly places: readonly number[] | undefined;
}
export interface ColumnEntry extends EntryBase {
  readonly kind: 'columns';
  readonly columns: AnyColumns;
  readonly answers: ColumnAnswers;
}

/** A package as the thread needs to know it. */
export interface KnownModel {
  readonly deployment: string;
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly inputs: Fields;
  readonly outputs: OutputFields;
}

type Told = Omit<Prediction, 'id' | 'input' | 'output' | 'error' | 'coerced'>;

const rowsOf = (entry: ManyEntry, told: Told): readonly Prediction[] => {
  const { rows } = readExactJson(entry.input) as { readonly rows: readonly unknown[] };
  const answers = readExactJson(entry.answer) as readonly { readonly output?: unknown; readonly error?: Problem }[];
  return rows.map((row, at) => ({
    ...told,
    id: `${entry.id}.${entry.places?.[at] ?? at}`,
    input: exactJson(row),
    coerced: entry.coerced,
    ...(answers[at].error ? { error: JSON.stringify(answers[at].error) } : { output: exactJson(answers[at].output) }),
  }));
};

const columnRowsOf = ({ id, columns, answers }: ColumnEntry, told: Told, { inputs, outputs }: KnownModel) =>
  Array.from({ length: answers.rows }, (_, at): Prediction => {
    const error = answers.errors.get(at);
    return {
      ...told,
      id: answers.rows === 1 ? id : `${id}.${at}`,
      input: exactJson(rowAt(inputs, columns, at)),
      coerced: false,
      ...(error ? { error: JSON.stringify(error) } : { output: exactJson(rowAt(outputs, answers.columns, at)) }),
    };
  });

/** The predictions of a call, one a row. */
export const predictionsOf = (entry: Entry, model: KnownModel): readonly Prediction[] => {
  const { deployment, name, version, digest } = model;
  const told: Told = {
    at: new Date(entry.at).toISOString(),
    deployment,
    model: name,
    version,
    digest,
    // To the microsecond: the rest is noise.
    ms: Math.round(entry.ms * 1000) / 1000,
  };
  if (entry.kind === 'many') return rowsOf(entry, told);
  if (entry.kind === 'columns') return columnRowsOf(entry, told, model);
  const { id, input, answer, refused, coerced } = entry;
  return [{ ...told, id, input, coerced, ...(refused ? { error: answer } : { output: answer }) }];
};
