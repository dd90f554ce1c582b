/** A call of very many rows, in parts that are recorded each in a turn of its own: written down at once, it would hold up others. */
import { setImmediate as turn } from 'node:timers/promises';
import { rangeOfAnswers, rangeOfColumns } from '../core/column-parts.ts';
import type { Answered, ColumnContent, RowContent } from './answered.ts';

/** Rows of a part. */
export const PART_ROWS = 1024;

export const rowsOf = ({ content }: Answered): number =>
  'rows' in content ? content.rows.length : content.answers.rows;

const rowsPart = ({ rows, answers, coerced }: RowContent, start: number, end: number) => ({
  rows: rows.slice(start, end),
  answers: answers.slice(start, end),
  coerced,
});
const columnsPart = ({ columns, answers }: ColumnContent, start: number, end: number) => ({
  columns: rangeOfColumns(columns, answers.rows, start, end),
  answers: rangeOfAnswers(answers, start, end),
});

/** Each as a call of its own, whose rows have the numbers that they have in the whole. */
function* partsOf(answered: Answered): Generator<Answered> {
  const { content } = answered;
  const rows = rowsOf(answered);
  for (let start = 0; start < rows; start += PART_ROWS) {
    const end = Math.min(rows, start + PART_ROWS);
    const places = Array.from({ length: end - start }, (_, at) => content.places?.[start + at] ?? start + at);
    const part = 'rows' in content ? rowsPart(content, start, end) : columnsPart(content, start, end);
    yield { ...answered, content: { ...part, places } };
  }
}

/** Records the parts one after the other; resolves to what `record` has returned for each. */
export const recordInParts = async (
  answered: Answered,
  record: (part: Answered) => Promise<void> | undefined,
): Promise<readonly (Promise<void> | undefined)[]> => {
  const kept: (Promise<void> | undefined)[] = [];
  for (const part of partsOf(answered)) {
    if (kept.length > 0) await turn();
    const own = record(part);
    // Told to whoever waits, once all parts are under way.
    own?.catch(() => undefined);
    kept.push(own);
  }
  return kept;
};

/** Counts the parts one after the other. */
export const countInParts = async (answered: Answered, count: (part: Answered) => void): Promise<void> => {
  for (const part of partsOf(answered)) {
    count(part);
    await turn();
  }
};
