/** What the output looks like, settled by the input's first rows. */
import { fail } from '../../core/errors.ts';
import { kindOf } from '../../core/kinds/index.ts';
import { nearest } from '../../core/nearest.ts';
import type { Field, Manifest } from '../../core/types.ts';
import { refuseFlaws } from '../../files/flaws.ts';
import { refuseColumns } from '../../files/needed-columns.ts';
import { eachText, type PassColumn } from '../../files/output-rows.ts';
import { type AnswerColumn, answerColumns } from '../../files/scoring.ts';
import type { Cells, Format, TableChunk } from '../../files/table.ts';

export interface OutputPlanOptions {
  readonly manifest: Manifest;
  readonly input: string;
  /** The input's. */
  readonly cells: Cells;
  readonly to: Format;
  /** The input's columns to keep; all of them unless given. */
  readonly columns?: readonly string[] | undefined;
}

export interface OutputPlan {
  readonly pass: readonly PassColumn[];
  readonly answers: readonly AnswerColumn[];
  /**
   * What becomes of a field that only later rows have: `kept` in JSON, `refused` where a table has the same columns from
   * the first row to the last, `dropped` where the columns were chosen.
   */
  readonly others: 'kept' | 'refused' | 'dropped';
}

const isJson = (format: Format): boolean => format === 'json' || format === 'ndjson';

/** CSV and JSON have no types. In Parquet the signature's fields get theirs, as scored rows are known to fit; all else is text. */
const typed = (name: string, field: Field | undefined): PassColumn => {
  const kind = field && kindOf(field);
  if (kind?.column !== 'number' || kind.fromCell === undefined) return { name, type: 'VARCHAR' };
  return { name, type: kind.sqlType, fit: eachText(kind.fromCell) };
};

/** @throws MillraceError BAD_FILE when the input lacks a column that the model needs, USAGE for a column to keep that is not there. */
export const planOutput = (options: OutputPlanOptions, first: TableChunk): OutputPlan => {
  const { manifest, input, cells, to, columns } = options;
  const have = Object.keys(first.types);
  const { flaws = {} } = first;
  const passed = columns ?? Object.keys(flaws);
  refuseFlaws(flaws, { table: input, code: 'BAD_FILE', read: Object.keys(manifest.inputs), passed });
  if (cells !== 'free') refuseColumns(manifest, input, first);
  for (const name of columns ?? []) {
    if (have.includes(name) || (cells === 'free' && first.rows > 0)) continue;
    const near = nearest(name, have);
    throw fail('USAGE', `${input} has no column ${name} to keep.${near ? ` Is it ${near}?` : ''}`, {
      field: name,
      expected: `columns of ${input}: ${have.join(', ')}`,
      got: name,
    });
  }
  const pass = (columns ?? have).map((name): PassColumn => {
    if (cells !== 'typed' && to === 'parquet') return typed(name, manifest.inputs[name]);
    return { name, type: first.types[name] ?? 'JSON' };
  });
  const others = columns !== undefined ? 'dropped' : isJson(to) ? 'kept' : 'refused';
  return { pass, answers: answerColumns(manifest.outputs, have), others };
};
