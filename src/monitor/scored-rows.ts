/**
 * Records of modes that have no callers: a part of the rows that they score, chosen row by row, goes to the recorder. No
 * row waits for its record: where there is no room, it is dropped and counted.
 */
import type { Problem } from '../core/errors.ts';
import type { Answer, ColumnAnswers, ColumnInput, ColumnOutput, Scorer } from '../core/types.ts';
import type { Answered, Answerer, ColumnContent, RowContent } from './answered.ts';
import type { AnyColumns } from './values.ts';

/** Rows that were scored together, by the names under which they are found again. */
export interface ScoredRows {
  readonly model: Answerer;
  /** Milliseconds that all of them took. */
  readonly ms: number;
  /** Milliseconds from when the oldest of them came until they were done, where that is what counts. */
  readonly delayMs?: number | undefined;
  readonly idOf: (row: number) => string;
  readonly content: RowContent | ColumnContent;
}

/** Leaves records of them; takes what it needs before it returns, and never throws. */
export type Leave = (scored: ScoredRows) => void;

/** Rows that go to the recorder at a time: what has no room is dropped in pieces. */
const GROUP_ROWS = 1000;

/** Each row with that chance, in order: how far it is to the next one is drawn, so that the others cost nothing. */
const chosenRows = (rows: number, share: number, random: () => number): readonly number[] => {
  if (share >= 1) return Array.from({ length: rows }, (_, row) => row);
  const step = 1 / Math.log1p(-share);
  const next = (): number => Math.floor(Math.log1p(-random()) * step);
  const chosen: number[] = [];
  for (let row = next(); row < rows; row += 1 + next()) chosen.push(row);
  return chosen;
};

/** These rows of a column; those of a flat tensor have several values each. */
const pick = (column: ColumnInput | ColumnOutput, rows: number, chosen: readonly number[]): ColumnInput => {
  const size = column.length / rows;
  const places =
    size === 1 ? chosen : chosen.flatMap((row) => Array.from({ length: size }, (_, at) => row * size + at));
  if (!ArrayBuffer.isView(column)) return places.map((place) => column[place]);
  const typed = column as Float64Array;
  const picked = new (typed.constructor as Float64ArrayConstructor)(places.length);
  for (let at = 0; at < picked.length; at++) picked[at] = typed[places[at]];
  return picked;
};
const pickAll = (columns: AnyColumns, rows: number, chosen: readonly number[]): AnyColumns =>
  Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, pick(column, rows, chosen)]));

const pickAnswers = ({ rows, columns, errors }: ColumnAnswers, chosen: readonly number[]): ColumnAnswers => {
  const picked = pickAll(columns, rows, chosen) as ColumnAnswers['columns'];
  const problems = chosen.flatMap((row, at): (readonly [number, Problem])[] => {
    const problem = errors.get(row);
    return problem === undefined ? [] : [[at, problem]];
  });
  return { rows: chosen.length, columns: picked, errors: new Map(problems) };
};

const rowsOf = (content: RowContent | ColumnContent): number =>
  'rows' in content ? content.rows.length : content.answers.rows;

/** A call of the chosen rows alone. */
const callOf = ({ model, ms, idOf, content }: ScoredRows, chosen: readonly number[]): Answered => {
  const ids = chosen.map(idOf);
  const { coerced } = content;
  if ('rows' in content) {
    const [rows, answers] = [chosen.map((row) => content.rows[row]), chosen.map((row) => content.answers[row])];
    return { id: ids[0], model, ms, content: { rows, answers, coerced, ids } };
  }
  const columns = pickAll(content.columns, content.answers.rows, chosen);
  return { id: ids[0], model, ms, content: { columns, answers: pickAnswers(content.answers, chosen), coerced, ids } };
};

export interface LeaveOptions {
  /** Counts all rows, whichever of them leave a record. */
  readonly count: (call: Answered) => void;
  readonly record: (call: Answered) => unknown;
  /** Which part of all rows, from 0 to 1. */
  readonly share: number;
  readonly random?: (() => number) | undefined;
}

export const createLeave =
  ({ count, record, share, random = Math.random }: LeaveOptions): Leave =>
  (scored) => {
    const { model, ms, delayMs = ms, content } = scored;
    count({ id: '', model, ms: delayMs, content });
    if (share <= 0) return;
    const chosen = chosenRows(rowsOf(scored.content), share, random);
    for (let from = 0; from < chosen.length; from += GROUP_ROWS) {
      record(callOf(scored, chosen.slice(from, from + GROUP_ROWS)));
    }
  };

/** The scorer of one call, which leaves records of its rows. */
export const leaving = (scorer: Scorer, leave: Leave, call: Pick<ScoredRows, 'model' | 'idOf'>): Scorer => {
  const since = (began: number): number => performance.now() - began;
  return {
    manifest: scorer.manifest,
    digest: scorer.digest,
    graph: scorer.graph,
    close: () => scorer.close(),
    async score(rows, options): Promise<readonly Answer[]> {
      const began = performance.now();
      const answers = await scorer.score(rows, options);
      leave({ ...call, ms: since(began), content: { rows, answers, coerced: options?.coerce } });
      return answers;
    },
    async scoreColumns(columns, options): Promise<ColumnAnswers> {
      const began = performance.now();
      const answers = await scorer.scoreColumns(columns, options);
      leave({ ...call, ms: since(began), content: { columns, answers, coerced: options?.coerce } });
      return answers;
    },
  };
};
