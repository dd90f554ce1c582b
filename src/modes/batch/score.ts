/** One chunk of a source becomes rows of the output, and rejects. */
import type { Problem } from '../../core/errors.ts';
import { show } from '../../core/errors.ts';
import type { ColumnAnswers, Manifest, Row, Scorer } from '../../core/types.ts';
import { codecOf } from '../../files/column-types.ts';
import { eachText, partRows, passColumns } from '../../files/output-rows.ts';
import { answerColumn, scoreChunk } from '../../files/scoring.ts';
import type { Cells, ColumnSpec, Rows, TableChunk } from '../../files/table.ts';
import { valuesOf } from '../../files/values.ts';
import type { Source, SourceChunk } from '../../sources/source.ts';
import { ROW_KEY } from './plan.ts';
import type { Plan, Reject } from './types.ts';

export interface ScoredChunk {
  readonly chunk: SourceChunk;
  readonly answers: ColumnAnswers;
  /** A shadow's, to the same rows. */
  readonly shadowed?: ColumnAnswers | undefined;
}

export const score = async (scorer: Scorer, chunk: SourceChunk, { cells, fit }: Source): Promise<ScoredChunk> => {
  const fitted = fit ? fit(chunk, scorer.manifest.inputs) : chunk;
  return { chunk, answers: await scoreChunk(scorer, fitted, cells) };
};

const isMissing = (value: unknown): boolean => value === null || value === undefined || Number.isNaN(value);

const noKey = (name: string, value: unknown): Problem => {
  const expected = 'a value, as the column is part of the key';
  return {
    code: 'NULL_VALUE',
    field: name,
    expected,
    got: show(value),
    message: `${name}: expected ${expected}, got ${show(value)}.`,
  };
};

/** Digits of a number that is past every double; not every sink has numbers of any length. */
const isBeyond = (text: string): boolean => /^-?\d/.test(text) && !Number.isFinite(Number(text));
const tooLong = ({ name }: ColumnSpec): Problem => {
  const expected = 'a number that a double holds';
  const got = 'one past 1.8e308';
  return { code: 'OUT_OF_RANGE', field: name, expected, got, message: `${name}: expected ${expected}, got ${got}.` };
};

const unfit = ({ name, type }: ColumnSpec, value: unknown): Problem => ({
  code: 'WRONG_TYPE',
  field: name,
  expected: type,
  got: show(value),
  message: `${name}: a ${type} column of the output cannot hold ${show(value)}.`,
});

/** No sink could keep it: half of a surrogate pair, or bytes of a database that are not UTF-8. */
const broken = ({ name }: ColumnSpec): Problem => {
  const [expected, got] = ['a text in UTF-8', 'one that is not, or half of a surrogate pair'];
  return { code: 'WRONG_TYPE', field: name, expected, got, message: `${name}: expected ${expected}, got ${got}.` };
};

/** Rows that cannot be written for what stands in a carried column. */
const carriedProblems = (
  chunk: TableChunk,
  passed: Rows,
  { plan: { carried, key }, isTyped, cells }: PrepareOptions,
): Map<number, Problem> => {
  const problems = new Map<number, Problem>();
  const isFree = isTyped && cells === 'free';
  const mayBeBroken = cells === 'free';
  for (const column of carried) {
    const isKey = key.includes(column.name);
    const stored = passed.stored?.[column.name];
    const isChecked = isFree || (chunk.stored !== undefined && chunk.types[column.name] !== column.type);
    if (isTyped && column.type === 'DECIMAL') {
      (stored?.data as readonly (string | null)[] | undefined)?.forEach((text, row) => {
        if (text !== null && isBeyond(text) && !problems.has(row)) problems.set(row, tooLong(column));
      });
    }
    if (!isKey && !isChecked && !mayBeBroken) continue;
    // What is stored is of its column's type, and says itself where it has no value.
    if (stored && (!isKey || (stored.valid === undefined && ArrayBuffer.isView(stored.data)))) continue;
    const values = valuesOf(passed, column) as ArrayLike<unknown>;
    const { encode } = codecOf(column.type);
    for (let row = 0; row < chunk.rows; row++) {
      const value = values[row];
      if (isMissing(value)) {
        if (isKey && !problems.has(row)) problems.set(row, noKey(column.name, value));
      } else if (mayBeBroken && typeof value === 'string' && !value.isWellFormed()) {
        if (!problems.has(row)) problems.set(row, broken(column));
      } else if (isChecked && !stored && encode(value) === undefined && !problems.has(row)) {
        problems.set(row, unfit(column, value));
      }
    }
  }
  return problems;
};

export interface PrepareOptions {
  readonly plan: Plan;
  readonly manifest: Manifest;
  readonly cells: Cells;
  /** True when the sink holds values of its columns' types only. */
  readonly isTyped: boolean;
  /** When the rows were scored, in ms since the epoch. */
  readonly at: number;
}

export interface Prepared {
  readonly rows: Rows;
  /** In the order of the source. */
  readonly rejects: readonly Reject[];
}

/** The rows of a scored chunk that go out, as columns of the output, and those that do not. */
export const prepareRows = ({ chunk, answers }: ScoredChunk, options: PrepareOptions): Prepared => {
  const { plan, manifest, cells, at } = options;
  const fit = cells === 'text' ? eachText(Number) : undefined;
  const { columns, stored } = passColumns(
    chunk,
    plan.carried.map(({ name, type }) => ({ name, type, fit: type === 'VARCHAR' ? undefined : fit })),
  );
  const problems = new Map([
    ...carriedProblems(chunk, { rows: chunk.rows, columns, stored }, options),
    ...answers.errors,
  ]);
  for (const { field, column } of plan.answers) {
    columns[column] = answerColumn(manifest.outputs[field], answers.columns[field], chunk.rows);
  }
  const isNumbered = plan.key[0] === ROW_KEY;
  if (isNumbered) columns[ROW_KEY] = Array.from({ length: chunk.rows }, (_, row) => chunk.rowKey(chunk.place(row).row));
  columns.scored_at = new Float64Array(chunk.rows).fill(at);
  stored.scored_at = { data: new BigInt64Array(chunk.rows).fill(BigInt(at) * 1000n) };

  const { rows, refused } = partRows({ rows: chunk.rows, columns, stored }, chunk, problems);
  const keyOf = (row: number, input: unknown): readonly unknown[] => {
    if (isNumbered) return [chunk.rowKey(row)];
    return typeof input === 'string' ? [] : plan.key.map((name) => (input as Row)[name] ?? null);
  };
  return {
    rows,
    rejects: refused.map(({ row, problem, input }) => ({ row, key: keyOf(row, input), problem, input })),
  };
};
