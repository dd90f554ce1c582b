/** Scoring columns, which pages with a form do not: columns in, columns out. */
import { allocate, type Column, copyRow } from './columns.ts';
import type { ColumnInput, Value } from './data.ts';
import { fail } from './errors.ts';
import { type Field, kindOf } from './kinds/index.ts';
import { startLaps } from './laps.ts';
import type { Pipeline } from './pipeline.ts';
import { fixedShape, raggedValue, sizeOf } from './row-tensors.ts';
import type { Signature } from './signature.ts';
import { fromTable } from './table-rows.ts';
import type { ColumnAnswers, ColumnOutput, OutputFields, Timings } from './types.ts';

/** The column of a field when no row was scored. */
export const emptyColumn = (field: Field): Column => {
  const kind = kindOf(field);
  if (kind.column === 'string') return { type: 'string', values: [] };
  if (kind.column === 'number') return { type: 'number', values: new Float64Array(0) };
  const { dtype, shape } = kind.tensor(field);
  const fixed = fixedShape(shape);
  if (fixed === undefined) return { type: 'ragged', dtype, values: [] };
  return { type: 'tensor', dtype, size: sizeOf(fixed), data: allocate(dtype, 0) };
};

/** The data of a finished column at full length: refused rows hold NaN, null or zeros. Tensors of any length are nested, a value a row. */
export const spread = (column: Column, rows: number, places: Int32Array | undefined): ColumnOutput => {
  if (column.type === 'any') throw fail('INTERNAL', 'An output column without a type.');
  if (column.type === 'ragged') {
    const values = new Array<Value>(rows).fill(null);
    for (let index = 0; index < column.values.length; index++)
      values[places === undefined ? index : places[index]] = raggedValue(column, index);
    return values;
  }
  if (places === undefined) return column.type === 'tensor' ? column.data : column.values;
  if (column.type === 'number') {
    const values = new Float64Array(rows).fill(Number.NaN);
    places.forEach((place, index) => {
      values[place] = column.values[index];
    });
    return values;
  }
  if (column.type === 'string') {
    const values = new Array<string | null>(rows).fill(null);
    places.forEach((place, index) => {
      values[place] = column.values[index];
    });
    return values;
  }
  const data = allocate(column.dtype, rows * column.size);
  places.forEach((place, index) => {
    copyRow(column.data, index * column.size, data, place * column.size, column.size);
  });
  return data;
};

/** What is the same for all calls. */
export interface ColumnScoring {
  readonly pipeline: Pipeline;
  readonly outputs: OutputFields;
}

export const scoreColumns = async (
  { pipeline, outputs }: ColumnScoring,
  signature: Signature,
  input: Readonly<Record<string, ColumnInput>>,
  timings: Timings | undefined,
): Promise<ColumnAnswers> => {
  const lap = startLaps(timings);
  const given = fromTable(signature, input);
  const { rows } = given;
  const { batch, places, problems } = await pipeline(given, lap);
  const columns: Record<string, ColumnOutput> = {};
  for (const [name, field] of Object.entries(outputs)) {
    const column = batch.columns.get(name);
    columns[name] = column ? spread(column, rows, places) : spread(emptyColumn(field), rows, new Int32Array(0));
  }
  lap('finish');
  return { rows, columns, errors: problems };
};
