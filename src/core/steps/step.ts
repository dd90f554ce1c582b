/** What every preparation step is made of. A step reads columns of a batch, and gives one column. */
import type { Batch, Column, ColumnTag } from '../columns.ts';
import { fail, type MillraceError, type Problem, show, showNames } from '../errors.ts';
import type { ReadImage } from '../images.ts';
import { isInstant } from '../kinds/index.ts';
import { nearest } from '../nearest.ts';
import { plainReader } from '../plain.ts';
import { transformProblem } from '../transform-problem.ts';
import type { Dtype, Field, Fields, TensorSpec } from '../types.ts';

/** What is known when steps are compiled. */
export interface StepContext {
  readonly fields: Fields;
  /** The graph's inputs, by name. */
  readonly graph: ReadonlyMap<string, TensorSpec>;
  /** Columns there are so far, and their types. */
  readonly types: Map<string, ColumnTag>;
  /** Original field behind a column, for its zone. */
  fieldOf(name: string): Field | undefined;
  /** True when a transform module may add columns that nobody can know before it runs. */
  readonly open: boolean;
  /** "prepare[2] (log1p)", for messages. */
  readonly label: string;
  /** Decodes images; undefined where no package has needed it. */
  readonly readImage?: ReadImage | undefined;
}

export interface Step {
  readonly as: string;
  readonly type: ColumnTag;
  /** Of a tensor: its dtype, elements a row, and the shape of a row where it is not flat. */
  readonly tensor?: { readonly dtype: Dtype; readonly size: number; readonly shape?: readonly number[] };
  /** At once, but for what must be decoded. */
  apply(batch: Batch): Column | Promise<Column>;
}

/** A step's settings, already checked against the JSON Schema, and how they become a step. */
export interface StepKind {
  /** JSON Schema of the settings. */
  readonly schema: Readonly<Record<string, unknown>>;
  compile(settings: Readonly<Record<string, unknown>>, context: StepContext): Step;
}

/** A problem of one row in one step. */
export const stepProblem = (context: StepContext, field: string, expected: string, value: unknown): Problem => {
  const got = show(value);
  const message = `${context.label}: ${field}: expected ${expected}, got ${got}.`;
  return { code: 'STEP_FAILED', step: context.label, field, expected, got, message };
};

/** A step that cannot be, for what a column is. */
export const badStep = (
  { label }: StepContext,
  field: string,
  message: string,
  expected: string,
  got: string,
): MillraceError => fail('BAD_MANIFEST', `${label}: ${message}`, { step: label, field, expected, got });

/** @throws BAD_MANIFEST unless `name` is a column at this point of the preparation, of one of the wanted types. */
export const need = (context: StepContext, name: string, ...wanted: readonly ColumnTag[]): void => {
  const type = context.types.get(name);
  if (type === undefined) {
    if (context.open) return;
    const known = [...context.types.keys()];
    const near = nearest(name, known);
    const message = `there is no ${show(name)} here.${near ? ` Did you mean ${near}?` : ''}`;
    throw badStep(context, name, message, `one of ${showNames(known)}`, name);
  }
  if (type === 'any' || wanted.includes(type)) return;
  const expected = wanted.join(' or ');
  throw badStep(context, name, `${name} is a ${type} column; this step needs ${expected}.`, expected, type);
};

/** @throws BAD_MANIFEST unless `name` is a number here; a point in time is not one until a step makes one of it. */
export const needNumber = (context: StepContext, name: string): void => {
  need(context, name, 'number');
  if (context.types.get(name) !== 'number' || !isInstant(context.fieldOf(name))) return;
  const expected =
    'a number; hour, weekday, month or difference make one of a datetime, cast its milliseconds since the epoch';
  throw badStep(context, name, `${name} is a datetime, not a number.`, expected, 'kind: datetime');
};

/** A value that the transform module made, or left as it was, and that nothing here can use. */
const unusable = ({ label }: StepContext, field: string, expected: string, value: unknown): Problem =>
  transformProblem({ step: label, field }, expected, show(value), ` (for ${label})`);

/** A number out of what may stand for one, or undefined. */
const numberOf = (value: unknown): number | undefined => {
  if (typeof value === 'number') return Math.abs(value) === Infinity ? undefined : value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime();
  return undefined;
};

const valueAt = (context: StepContext, batch: Batch, name: string): ((row: number) => unknown) => {
  const column = batch.columns.get(name);
  const field = Object.hasOwn(context.fields, name) ? context.fields[name] : undefined;
  if (column === undefined) return () => undefined;
  const read = plainReader(field);
  return (row) => read(column, row);
};

/** The column as numbers (NaN is missing); rows where it is none are refused. */
export const numbers = (context: StepContext, batch: Batch, name: string): Float64Array => {
  const column = batch.columns.get(name);
  if (column?.type === 'number') return column.values;
  const read = valueAt(context, batch, name);
  const values = new Float64Array(batch.rows).fill(Number.NaN);
  for (let row = 0; row < batch.rows; row++) {
    const value = read(row);
    if (value === null) continue;
    const number = numberOf(value);
    if (number !== undefined) values[row] = number;
    else batch.refuse(row, unusable(context, name, 'a finite number, boolean or null', value));
  }
  return values;
};

/** The column as text (null is missing); rows where it is none are refused. */
export const strings = (context: StepContext, batch: Batch, name: string): readonly (string | null)[] => {
  const column = batch.columns.get(name);
  if (column?.type === 'string') return column.values;
  const read = valueAt(context, batch, name);
  return Array.from({ length: batch.rows }, (_, row) => {
    const value = read(row);
    if (typeof value === 'string' || value === null) return value;
    batch.refuse(row, unusable(context, name, 'a text or null', value));
    return null;
  });
};

/** The column as numbers and texts, as they come (null is missing); rows where it is neither are refused. */
export const scalars = (context: StepContext, batch: Batch, name: string): readonly (number | string | null)[] => {
  const column = batch.columns.get(name);
  if (column?.type === 'string') return column.values;
  if (column?.type === 'number') return Array.from(column.values, (value) => (Number.isNaN(value) ? null : value));
  const read = valueAt(context, batch, name);
  return Array.from({ length: batch.rows }, (_, row) => {
    const value = read(row);
    if (typeof value === 'string') return value;
    if (value === null || Number.isNaN(value)) return null;
    const number = numberOf(value);
    if (number !== undefined) return number;
    batch.refuse(row, unusable(context, name, 'a number, boolean, text or null', value));
    return null;
  });
};

/** A step that makes numbers out of one column of numbers; a problem refuses the row. */
export const mapNumbers = (
  context: StepContext,
  of: string,
  as: string,
  map: (value: number) => number | Problem,
): Step => {
  need(context, of, 'number');
  return {
    as,
    type: 'number',
    apply(batch) {
      const input = numbers(context, batch, of);
      const values = new Float64Array(batch.rows);
      for (let row = 0; row < values.length; row++) {
        const value = map(input[row]);
        if (typeof value === 'number') values[row] = value;
        else batch.refuse(row, value);
      }
      return { type: 'number', values };
    },
  };
};

/** Schema pieces that steps share. */
export const nameSchema = { type: 'string', minLength: 1 } as const;
export const settingsSchema = (properties: Readonly<Record<string, unknown>>, required: readonly string[]) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
