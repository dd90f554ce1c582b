/** Answered calls on their way into the parcel that is being made: what is kept of each, as cheap to make as can be. */
import type { ColumnAnswers, ColumnInput } from '../core/types.ts';
import { exactJson } from '../text/exact-json.ts';
import type { Answered, Answerer, ColumnContent, RowContent } from './answered.ts';
import { type Packer, rowBytes } from './parcel.ts';
import type { AnyColumns } from './values.ts';

export interface PackingOptions {
  readonly packer: Packer;
  /** Makes room for so many bytes; where that cannot be, counts the rows as dropped, and says no. */
  readonly fits: (bytes: number, rows: number) => boolean;
  readonly numberOf: (model: Answerer) => number;
}

/** A column with memory of its own: a view would take all of what it looks at along to the other thread. */
const own = <T extends AnyColumns[string]>(column: T): T =>
  (ArrayBuffer.isView(column) ? (column as Float64Array).slice() : column) as T;
const ownAll = <T extends AnyColumns>(columns: T): T =>
  Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, own(column)])) as T;

/** `Date.now()`, asked once a turn of the event loop: the calls that are answered in one were answered at once. */
const createClock = (): (() => number) => {
  let now = 0;
  const forget = (): void => {
    now = 0;
  };
  return () => {
    if (now === 0) {
      now = Date.now();
      setImmediate(forget);
    }
    return now;
  };
};

/** About how many bytes columns take; texts are counted as 32 each. */
const sizeOf = (columns: AnyColumns): number =>
  Object.values(columns).reduce(
    (sum, column: ColumnInput) => sum + (ArrayBuffer.isView(column) ? column.byteLength : column.length * 32),
    0,
  );

/** Puts a call into the parcel; false when there is no room for it. */
export const createPacking = ({ packer, fits, numberOf }: PackingOptions): ((answered: Answered) => boolean) => {
  const clock = createClock();
  const baseOf = ({ id, model, ms }: Answered) => ({ id, at: clock(), ms, model: numberOf(model) });

  const packRow = (
    { id, model, ms }: Answered,
    { rows, answers, json, texts, coerced = false }: RowContent,
  ): boolean => {
    const input = json?.text ?? exactJson(rows[0]);
    const { output, error } = answers[0];
    const answer = error === undefined ? (texts?.[0] ?? exactJson(output)) : JSON.stringify(error);
    if (!fits(rowBytes(input, answer), 1)) return false;
    packer.addRow(id, clock(), ms, numberOf(model), input, answer, error !== undefined, coerced);
    return true;
  };
  const packRows = (answered: Answered, content: RowContent): boolean => {
    const { rows, answers, json, coerced = false, places, ids } = content;
    if (rows.length === 1 && json?.many === undefined && places === undefined) return packRow(answered, content);
    const input = json?.text ?? exactJson({ rows });
    // A quarter more for answers, which are made only when there is room.
    if (!fits(input.length * 1.25, rows.length)) return false;
    const answer = exactJson(answers);
    const entry = { kind: 'many', ...baseOf(answered), input, answer, coerced, places, ids } as const;
    packer.addOther(entry, input.length + answer.length, rows.length);
    return true;
  };
  const packColumns = (answered: Answered, content: ColumnContent): boolean => {
    const { columns, answers, coerced = false, places, ids } = content;
    const bytes = 200 + sizeOf(columns) + sizeOf(answers.columns);
    if (!fits(bytes, answers.rows)) return false;
    const copied: ColumnAnswers = { ...answers, columns: ownAll(answers.columns) };
    const own = { columns: ownAll(columns), answers: copied };
    packer.addOther({ kind: 'columns', ...baseOf(answered), coerced, places, ids, ...own }, bytes, answers.rows);
    return true;
  };
  return (answered) => {
    const { content } = answered;
    return 'rows' in content ? packRows(answered, content) : packColumns(answered, content);
  };
};
