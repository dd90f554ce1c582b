/** The preparation of a package, compiled: the transform module's `prepare`, then the declarative steps in order. */
import { type Binding, bindInputs } from './bind.ts';
import type { Batch, Column, ColumnType } from './columns.ts';
import { fail, messageOf, type Problem, show } from './errors.ts';
import { nearest } from './nearest.ts';
import { columnTypeOf } from './signature.ts';
import { stepKinds } from './steps/index.ts';
import type { Step, StepContext } from './steps/step.ts';
import type { Dtype, Field, Fields, Manifest, Row, TensorSpec, Transform } from './types.ts';

export interface Preparation {
  /** What feeds each graph input. */
  readonly bindings: readonly Binding[];
  /** Adds the prepared columns to the batch; rows that cannot be prepared are refused. */
  apply(batch: Batch): void;
}

/** Reads one value as a transform module sees it: null for missing, datetimes as ms since the epoch. */
const plain = (field: Field | undefined, column: Column, row: number): unknown => {
  if (column.type === 'tensor')
    return Array.from(column.data.slice(row * column.size, (row + 1) * column.size) as ArrayLike<unknown>);
  if (column.type !== 'number') return column.values[row];
  const value = column.values[row];
  return Number.isNaN(value) ? null : field?.kind === 'boolean' ? value !== 0 : value;
};

/** A batch's row as a transform module sees it. */
export const plainRow = (
  fields: Fields,
  columns: ReadonlyMap<string, Column>,
  row: number,
): Record<string, unknown> => {
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) {
    const column = columns.get(name);
    if (column) values[name] = plain(fields[name], column, row);
  }
  return values;
};

/** Calls a function of a transform module for one row; what it throws or wrongly returns is the row's problem. */
export const callTransform = (name: string, call: () => Row): Row | { readonly problem: Problem } => {
  const expected = `an object from ${name}`;
  let got: string;
  try {
    const value: unknown = call();
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && !('then' in value)) return value as Row;
    got =
      typeof value === 'object' && value !== null && 'then' in value ? 'a promise (it must not be async)' : show(value);
  } catch (error) {
    got = `${messageOf(error).slice(0, 200)} (thrown)`;
  }
  return {
    problem: {
      code: 'TRANSFORM_FAILED',
      step: name,
      expected,
      got,
      message: `transform: expected ${expected}, got ${got}.`,
    },
  };
};
export const hasProblem = (value: Row | { readonly problem: Problem }): value is { readonly problem: Problem } =>
  typeof value.problem === 'object' && value.problem !== null && 'code' in value.problem;

const applyTransform = (prepare: NonNullable<Transform['prepare']>, fields: Fields, batch: Batch): void => {
  const returned: Row[] = [];
  const names = new Set<string>();
  for (let row = 0; row < batch.rows; row++) {
    const result = callTransform('prepare', () => prepare(plainRow(fields, batch.columns, row)));
    const failed = hasProblem(result);
    if (failed) batch.refuse(row, result.problem);
    returned.push(failed ? {} : result);
    if (!failed) for (const name of Object.keys(result)) names.add(name);
  }
  for (const name of names) {
    const before = batch.columns.get(name);
    const values = returned.map((result, row) =>
      Object.hasOwn(result, name) ? result[name] : before && plain(fields[name], before, row),
    );
    batch.columns.set(name, { type: 'any', values });
  }
};

/** Compiles `prepare`. Throws BAD_MANIFEST for steps that name what is not there, or graph inputs that nothing feeds. */
export const compilePreparation = (
  manifest: Manifest,
  specs: readonly TensorSpec[],
  transform: Transform,
): Preparation => {
  const { inputs: fields } = manifest;
  const names = Object.keys(fields);
  const types = new Map<string, ColumnType>(names.map((name) => [name, columnTypeOf(fields[name])]));
  const origins = new Map<string, Field>(Object.entries(fields));
  const tensors = new Map<string, { dtype: Dtype; size: number }>();
  for (const [name, field] of Object.entries(fields)) {
    if (field.kind === 'tensor')
      tensors.set(name, { dtype: field.dtype, size: field.shape.reduce((a, b) => a * b, 1) });
  }
  const base = {
    fields,
    graph: new Map(specs.map((spec) => [spec.name, spec])),
    types,
    fieldOf: (name: string) => origins.get(name),
    open: transform.prepare !== undefined,
  };
  const steps: Step[] = (manifest.prepare ?? []).map((config, index) => {
    const [name, ...more] = Object.keys(config);
    const kind = name !== undefined && Object.hasOwn(stepKinds, name) ? stepKinds[name] : undefined;
    const context: StepContext = { ...base, label: `prepare[${index}] (${name})` };
    if (kind === undefined || more.length > 0) {
      const near = nearest(name ?? '', Object.keys(stepKinds));
      throw fail('BAD_MANIFEST', `${context.label}: there is no such step.${near ? ` Did you mean ${near}?` : ''}`, {
        expected: `one of ${Object.keys(stepKinds).join(', ')}`,
        got: Object.keys(config).join(', '),
      });
    }
    const step = kind.compile(config[name], context);
    types.set(step.as, step.type);
    const { of } = config[name] as { of?: string };
    const origin = of !== undefined && (name === 'impute' || name === 'clip') ? origins.get(of) : undefined;
    if (origin) origins.set(step.as, origin);
    else origins.delete(step.as);
    if (step.tensor) tensors.set(step.as, step.tensor);
    return step;
  });
  const bindings = bindInputs(specs, { ...base, label: 'model' }, tensors);
  return {
    bindings,
    apply(batch) {
      if (transform.prepare) applyTransform(transform.prepare, fields, batch);
      for (const step of steps) batch.columns.set(step.as, step.apply(batch));
    },
  };
};
