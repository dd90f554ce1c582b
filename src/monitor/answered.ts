/** An answered call, as recorders and publishers hear of it, and the predictions that it was. */
import type { Problem } from '../core/errors.ts';
import type { Answer, ColumnAnswers, Fields, OutputFields } from '../core/types.ts';
import { exactJson } from '../text/exact-json.ts';
import { parseJson } from '../text/json.ts';
import type { Reference } from './profile/reference.ts';
import type { Prediction } from './records/records.ts';
import { type AnyColumns, rowAt } from './values.ts';

/** The package that answered. */
export interface Answerer {
  readonly ref: string;
  /** The deployment that it answered for, if it was one's. */
  readonly deployment?: string | undefined;
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  /** What it is to the rows that it answers; `stable` unless given. */
  readonly variant?: string | undefined;
  /** The rollout within which it answers; none unless given. */
  readonly experiment?: string | undefined;
  readonly manifest: { readonly inputs: Fields; readonly outputs: OutputFields };
  /** What its training data looked like; what it answers is counted only where that is known. */
  readonly reference?: Reference | undefined;
}

/** Rows as their caller wrote them in JSON. */
export interface JsonCall {
  /** One row, or an object that has many at `rows`. */
  readonly text: string;
  /** Those rows, where it has many. */
  readonly many: readonly unknown[] | undefined;
}

export interface RowContent {
  readonly rows: readonly unknown[];
  readonly answers: readonly Answer[];
  /** Numbers, booleans and dates were read from texts too. */
  readonly coerced?: boolean | undefined;
  readonly json?: JsonCall | undefined;
  /** The output of each row as JSON, exact to the last bit, where the caller gets the same text. */
  readonly texts?: readonly string[] | undefined;
  /** The numbers by which the caller knows the rows; 0, 1, 2 … unless given. */
  readonly places?: readonly number[] | undefined;
  /** What the rows are called; the call's id and their places unless given. */
  readonly ids?: readonly string[] | undefined;
}
export interface ColumnContent {
  readonly columns: AnyColumns;
  readonly answers: ColumnAnswers;
  /** As of rows. */
  readonly places?: readonly number[] | undefined;
  readonly coerced?: boolean | undefined;
  readonly ids?: readonly string[] | undefined;
}

/** One call that got its answers. */
export interface Answered {
  readonly id: string;
  readonly model: Answerer;
  /** Milliseconds from the decoded request to its answers. */
  readonly ms: number;
  /** W3C trace context of a call that is traced. */
  readonly traceparent?: string | undefined;
  /** When its answer is of no use any more, on the clock of `performance.now()`; the service's own limit unless given. */
  readonly deadline?: number | undefined;
  readonly content: RowContent | ColumnContent;
  /** What was answered of the same rows, where nobody was given this: it is recorded where that is. */
  readonly beside?: Answered | undefined;
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
  readonly ids: readonly string[] | undefined;
}
export interface ColumnEntry extends EntryBase {
  readonly kind: 'columns';
  readonly coerced: boolean;
  readonly ids: readonly string[] | undefined;
  readonly columns: AnyColumns;
  readonly answers: ColumnAnswers;
  readonly places: readonly number[] | undefined;
}

/** A package as the thread needs to know it. */
export interface KnownModel {
  readonly deployment: string;
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly variant: string;
  readonly experiment: string;
  readonly inputs: Fields;
  readonly outputs: OutputFields;
}

/** Times as ISO 8601: many predictions are of one millisecond. */
const createClockFace = (): ((at: number) => string) => {
  let shown = Number.NaN;
  let text = '';
  return (at) => {
    if (at !== shown) text = new Date(at).toISOString();
    shown = at;
    return text;
  };
};
const timeOf = createClockFace();

/** What a row's prediction has beside what all of its call have. Always with the same fields: they are many. */
interface Own {
  readonly id: string;
  readonly input: string;
  readonly coerced: boolean;
  readonly output: string | undefined;
  readonly error: string | undefined;
}
const prediction = ({ at, ms }: EntryBase, model: KnownModel, own: Own): Prediction => ({
  id: own.id,
  at: timeOf(at),
  deployment: model.deployment,
  model: model.name,
  version: model.version,
  digest: model.digest,
  variant: model.variant,
  experiment: model.experiment,
  input: own.input,
  coerced: own.coerced,
  output: own.output,
  error: own.error,
  // To the microsecond: the rest is noise.
  ms: Math.round(ms * 1000) / 1000,
});

const rowsOf = (entry: ManyEntry, model: KnownModel): readonly Prediction[] => {
  const { rows } = parseJson(entry.input) as { readonly rows: readonly unknown[] };
  const answers = parseJson(entry.answer) as readonly { readonly output?: unknown; readonly error?: Problem }[];
  return rows.map((row, at) => {
    const { output, error } = answers[at];
    return prediction(entry, model, {
      id: entry.ids?.[at] ?? `${entry.id}.${entry.places?.[at] ?? at}`,
      input: exactJson(row),
      coerced: entry.coerced,
      output: error ? undefined : exactJson(output),
      error: error && JSON.stringify(error),
    });
  });
};

const columnRowsOf = (entry: ColumnEntry, model: KnownModel): readonly Prediction[] => {
  const { id, ids, coerced, columns, answers, places } = entry;
  return Array.from({ length: answers.rows }, (_, at) => {
    const error = answers.errors.get(at);
    return prediction(entry, model, {
      id: ids?.[at] ?? (answers.rows === 1 && places === undefined ? id : `${id}.${places?.[at] ?? at}`),
      input: exactJson(rowAt(model.inputs, columns, at)),
      coerced,
      output: error ? undefined : exactJson(rowAt(model.outputs, answers.columns, at)),
      error: error && JSON.stringify(error),
    });
  });
};

/** The predictions of a call, one a row. */
export const predictionsOf = (entry: Entry, model: KnownModel): readonly Prediction[] => {
  if (entry.kind === 'many') return rowsOf(entry, model);
  if (entry.kind === 'columns') return columnRowsOf(entry, model);
  const { id, input, answer, refused, coerced } = entry;
  const said = refused ? { output: undefined, error: answer } : { output: answer, error: undefined };
  return [prediction(entry, model, { id, input, coerced, ...said })];
};
