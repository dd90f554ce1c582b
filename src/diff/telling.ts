/** Differences in words. */
import { figureText } from '../evaluation/telling.ts';
import type { AnswersDiff, FieldDifference } from './answers.ts';

const percent = (part: number, whole: number): string => `${figureText(whole === 0 ? 0 : (100 * part) / whole)} %`;

const signed = (value: number): string => (value > 0 ? `+${figureText(value)}` : figureText(value));

/** `minutes +0.31 on average, 2.1 at most in 95 of 100 rows`; of labels, the most frequent move. */
const fieldText = ({ field, numbers, moves = [] }: FieldDifference): string => {
  if (numbers !== undefined) {
    return `${field} ${signed(numbers.mean)} on average, by up to ${figureText(numbers.p95_absolute)} in 95 of 100 rows`;
  }
  const [move] = moves;
  return move === undefined ? `${field} the same` : `${field} most often ${move.before} → ${move.now} (${move.rows})`;
};

/** In one sentence. */
export const differenceText = (diff: AnswersDiff): string => {
  const answered = diff.rows - diff.refused_by_both;
  if (diff.changed === 0) return `all of ${answered} rows are answered the same`;
  const fields = diff.fields.filter(({ changed }) => changed > 0).map(fieldText);
  return `${diff.changed} of ${answered} rows (${percent(diff.changed, answered)}) are answered otherwise: ${fields.join('; ')}`;
};
