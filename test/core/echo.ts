import { kindOf, tensorOf } from '../../src/core/kinds/index.ts';
import { createScorer } from '../../src/core/scorer.ts';
import type {
  Dtype,
  Field,
  Fields,
  Manifest,
  ModelSession,
  OutputField,
  Scorer,
  Tensor,
} from '../../src/core/types.ts';

/** A session that answers each of its inputs as it came: what the core hands to a model, seen from outside. */
export const echoSession = (inputs: ModelSession['inputs']): ModelSession => ({
  inputs,
  outputs: inputs.map((spec) => ({ ...spec, name: `${spec.name} out` })),
  batchInvariant: true,
  run: async (feeds, outputs) =>
    Object.fromEntries(outputs.map((name) => [name, feeds[name.replace(/ out$/, '')] as Tensor])),
  close: async () => {},
});

const dtypeOf = (field: Field): Dtype =>
  tensorOf(field)?.dtype ?? (kindOf(field).column === 'string' ? 'string' : 'float64');

/** A scorer whose answer is what it understood: one output for each input, of the same kind. */
export const echo = (inputs: Fields, more: Partial<Manifest> = {}): Scorer => {
  const names = Object.keys(inputs);
  const outputs = Object.fromEntries(
    names.map((name): [string, OutputField] => {
      const { example: _, ...field } = inputs[name] as Field;
      return [name, { ...field, from: `${name} out`, ...(!tensorOf(field) && { nullable: true }) } as OutputField];
    }),
  );
  const session = echoSession(
    names.map((name) => {
      const field = inputs[name] as Field;
      return { name, dtype: dtypeOf(field), dims: [null, ...(tensorOf(field)?.shape ?? [1])] };
    }),
  );
  return createScorer({
    manifest: { name: 'echo', version: '1.0.0', runtime: 'onnx', inputs, outputs, ...more },
    digest: 'sha256:0',
    session,
  });
};
