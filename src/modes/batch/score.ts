/** One chunk of a source becomes rows of the output, and rejects. */
import type { Problem } from '../../core/errors.ts';
import { show } from '../../core/errors.ts';
import { isBlank } from '../../core/field.ts';
import type { ColumnAnswers, ColumnInput, Manifest, Scorer } from '../../core/types.ts';
import { codecOf } from '../../files/column-types.ts';
import { pickRows } from '../../files/rows.ts';
import { answerColumn, rowAt, scoreChunk } from '../../files/scoring.ts';
import { type Cells, type ColumnSpec, type Rows, record, type Stored, type TableChunk } from '../../files/table.ts';
import type { Source, SourceChunk } from '../../sources/source.ts';
import { ROW_KEY } from './plan.ts';
import type { Plan, Reject } from './types.ts';

export interface ScoredChunk {
  readonly chunk: SourceChunk;
  readonly answers: ColumnAnswers;
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

/** CSV has nothing but text. */
const fromText =
  (type: string) =>
  (value: unknown): unknown =>
    typeof value !== 'string' ? value : isBlank(value) ? null : type === 'VARCHAR' ? value : Number(value.trim());

/** Rows that cannot be written for what stands in a carried column. */
const carriedProblems = (
  chunk: TableChunk,
  columns: Readonly<Record<string, ColumnInput>>,
  { carried, key }: Plan,
  { isTyped, cells }: Pick<PrepareOptions, 'isTyped' | 'cells'>,
): Map<number, Problem> => {
  const problems = new Map<number, Problem>();
  const isFree = isTyped && cells === 'free';
  for (const column of carried) {
    const isKey = key.includes(column.name);
    const isSame = chunk.types[column.name] === column.type;
    const stored = isSame ? chunk.stored?.[column.name] : undefined;
    const isChecked = isFree || (chunk.stored !== undefined && !isSame);
    if (isTyped && column.type === 'DECIMAL') {
      (stored?.data as readonly (string | null)[] | undefined)?.forEach((text, row) => {
        if (text !== null && isBeyond(text) && !problems.has(row)) problems.set(row, tooLong(column));
      });
    }
    if (!isKey && !isChecked) continue;
    // What is stored is of its column's type, and says itself where it has no value.
    if (stored && (!isKey || (stored.valid === undefined && ArrayBuffer.isView(stored.data)))) continue;
    const values = columns[column.name] as ArrayLike<unknown>;
    const { encode } = codecOf(column.type);
    for (let row = 0; row < chunk.rows; row++) {
      const value = values[row];
      if (isMissing(value)) {
        if (isKey && !problems.has(row)) problems.set(row, noKey(column.name, value));
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
  const columns = record<ColumnInput>();
  const stored = record<Stored>();
  for (const { name, type } of plan.carried) {
    // A later file may hold other types than the first: then values are moved, not bits.
    const isSame = chunk.types[name] === type;
    if (isSame && chunk.stored?.[name]) stored[name] = chunk.stored[name];
    const look = cells === 'text' && type !== 'VARCHAR' ? fromText(type) : undefined;
    Object.defineProperty(columns, name, {
      enumerable: true,
      configurable: true,
      get: () => {
        const values = chunk.columns[name];
        if (values === undefined) return new Array(chunk.rows).fill(null);
        return look ? Array.from(values as ArrayLike<unknown>, look) : values;
      },
    });
  }
  const problems = new Map([...carriedProblems(chunk, columns, plan, options), ...answers.errors]);
  for (const { field, column } of plan.answers) {
    columns[column] = answerColumn(manifest.outputs[field], answers.columns[field], chunk.rows);
  }
  const isNumbered = plan.key[0] === ROW_KEY;
  if (isNumbered) columns[ROW_KEY] = Array.from({ length: chunk.rows }, (_, row) => chunk.rowKey(chunk.place(row).row));
  columns.scored_at = new Float64Array(chunk.rows).fill(at);
  stored.scored_at = { data: new BigInt64Array(chunk.rows).fill(BigInt(at) * 1000n) };

  const whole: Rows = { rows: chunk.rows, columns, stored };
  if (problems.size === 0 && chunk.rejects.length === 0) return { rows: whole, rejects: [] };
  const keep = new Int32Array(chunk.rows - problems.size);
  let next = 0;
  for (let row = 0; row < chunk.rows; row++) if (!problems.has(row)) keep[next++] = row;
  const keyOf = (row: number): readonly unknown[] =>
    isNumbered
      ? [chunk.rowKey(chunk.place(row).row)]
      : plan.key.map((name) => (chunk.columns[name] as ArrayLike<unknown>)[row] ?? null);
  const rejects = [
    ...Array.from(problems, ([row, problem]): Reject => {
      return { row: chunk.place(row).row, key: keyOf(row), problem, input: rowAt(chunk, row) };
    }),
    ...chunk.rejects.map(({ row, problem, raw }): Reject => {
      return { row, key: isNumbered ? [chunk.rowKey(row)] : [], problem, input: raw };
    }),
  ].sort((a, b) => a.row - b.row);
  return { rows: problems.size === 0 ? whole : pickRows(whole, keep), rejects };
};
