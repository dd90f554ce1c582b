/** The transform module's `finish`, row by row; what it returns is checked like an input, by the outputs' signature. */
import type { Batch } from './columns.ts';
import { kindOf } from './kinds/index.ts';
import { plainRowReader } from './plain.ts';
import type { Signature } from './signature.ts';
import { callTransform } from './transform.ts';
import type { Row, Transform } from './types.ts';

/** Answers of `finish` from those of the graph; `rowOf` gives the row that came in. */
export type Finish = (answered: Batch, rowOf: (row: number) => Record<string, unknown>) => Batch;

export const finisher = (finish: NonNullable<Transform['finish']>, signature: Signature): Finish => {
  const { fields } = signature;
  const plainRow = plainRowReader(fields);
  const converted = Object.entries(fields).flatMap(([name, field]) => {
    const kind = kindOf(field);
    return kind.column === 'number' && kind.fromPlain ? [{ name, convert: kind.fromPlain }] : [];
  });
  return (answered, rowOf) => {
    const rows: Row[] = [];
    const failed = new Map(answered.problems);
    for (let row = 0; row < answered.rows; row++) {
      const output = plainRow(answered.columns, row);
      const { row: result, problem } = failed.has(row)
        ? { row: {} }
        : callTransform('finish', () => finish({ ...output }, rowOf(row)));
      if (problem) failed.set(row, problem);
      const merged: Record<string, unknown> = { ...output, ...result };
      for (const { name, convert } of converted) merged[name] = convert(merged[name]);
      rows.push(merged);
    }
    const batch = signature.fromRows(rows);
    for (const [row, problem] of batch.problems) {
      if (!failed.has(row))
        failed.set(row, { ...problem, code: 'BAD_OUTPUT', message: `The answer of finish: ${problem.message}` });
    }
    batch.problems.clear();
    for (const [row, problem] of failed) batch.refuse(row, problem);
    return batch;
  };
};
