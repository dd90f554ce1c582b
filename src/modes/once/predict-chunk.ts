/** One chunk on its way: scored, joined with what is kept of the input, and parted from the rows that go no further. */
import type { Problem } from '../../core/errors.ts';
import type { Scorer } from '../../core/types.ts';
import { type PassColumn, partRows, passColumns, type RefusedRow } from '../../files/output-rows.ts';
import { answerColumn, scoreChunk } from '../../files/scoring.ts';
import type { Cells, Rows, TableChunk } from '../../files/table.ts';
import type { OutputPlan } from './plan.ts';

/** Rows that have a field which the output has no column for, or that would fall on a prediction. */
const strayRows = (chunk: TableChunk, plan: OutputPlan): ReadonlyMap<number, Problem> => {
  const stray = new Map<number, Problem>();
  if (plan.others === 'dropped') return stray;
  const known = new Set(plan.pass.map(({ name }) => name));
  const taken = new Set(plan.answers.map(({ name }) => name));
  for (const name of Object.keys(chunk.types)) {
    if (known.has(name) || (plan.others === 'kept' && !taken.has(name))) continue;
    const expected = 'only fields that the first rows have, as they settle the columns of the output';
    const message = `The output has no column for ${name}: expected ${expected}. Say which to keep, or write ndjson.`;
    const problem: Problem = { code: 'UNKNOWN_FIELD', field: name, expected, got: name, message };
    (chunk.columns[name] as readonly unknown[]).forEach((value, row) => {
      if (value !== undefined && !stray.has(row)) stray.set(row, problem);
    });
  }
  return stray;
};

/** In JSON each row may have fields of its own, which are kept. */
const keptColumns = ({ types }: TableChunk, { pass }: OutputPlan): readonly PassColumn[] => {
  const known = new Set(pass.map(({ name }) => name));
  return [...pass, ...Object.keys(types).flatMap((name) => (known.has(name) ? [] : [{ name, type: 'JSON' }]))];
};

/** Scores one chunk: the rows that go out, and those that do not, in the input's order. */
export const predictChunk = async (
  scorer: Scorer,
  chunk: TableChunk,
  plan: OutputPlan,
  cells: Cells,
): Promise<{ readonly rows: Rows; readonly refused: readonly RefusedRow[] }> => {
  const answers = await scoreChunk(scorer, chunk, cells);
  const known = plan.others === 'kept' ? keptColumns(chunk, plan) : plan.pass;
  const { columns, stored } = passColumns(
    chunk,
    known.filter(({ name }) => Object.hasOwn(chunk.types, name)),
  );
  for (const { name, field } of plan.answers) {
    columns[name] = answerColumn(scorer.manifest.outputs[field], answers.columns[field], chunk.rows);
  }
  const stray = strayRows(chunk, plan);
  const problems = stray.size === 0 ? answers.errors : new Map([...stray, ...answers.errors]);
  return partRows({ rows: chunk.rows, columns, stored }, chunk, problems);
};
