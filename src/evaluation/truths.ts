/** What came true, read from a column of the table in the words of the target. */
import { type Problem, show } from '../core/errors.ts';
import type { ColumnInput, Field } from '../core/types.ts';
import type { Cells } from '../files/table.ts';
import { toldColumn } from '../files/told-column.ts';
import type { EvaluationTarget, LabelTarget } from './targets.ts';

/** NaN and null are no truth yet. */
export type TruthColumn = ArrayLike<number | string | null>;

export interface TruthsRead {
  readonly values: TruthColumn;
  readonly problems: ReadonlyMap<number, Problem>;
}

const NUMBER: Field = { kind: 'number', nullable: true };
const LABEL: Field = { kind: 'category', nullable: true, unknown: 'allow' };
const YES = /^(?:1|1\.0|true|yes|y|t)$/i;
const NO = /^(?:0|0\.0|false|no|n|f)$/i;
/** A label that a table has made a number of. */
const WHOLE = /^(-?\d+)\.0+$/;

const booleanOf = (text: string, positive: string | undefined): string | undefined => {
  if (positive !== undefined) return String(text === positive);
  return YES.test(text) ? 'true' : NO.test(text) ? 'false' : undefined;
};

const labelOf = (text: string, { labels }: LabelTarget): string => {
  if (labels.includes(text)) return text;
  const whole = WHOLE.exec(text)?.[1];
  return whole ?? text;
};

/** `positive` is the word for true, where the truth has words of its own for true and false. */
export const readTruths = (
  target: EvaluationTarget,
  values: ColumnInput,
  cells: Cells,
  positive: string | undefined,
): TruthsRead => {
  if (target.kind === 'numbers') {
    const { column, problems } = toldColumn(target.truth, NUMBER, values, cells);
    return { values: column.type === 'number' ? column.values : [], problems };
  }
  const { column, problems } = toldColumn(target.truth, LABEL, values, cells);
  const texts = column.type === 'string' ? column.values : [];
  const found = new Map(problems);
  const read = texts.map((text, row) => {
    if (text === null || text === '') return null;
    if (!target.isBoolean) return labelOf(text, target);
    const told = booleanOf(text, positive);
    if (told !== undefined) return told;
    const expected = 'true or false (yes, no, 1, 0), or --positive with the word for true';
    const message = `${target.truth}: expected ${expected}, got ${show(text)}`;
    found.set(row, { code: 'WRONG_TYPE', field: target.truth, expected, got: show(text), message });
    return null;
  });
  return { values: read, problems: found };
};
