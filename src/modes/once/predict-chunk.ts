/** One chunk on its way: scored, joined with what is kept of the input, and parted from the rows that go no further. */
import type { Problem } from '../../core/errors.ts';
import type { ColumnInput, Scorer } from '../../core/types.ts';
import { pickRows } from '../../files/rows.ts';
import { answerColumn, rowAt, scoreChunk } from '../../files/scoring.ts';
import { type BadRow, type Cells, type Rows, record, type Stored, type TableChunk } from '../../files/table.ts';
import type { Plan } from './plan.ts';
import type { Reject } from './rejects.ts';

/** Rows that have a field which the output has no column for, or that would fall on a prediction. */
const strayRows = (chunk: TableChunk, plan: Plan): ReadonlyMap<number, Problem> => {
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

/** Values as their columns' types want them, where the source has no types. */
const fitted = ({ rows, columns, stored }: Rows, { pass }: Plan): Rows => {
  const fits = pass.filter(({ fit, name }) => fit && Object.hasOwn(columns, name));
  if (fits.length === 0) return { rows, columns, ...(stored && { stored }) };
  const changed = { ...columns };
  for (const { name, fit } of fits) if (fit) changed[name] = fit(columns[name]);
  return { rows, columns: changed, ...(stored && { stored }) };
};

/** A row that was lost before it could be scored. */
export const unreadable = ({ raw, ...place }: BadRow): Reject => ({ ...place, input: raw });

/** Scores one chunk: the rows that go out, and those that do not, in the input's order. */
export const predictChunk = async (
  scorer: Scorer,
  chunk: TableChunk,
  plan: Plan,
  cells: Cells,
): Promise<{ readonly rows: Rows; readonly rejects: readonly Reject[] }> => {
  const answers = await scoreChunk(scorer, chunk, cells);
  const stray = strayRows(chunk, plan);
  const bad = stray.size === 0 ? answers.errors : new Map([...stray, ...answers.errors]);

  const columns = record<ColumnInput>();
  const stored = record<Stored>();
  for (const { name, field } of plan.answers) {
    columns[name] = answerColumn(scorer.manifest.outputs[field], answers.columns[field], chunk.rows);
  }
  const kept = plan.others === 'kept' ? Object.keys(chunk.types) : plan.pass.map(({ name }) => name);
  for (const name of kept) {
    if (!Object.hasOwn(chunk.types, name) || Object.hasOwn(columns, name)) continue;
    if (chunk.stored?.[name]) stored[name] = chunk.stored[name];
    Object.defineProperty(columns, name, { enumerable: true, get: () => chunk.columns[name] });
  }
  const whole: Rows = { rows: chunk.rows, columns, stored };
  if (bad.size === 0 && chunk.rejects.length === 0) return { rows: fitted(whole, plan), rejects: [] };

  const keep = new Int32Array(chunk.rows - bad.size);
  let next = 0;
  for (let row = 0; row < chunk.rows; row++) if (!bad.has(row)) keep[next++] = row;
  const rejects = [
    ...Array.from(bad, ([row, problem]): Reject => ({ ...chunk.place(row), problem, input: rowAt(chunk, row) })),
    ...chunk.rejects.map(unreadable),
  ].sort((a, b) => a.row - b.row);
  return { rows: fitted(bad.size === 0 ? whole : pickRows(whole, keep), plan), rejects };
};
