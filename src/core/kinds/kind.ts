/** The port of this folder: what Millrace knows of a kind of field. A kind is a file, and a row in index.ts. */
import type { ModelAnswer } from '../answered.ts';
import type { Binding } from '../binding.ts';
import type { Batch, Column } from '../columns.ts';
import type { ColumnInput, Dtype, TensorSpec, Value } from '../data.ts';
import type { Complain, Read } from '../field.ts';
import type { RowTensor } from '../row-tensors.ts';

/** What a field of any kind may say. */
export interface FieldBase {
  readonly description?: string;
  readonly nullable?: boolean;
  /** An example of a value, for forms and documentation. */
  readonly example?: Value;
}

export type Schema = Readonly<Record<string, unknown>>;

export interface Settings {
  readonly properties: Schema;
  readonly required?: readonly string[];
}

/** A control of a form, as plain data: what a person types or chooses, and what its text stands for in JSON. */
export interface FormControl {
  /** A line of text, one of `options`, or several lines. */
  readonly shape: 'line' | 'choice' | 'lines';
  readonly reads: 'text' | 'number' | 'boolean' | 'json';
  readonly options?: readonly string[];
  /** Other texts than `options` are values, too. */
  readonly isOpen?: boolean;
  readonly step?: 1 | 'any';
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** What is asked of every kind. Methods are handed a field of the kind. */
interface KindBase<F> {
  /** JSON Schema of what such a field may say in model.yaml, besides what every field may. */
  readonly settings: Settings;
  /**
   * Looks at what a schema cannot say of a field's settings.
   *
   * @throws BAD_MANIFEST
   */
  check?(name: string, field: F): void;
  /** What the field wants, in words, without "or null": "a number from 0 to 200 (mile)". */
  describe(field: F): string;
  /** A value as JSON has it, which the field takes. */
  sample(field: F): unknown;
  /** JSON Schema (2020-12) of its values, without what stands in it for people. */
  schema(field: F): Schema;
  /** How a person gives a value in a form: as one of its labels or a line of text, unless given. */
  control?(field: F): FormControl;
  /** As what values are counted in profiles: texts by their length where none of them may be kept. Not at all unless given. */
  readonly profile?: 'numbers' | 'labels' | 'lengths';
}

/** A type of the Open Inference Protocol, for values one by one. */
export interface ProtocolType {
  readonly datatype: 'FP64' | 'INT64' | 'BOOL' | 'BYTES';
  /** The same where the field may be missing, if `datatype` has no value for that. */
  readonly nullable?: 'FP64';
  /** Types of a graph that stand for a value without a change. */
  readonly dtypes: readonly Dtype[];
}

/** The type of a column of a table that holds values one by one, in the words of DuckDB's SQL. */
export type SqlType = 'DOUBLE' | 'BIGINT' | 'BOOLEAN' | 'TIMESTAMP WITH TIME ZONE' | 'VARCHAR';

/** How values one by one become a column of numbers or of texts. */
interface ReadsValues<F, T> {
  /** Reads values as rows and plain columns have them; asked once a field. With `coerce` it reads what CSV writes, too. */
  read(field: F, complain: Complain, coerce: boolean): Read<T>;
  /** How to write a value that only `coerce` reads, such as "as a number"; said to who sends one. */
  readonly writeAs?: string;
  readonly protocol: ProtocolType;
  readonly sqlType: SqlType;
}

/** Values become numbers, NaN for missing. */
export interface NumberKind<F = unknown> extends KindBase<F>, ReadsValues<F, number> {
  readonly column: 'number';
  /** Reads the elements of a typed column by `read`, where they are not what stands in rows. */
  readTyped?(read: Read<number>, complain: Complain): Read<number>;
  /** Whether a typed column holds nothing but plain values that the field allows, so that it is taken as it is. */
  fits?(field: F, values: Float64Array): boolean;
  /** True where a model must answer an integer. */
  readonly isWhole?: boolean;
  /** What a model answers beyond ±limit stands for nothing, as NaN does; the range of a float64 unless given. */
  readonly limit?: number;
  /** What the column holds for a number that a model answers; the number itself unless given. */
  settle?(answer: number): number;
  /** The value that a number of the column stands for, in answers and records; the number itself unless given, and for all others. */
  value?(number: number): Value;
  /** The same for a transform module. */
  plain?(number: number): Value;
  /** What a row has for a value as a transform module gives it; that itself unless given. */
  fromPlain?(value: unknown): unknown;
  /** The value of a cell of CSV that was scored, trimmed and not blank; its text unless given. */
  fromCell?(text: string): Value;
  /** Values are numbers: any type of number brings them. */
  readonly isNumber?: boolean;
  /** Numbers of the column are ms since the epoch, which are no quantity. */
  readonly isInstant?: boolean;
}

/** Values become texts, null for missing. */
export interface StringKind<F = unknown> extends KindBase<F>, ReadsValues<F, string | null> {
  readonly column: 'string';
  /** Values are files: their bytes are as good as their base64. */
  readonly isFile?: boolean;
  /** The texts that are known; a model's integers are places among them. Undefined where every text is as good as another. */
  labels?(field: F): Labels | undefined;
}

export interface Labels {
  readonly all: readonly string[];
  /** Other texts are allowed, too. */
  readonly isOpen: boolean;
}

/** A column that is a tensor: what it holds, and the shape of one row, null for a dimension that varies. */
export interface TensorInfo {
  readonly dtype: Dtype;
  readonly shape: readonly (number | null)[];
}

/** Reads what a graph answered as a column; `refuse` is told of rows that have another tensor. */
export type ReadTensors = (
  answered: ModelAnswer,
  batch: Batch,
  refuse: (row: number, tensor: Pick<RowTensor, 'dims'>) => void,
) => Column;

/** Reads the value of one row out of a column, as it stands in an output row. */
export type ValueReader = (column: Column, row: number) => Value;

/** Binds a graph input, `shown` in messages, to a column; `plain` reads one that is no field's. */
export type BindTensor = (spec: TensorSpec, shown: string, plain: (column: Column, row: number) => unknown) => Binding;

/** Makes the column of a tensor field, out of values or out of a column as it comes. */
export interface TensorReader {
  fill(batch: Batch, valueAt: (row: number) => unknown): Column;
  fromColumn(input: ColumnInput, batch: Batch): Column;
}

/** Values become tensors of one shape; what else is asked of them follows from their dtype. */
export interface TensorKind<F = unknown> extends KindBase<F> {
  readonly column: 'tensor';
  tensor(field: F): TensorInfo;
  reader(field: F, complain: Complain): TensorReader;
  answers(field: F): ReadTensors;
  valueReader(field: F): ValueReader;
  /** Where a dimension is open. */
  bind(field: F): BindTensor;
}

export type Kind<F = unknown> = NumberKind<F> | StringKind<F> | TensorKind<F>;
