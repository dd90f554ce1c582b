/** Between tables and scorers: which columns go in, what the answers are called, and as what types they are written. */
import { kindOf, tensorOf } from '../core/kinds/index.ts';
import { misspellingOf } from '../core/nearest.ts';
import { fixedShape } from '../core/row-tensors.ts';
import type {
  ColumnAnswers,
  ColumnInput,
  ColumnOutput,
  Dtype,
  Field,
  Manifest,
  OutputFields,
  Scorer,
} from '../core/types.ts';
import { type Cells, type ColumnSpec, type ColumnType, type Rows, record, type TableChunk } from './table.ts';
import { elementColumns, listOf, tensorOfColumns } from './tensor-cells.ts';

/**
 * What an empty cell of CSV is: a missing value where the field is nullable and for all but texts, else the empty text
 * (docs/VALIDATION.md).
 */
export const emptyCell = (field: Field | undefined): '' | null =>
  field && kindOf(field).column === 'string' && !field.nullable ? '' : null;

/** Whether numbers of the field's column stand for values that are none. */
const isCoded = (field: Field): boolean => {
  const kind = kindOf(field);
  return kind.column === 'number' && kind.value !== undefined;
};

/** The columns that the signature asks for, all of them, so that an absent one is missing in every row. */
export const inputColumns = ({ rows, columns, types }: TableChunk, { inputs }: Manifest, cells: Cells) => {
  const given = record<ColumnInput>();
  const elements = elementColumns(inputs, (column) => Object.hasOwn(types, column));
  for (const [name, field] of Object.entries(inputs)) {
    const columnsOfIt = elements.get(name)?.map((column) => columns[column]);
    if (columnsOfIt) given[name] = tensorOfColumns(field, columnsOfIt, rows);
    else if (!Object.hasOwn(types, name)) given[name] = new Array<unknown>(rows).fill(undefined);
    else if (cells !== 'free' && types[name] === 'VARCHAR' && kindOf(field).column === 'tensor') {
      given[name] = Array.from(columns[name] as ArrayLike<unknown>, listOf);
    } else if (cells === 'text' && emptyCell(field) === '') {
      given[name] = Array.from(columns[name] as ArrayLike<unknown>, (cell) => cell ?? '');
    } else if (ArrayBuffer.isView(columns[name]) && isCoded(field)) {
      // The scorer's own typed columns hold ms and 0 | 1; a file's numbers are numbers, and refused as in JSON.
      given[name] = Array.from(columns[name] as ArrayLike<unknown>);
    } else given[name] = columns[name];
  }
  return given;
};

/** Row `index` as an object; fields that are undefined are left out. */
export const rowAt = ({ columns }: Rows, index: number): Record<string, unknown> => {
  const row = record<unknown>();
  for (const name of Object.keys(columns)) {
    const value = (columns[name] as ArrayLike<unknown>)[index];
    if (value !== undefined) row[name] = Number.isNaN(value) ? null : value;
  }
  return row;
};

/** A field that nobody knows, and that looks like one that may be absent. */
const hasSlip = ({ types }: TableChunk, { inputs }: Manifest): boolean => {
  const optional = Object.keys(inputs).filter((name) => inputs[name]?.nullable);
  return Object.keys(types).some((name) => !Object.hasOwn(inputs, name) && misspellingOf(name, optional) !== undefined);
};

/** A row of JSON that has none of the fields of the signature. */
const hasStranger = ({ rows, columns, types }: TableChunk, { inputs }: Manifest): boolean => {
  const known = Object.keys(inputs).filter((name) => Object.hasOwn(types, name));
  for (let row = 0; row < rows; row++) {
    if (known.every((name) => (columns[name] as ArrayLike<unknown>)[row] === undefined)) return true;
  }
  return false;
};

/** Rows of JSON may each have other fields, and some of these are refused: then rows are scored as rows. */
const scoreRows = async (scorer: Scorer, chunk: TableChunk): Promise<ColumnAnswers> => {
  const rows = Array.from({ length: chunk.rows }, (_, index) => rowAt(chunk, index));
  const answers = await scorer.score(rows);
  const columns = record<ColumnOutput>();
  for (const name of Object.keys(scorer.manifest.outputs)) {
    columns[name] = answers.map(({ output }) => output?.[name] ?? null) as ColumnOutput;
  }
  const errors = new Map(answers.flatMap(({ error }, index) => (error ? [[index, error] as const] : [])));
  return { rows: chunk.rows, columns, errors };
};

/** Scores the rows of a chunk. Where cells are nothing but text, numbers, booleans and dates are read from it. */
export const scoreChunk = (scorer: Scorer, chunk: TableChunk, cells: Cells): Promise<ColumnAnswers> => {
  const { manifest } = scorer;
  const asRows = () => manifest.extraFields === 'reject' || hasSlip(chunk, manifest) || hasStranger(chunk, manifest);
  if (cells === 'free' && asRows()) return scoreRows(scorer, chunk);
  return scorer.scoreColumns(inputColumns(chunk, manifest, cells), cells === 'text' ? { coerce: true } : {});
};

const elementTypes: Readonly<Record<Dtype, ColumnType>> = {
  float32: 'FLOAT',
  float64: 'DOUBLE',
  float16: 'FLOAT',
  bfloat16: 'FLOAT',
  int8: 'TINYINT',
  uint8: 'UTINYINT',
  int16: 'SMALLINT',
  uint16: 'USMALLINT',
  int32: 'INTEGER',
  uint32: 'UINTEGER',
  int64: 'BIGINT',
  uint64: 'UBIGINT',
  bool: 'BOOLEAN',
  string: 'VARCHAR',
};

/** The type of the column that holds a field's values. */
export const columnTypeOf = (field: Field): ColumnType => {
  const kind = kindOf(field);
  if (kind.column !== 'tensor') return kind.sqlType;
  const { dtype, shape } = kind.tensor(field);
  return elementTypes[dtype] + '[]'.repeat(shape.length);
};

/** Nested arrays of `shape` out of flat row-major data. */
const nest = (data: ArrayLike<unknown>, [length, ...inner]: readonly number[], at: number): unknown => {
  if (length === undefined) return data[at];
  const size = inner.reduce((product, dim) => product * dim, 1);
  return Array.from({ length }, (_, index) => nest(data, inner, at + index * size));
};

/** A column of answers with one value a row: a tensor's flat data becomes nested arrays. */
export const answerColumn = (field: Field, answers: ColumnOutput, rows: number): ColumnInput => {
  const { dtype, shape: declared = [] } = tensorOf(field) ?? {};
  // A tensor of any length is nested already.
  const shape = fixedShape(declared) ?? [];
  if (shape.length === 0 || !(ArrayBuffer.isView(answers) || answers.length !== rows)) return answers;
  const size = shape.reduce((product, dim) => product * dim, 1);
  const data = dtype === 'bool' ? Array.from(answers as Uint8Array, (value) => value === 1) : answers;
  return Array.from({ length: rows }, (_, row) => nest(data as ArrayLike<unknown>, shape, row * size));
};

export interface AnswerColumn extends ColumnSpec {
  /** The output field. */
  readonly field: string;
}

/** The columns of the answers: called as the output fields, behind `predicted_` where the table has such a column already. */
export const answerColumns = (outputs: OutputFields, taken: readonly string[]): readonly AnswerColumn[] => {
  const used = new Set(taken);
  return Object.entries(outputs).map(([field, spec]) => {
    let name = field;
    while (used.has(name)) name = `predicted_${name}`;
    used.add(name);
    return { field, name, type: columnTypeOf(spec) };
  });
};
