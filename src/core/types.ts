/** The nouns that every folder shares: data, signature fields, the manifest, and what a scorer answers. */
import type { ColumnInput, ColumnOutput, Row, Tensor, TensorSpec, Value } from './data.ts';
import type { Problem } from './errors.ts';
import type { Field } from './kinds/index.ts';

export type * from './data.ts';
export type { Field, Fields } from './kinds/index.ts';

/** Which runtime answers for a model. */
export interface AnsweringRuntime {
  /** `trees` is Millrace's own. */
  readonly name: 'trees' | 'onnxruntime';
  /** Why it is not the own one, in words that go on after "because". */
  readonly why?: string;
}

/** A model file made ready by a runtime. Runs may be asked for at the same time; they stand in line. */
export interface ModelSession {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** False when the bits of a row's answer may depend on its neighbours in the batch (matrix kernels do that). */
  readonly batchInvariant: boolean;
  readonly runtime?: AnsweringRuntime;
  run(feeds: Readonly<Record<string, Tensor>>, outputs: readonly string[]): Promise<Readonly<Record<string, Tensor>>>;
  close(): Promise<void>;
}

/** An input field may also say which graph input it feeds, where that has another name. */
export type InputField = Field & {
  /** The graph input that takes this field, as it stands after all steps; the one of the field's own name unless given. */
  readonly to?: string;
};
export type InputFields = Readonly<Record<string, InputField>>;

/** An output field also says where in the graph's outputs it lies. */
export type OutputField = Field & {
  /** The graph output's name; the field's own name unless given. */
  readonly from?: string;
  /** Which column of a graph output of shape [rows, columns]. */
  readonly at?: number;
};
export type OutputFields = Readonly<Record<string, OutputField>>;

/** One preparation step as written: `{ <name>: { …settings } }`. */
export type StepConfig = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface Tolerance {
  /** Absolute and relative: |answer − golden| ≤ atol + rtol × |golden|. */
  readonly atol: number;
  readonly rtol: number;
}

/** The golden examples: input, the answer of the library that trained the model, and how far off it may be. */
export interface Example extends Partial<Tolerance> {
  readonly input: Row;
  readonly output: Row;
}

/** `model.json`: all that a package says of itself. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly license?: string;
  readonly intendedUse?: string;
  readonly limitations?: string;
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
  readonly provenance?: {
    readonly commit?: string;
    readonly data?: string;
    readonly trainer?: string;
    readonly trained?: string;
    readonly metrics?: Readonly<Record<string, number>>;
  };
  /** Of what format the model is, and where it runs: a row of the table of runtimes. */
  readonly runtime: string;
  readonly inputs: InputFields;
  readonly outputs: OutputFields;
  /** What to do with fields that the signature lacks; `ignore` unless given. */
  readonly extraFields?: 'ignore' | 'reject';
  /** Read numbers, booleans and dates from strings too, as CSV files and forms write them; false unless given. */
  readonly coerce?: boolean;
  readonly prepare?: readonly StepConfig[];
  readonly tolerance?: Tolerance;
}

export interface Scored {
  readonly output: Readonly<Record<string, Value>>;
  readonly error?: undefined;
}
export interface Refused {
  readonly output?: undefined;
  readonly error: Problem;
}
export type Answer = Scored | Refused;

export interface ColumnAnswers {
  readonly rows: number;
  readonly columns: Readonly<Record<string, ColumnOutput>>;
  /** Refused rows by index; their places in `columns` hold NaN, null or zeros. */
  readonly errors: ReadonlyMap<number, Problem>;
}

/** Milliseconds that each stage of a call took; the caller hands in zeros and gets them filled. */
export interface Timings {
  validate: number;
  prepare: number;
  run: number;
  finish: number;
}

/** The last three are for scorers that run in processes of their own; others pass them over. */
export interface ScoreOptions {
  /** Read numbers, booleans and dates from strings too (a CSV file has nothing else). */
  readonly coerce?: boolean;
  /** Where to write how long each stage took; no clock is read without it. */
  readonly timings?: Timings;
  /** When nobody wants the answer any more, on the clock of `performance.now()`. */
  readonly deadline?: number | undefined;
  /** The caller finds out which rows end the process that runs them: fail with WORKER_LOST when it ends. */
  readonly undivided?: boolean | undefined;
  /** These rows were in a run that ended its process. */
  readonly suspected?: boolean | undefined;
}

/** A loaded package. Row by row or column by column, in any batch size, the same bits. */
export interface Scorer {
  readonly manifest: Manifest;
  /** `sha256:…` of the package. */
  readonly digest: string;
  /** What the model file itself takes and gives. */
  readonly graph: Pick<ModelSession, 'inputs' | 'outputs' | 'runtime'>;
  /** One answer a row, in order; a row that cannot be scored is refused alone. Never rejects for a bad row. */
  score(rows: readonly unknown[], options?: ScoreOptions): Promise<readonly Answer[]>;
  /** Columns must be of one length. They may be used without a copy: leave them as they are until the answer is there. */
  scoreColumns(columns: Readonly<Record<string, ColumnInput>>, options?: ScoreOptions): Promise<ColumnAnswers>;
  /** Waits for the calls that are under way; later ones are refused with UNAVAILABLE. May be called again. */
  close(): Promise<void>;
}

/** What a transform module may export. Rows hold plain values; datetimes are milliseconds since the epoch. */
export interface Transform {
  readonly prepare?: (row: Record<string, unknown>) => Row;
  readonly finish?: (output: Record<string, unknown>, row: Record<string, unknown>) => Row;
}
