/** Labels out of a table: keys and truths of each row, and the rows that are none. */
import type { Problem } from '../../core/errors.ts';
import type { EvaluationTarget } from '../../evaluation/targets.ts';
import { readTruths, type TruthsRead } from '../../evaluation/truths.ts';
import type { RefusedRow } from '../../files/output-rows.ts';
import { rowAt } from '../../files/scoring.ts';
import type { Cells, TableChunk } from '../../files/table.ts';
import { exactColumn } from '../../files/values.ts';
import { keyText } from '../../monitor/labels/label-key.ts';
import type { ToldLabel } from '../../monitor/labels/labels.ts';

export interface TableLabels {
  readonly labels: readonly ToldLabel[];
  readonly rejects: readonly RefusedRow[];
  /** Rows that say nothing yet of what came true. */
  readonly withoutTruth: number;
}

export interface TableLabelsOptions {
  /** The columns that name the prediction. */
  readonly keyColumns: readonly string[];
  readonly targets: readonly EvaluationTarget[];
  readonly cells: Cells;
}

const noKey = (columns: readonly string[]): Problem => ({
  code: 'NULL_VALUE',
  field: columns.join(','),
  expected: 'a text of at most 500 characters, or a number',
  message: `${columns.join(', ')}: a label needs the name of its prediction`,
});

const cellsOfColumn = (chunk: TableChunk, name: string): ArrayLike<unknown> => {
  const type = chunk.types[name];
  if (type === undefined) return new Array<unknown>(chunk.rows).fill(null);
  return exactColumn(chunk, { name, type }) as ArrayLike<unknown>;
};

const labelOf = (targets: readonly EvaluationTarget[], truths: readonly TruthsRead[], row: number) =>
  Object.fromEntries(
    targets.flatMap((target, at) => {
      const value = truths[at].values[row];
      const output = target.kind === 'labels' ? (target.label ?? target.output) : target.output;
      return value === null || value === undefined || Number.isNaN(value) ? [] : [[output, value] as const];
    }),
  );

export const labelsOfChunk = (chunk: TableChunk, { keyColumns, targets, cells }: TableLabelsOptions): TableLabels => {
  const keys = keyColumns.map((name) => cellsOfColumn(chunk, name));
  const missing = new Array<unknown>(chunk.rows).fill(null);
  const truths = targets.map((target) => readTruths(target, chunk.columns[target.truth] ?? missing, cells, undefined));
  const labels: ToldLabel[] = [];
  const rejects: RefusedRow[] = chunk.rejects.map(({ row, line, problem, raw }) => ({
    row,
    line,
    problem,
    input: raw,
  }));
  let withoutTruth = 0;
  for (let row = 0; row < chunk.rows; row++) {
    const key = keyText(keys.map((values) => values[row]));
    const problem =
      truths.map(({ problems }) => problems.get(row)).find((one) => one !== undefined) ??
      (key === undefined ? noKey(keyColumns) : undefined);
    if (problem !== undefined) rejects.push({ ...chunk.place(row), problem, input: rowAt(chunk, row) });
    else {
      const truth = labelOf(targets, truths, row);
      if (key === undefined || Object.keys(truth).length === 0) withoutTruth++;
      else labels.push({ key, truth });
    }
  }
  return { labels, rejects, withoutTruth };
};
