/** The preparation of a package, compiled: the transform module's `prepare`, then the declarative steps in order. */
import type { AppliedTransform } from './applied-transform.ts';
import { bindInputs, type FedTensor } from './bind.ts';
import type { Binding } from './binding.ts';
import type { Batch, ColumnTag } from './columns.ts';
import { fail, showNames } from './errors.ts';
import type { ReadImage } from './images.ts';
import { kindOf } from './kinds/index.ts';
import { nearest } from './nearest.ts';
import { stepKinds, stepNames } from './steps/index.ts';
import type { Step, StepContext, StepKind } from './steps/step.ts';
import type { Field, Fields, Manifest, StepConfig, TensorSpec } from './types.ts';

export interface Preparation {
  /** What feeds each graph input. */
  readonly bindings: readonly Binding[];
  /** Adds the prepared columns to the batch; rows that cannot be prepared are refused. Only images are waited for. */
  apply(batch: Batch): Promise<void>;
}

const stepKindOf = (config: StepConfig, label: string): StepKind => {
  const [name = '', ...more] = Object.keys(config);
  if (more.length > 0 || !stepNames.includes(name)) {
    const near = more.length > 0 ? undefined : nearest(name, stepNames);
    const what = more.length > 0 ? 'a step has one name' : `there is no such step`;
    throw fail('BAD_MANIFEST', `${label}: ${what}.${near ? ` Did you mean ${near}?` : ''}`, {
      step: label,
      expected: `one of ${stepNames.join(', ')}`,
      got: Object.keys(config).join(', '),
    });
  }
  return stepKinds[name];
};

/** A setting that this version does not know would change answers if it were passed over. */
const checkSettings = (settings: Readonly<Record<string, unknown>>, { schema }: StepKind, label: string): void => {
  const { properties, required } = schema as { properties: object; required: readonly string[] };
  const known = Object.keys(properties);
  const strange = Object.keys(settings).find((key) => !known.includes(key));
  const absent = required.find((key) => settings[key] === undefined);
  if (strange === undefined && absent === undefined) return;
  const near = strange === undefined ? undefined : nearest(strange, known);
  const what = strange === undefined ? `${absent} is missing` : `there is no setting ${strange}`;
  throw fail('BAD_MANIFEST', `${label}: ${what}.${near ? ` Did you mean ${near}?` : ''}`, {
    step: label,
    expected: strange === undefined ? `${absent}` : `one of ${known.join(', ')}`,
    got: strange ?? 'nothing',
  });
};

/** Steps after which a datetime is still one. */
const keepsField = new Set(['impute', 'clip']);

const tensorsOf = (fields: Fields): Map<string, FedTensor> => {
  const tensors = new Map<string, FedTensor>();
  for (const [name, field] of Object.entries(fields)) {
    const kind = kindOf(field);
    if (kind.column !== 'tensor') continue;
    const tensor = kind.tensor(field);
    tensors.set(name, tensor.shape.includes(null) ? { ...tensor, bind: kind.bind(field) } : tensor);
  }
  return tensors;
};

/** Only what has to be decoded is waited for. */
const runSteps = async (steps: readonly Step[], batch: Batch): Promise<void> => {
  for (const { as, apply } of steps) {
    const column = apply(batch);
    batch.columns.set(as, column instanceof Promise ? await column : column);
  }
};

/** Compiles `prepare`. @throws MillraceError BAD_MANIFEST for steps that name what is not there, or graph inputs that nothing feeds. */
export const compilePreparation = (
  manifest: Manifest,
  specs: readonly TensorSpec[],
  transform: AppliedTransform,
  readImage?: ReadImage,
): Preparation => {
  const { inputs: fields } = manifest;
  // What a transform module makes of an input is known only when it runs, even under the input's own name.
  const open = transform.prepare !== undefined;
  const types = new Map<string, ColumnTag>(
    Object.entries(fields).map(([name, field]) => [name, open ? 'any' : kindOf(field).column]),
  );
  const origins = new Map<string, Field>(Object.entries(fields));
  const tensors = tensorsOf(fields);
  const base = {
    fields,
    graph: new Map(specs.map((spec) => [spec.name, spec])),
    types,
    fieldOf: (name: string) => origins.get(name),
    open,
    readImage,
  };
  const steps: Step[] = (manifest.prepare ?? []).map((config, index) => {
    const [name] = Object.keys(config);
    const label = `prepare[${index}] (${name})`;
    const kind = stepKindOf(config, label);
    const settings = config[name];
    checkSettings(settings, kind, label);
    const step = kind.compile(settings, { ...base, label } satisfies StepContext);
    const origin = keepsField.has(name) ? origins.get(String(settings.of)) : undefined;
    types.set(step.as, step.type);
    if (origin) origins.set(step.as, origin);
    else origins.delete(step.as);
    if (step.tensor) tensors.set(step.as, { dtype: step.tensor.dtype, shape: step.tensor.shape ?? [step.tensor.size] });
    else tensors.delete(step.as);
    return step;
  });
  const renamed = Object.entries(fields).flatMap(([name, { to }]) => (to === undefined ? [] : [{ name, to }]));
  for (const { name, to } of renamed) {
    const type = types.get(name);
    if (types.has(to) || !base.graph.has(to)) {
      const graph = [...base.graph.keys()].filter((input) => !types.has(input));
      throw fail(
        'BAD_MANIFEST',
        `${name}: to: ${to} ${types.has(to) ? 'is fed already' : 'is no input of the graph'}.`,
        {
          field: name,
          expected: `a graph input that nothing else feeds: ${showNames(graph)}`,
          got: to,
        },
      );
    }
    if (type !== undefined) types.set(to, type);
    const tensor = tensors.get(name);
    if (tensor) tensors.set(to, tensor);
  }
  const bindings = bindInputs(specs, { ...base, label: 'model' }, tensors);
  const transformed = transform.prepare?.(fields);
  return {
    bindings,
    async apply(batch) {
      transformed?.(batch);
      await runSteps(steps, batch);
      for (const { name, to } of renamed) {
        const column = batch.columns.get(name);
        if (column) batch.columns.set(to, column);
      }
    },
  };
};
