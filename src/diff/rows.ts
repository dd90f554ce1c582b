/** Two versions answer the same rows: of a table, or as they were recorded. */
import { resolve } from 'node:path';
import { fail } from '../core/errors.ts';
import { kindOf } from '../core/kinds/index.ts';
import type { Answer, ColumnAnswers, Manifest, Scorer, Value } from '../core/types.ts';
import { inputsOf } from '../evaluation/evaluate.ts';
import { MOST_COLUMNS, type Slicing, slicingsOf } from '../evaluation/slices.ts';
import { formatOf, readTable } from '../files/index.ts';
import { answerColumn, scoreChunk } from '../files/scoring.ts';
import { cellsOf, type Format, type TableChunk } from '../files/table.ts';
import type { Prediction } from '../monitor/records/records.ts';
import { parseJson } from '../text/json.ts';
import type { PairedAnswers, Parting } from './answers.ts';

export interface RowsOptions {
  /** Columns by which rows are parted, at most three; inputs that are categories unless given. */
  readonly by?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told how many rows are done. */
  readonly onRows?: ((rows: number) => void) | undefined;
}

export interface AnsweredRows {
  readonly rows: readonly PairedAnswers[];
  readonly partings: readonly Parting[];
}

/** Rows that are scored at once. */
const CHUNK = 256;

type Row = Readonly<Record<string, unknown>>;

/** Inputs whose values are labels: as many of the first as are told apart. */
const labelInputs = ({ inputs }: Manifest): readonly string[] =>
  Object.keys(inputs)
    .filter((name) => kindOf(inputs[name]).profile === 'labels')
    .slice(0, MOST_COLUMNS);

const chunkOf = (rows: readonly Row[], names: readonly string[]): TableChunk => ({
  rows: rows.length,
  columns: Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name] ?? null)])),
  types: Object.fromEntries(names.map((name) => [name, 'JSON'])),
  rejects: [],
  place: (index) => ({ row: index + 1 }),
});

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null;

/** As both answer recorded inputs now. @throws USAGE for a column that no input is called; the signal's reason */
export const answerRecorded = async (
  predictions: readonly Prediction[],
  [before, now]: readonly [Scorer, Scorer],
  { by, signal, onRows }: RowsOptions = {},
): Promise<AnsweredRows> => {
  // Rows are scored together with those that are read in the same way.
  const ordered = predictions.toSorted((a, b) => Number(a.coerced) - Number(b.coerced));
  const inputs = ordered.map(({ input }) => parseJson(input));
  const rows: PairedAnswers[] = [];
  for (const coerce of [false, true]) {
    const end = coerce ? ordered.length : ordered.filter(({ coerced }) => !coerced).length;
    while (rows.length < end) {
      signal?.throwIfAborted();
      const part = inputs.slice(rows.length, Math.min(rows.length + CHUNK, end));
      const [then, again] = [await before.score(part, { coerce }), await now.score(part, { coerce })];
      for (const [at, answer] of then.entries()) rows.push({ before: answer, now: again[at] });
      onRows?.(rows.length);
    }
  }
  const told = inputs.map((input): Row => (isRow(input) ? input : {}));
  const chunk = chunkOf(told, [
    ...new Set([...Object.keys(before.manifest.inputs), ...Object.keys(now.manifest.inputs)]),
  ]);
  const slicings = slicingsOf(by ?? labelInputs(before.manifest), before.manifest, 'what is recorded', chunk, 'free');
  return { rows, partings: slicings.map((one) => ({ by: one.by, values: one.values, places: one.places(chunk) })) };
};

const answersOf = (scorer: Scorer, { rows, columns, errors }: ColumnAnswers): readonly Answer[] => {
  const told = Object.entries(scorer.manifest.outputs).map(
    ([name, field]) => [name, Array.from<Value>(answerColumn(field, columns[name], rows) as ArrayLike<Value>)] as const,
  );
  return Array.from({ length: rows }, (_, row): Answer => {
    const error = errors.get(row);
    return error ? { error } : { output: Object.fromEntries(told.map(([name, column]) => [name, column[row]])) };
  });
};

export interface TableOptions extends RowsOptions {
  readonly format?: Format | undefined;
  /** So many of the first rows. */
  readonly most: number;
}

/** As both answer a table. @throws USAGE for a column that it lacks; BAD_FILE, FILE_NOT_FOUND; the signal's reason */
export const answerTable = async (
  file: string,
  [before, now]: readonly [Scorer, Scorer],
  { by, format: given, most, signal, onRows }: TableOptions,
): Promise<AnsweredRows> => {
  const format = formatOf(file, given);
  const cells = cellsOf[format];
  const rows: PairedAnswers[] = [];
  const places: number[][] = [];
  let slicings: readonly Slicing[] | undefined;
  for await (const chunk of readTable(file, { format })) {
    signal?.throwIfAborted();
    const known = labelInputs(before.manifest).filter((name) => Object.hasOwn(chunk.types, name));
    slicings ??= slicingsOf(by ?? known, before.manifest, file, chunk, cells);
    if (chunk.rows > 0) {
      const scored = [before, now].map((scorer) => scoreChunk(scorer, inputsOf(chunk, scorer), cells));
      const [then, again] = await Promise.all(scored);
      const [own, other] = [answersOf(before, then), answersOf(now, again)];
      const room = Math.min(chunk.rows, most - rows.length);
      for (let row = 0; row < room; row++) rows.push({ before: own[row], now: other[row] });
      for (const [at, slicing] of slicings.entries()) {
        places[at] ??= [];
        for (const place of slicing.places(chunk).subarray(0, room)) places[at].push(place);
      }
    }
    chunk.release?.();
    onRows?.(rows.length);
    if (rows.length >= most) break;
  }
  if (rows.length === 0) {
    const expected = 'a table with rows';
    throw fail('BAD_FILE', `${resolve(file)} has no row that could be answered.`, { expected, got: 'none' });
  }
  return {
    rows,
    partings: (slicings ?? []).map(({ by: column, values }, at) => ({ by: column, values, places: places[at] })),
  };
};
