import { applied } from '../../src/core/applied-transform.ts';
import { createScorer } from '../../src/core/scorer.ts';
import type { Dtype, InputFields, Manifest, OutputField, Scorer, StepConfig, Transform } from '../../src/core/types.ts';
import { readImageInNode } from '../../src/images/in-node.ts';
import { echoSession } from './echo.ts';

/** What the graph takes: a name and a dtype, one value a row, or `width` of them. */
export interface Taken {
  readonly name: string;
  readonly dtype?: Dtype;
  /** The shape of one row as the graph declares it; [1] unless said. */
  readonly dims?: readonly (number | null)[];
  /** The shape that the answer has, where the graph leaves dimensions open. */
  readonly shape?: readonly number[];
}

export interface Prepared {
  readonly inputs: InputFields;
  readonly prepare?: readonly StepConfig[];
  readonly takes: readonly Taken[];
  readonly transform?: Transform;
  readonly more?: Partial<Manifest>;
}

/** A scorer that answers what its graph is fed, float64 unless `takes` says otherwise. */
export const prepared = ({ inputs, prepare = [], takes, transform = {}, more = {} }: Prepared): Scorer => {
  const outputs = Object.fromEntries(
    takes.map(({ name, dtype = 'float64', dims = [1], shape = dims }): [string, OutputField] => {
      const from = `${name} out`;
      if (shape.length !== 1 || shape[0] !== 1)
        return [name, { kind: 'tensor', dtype, shape: shape as readonly number[], from }];
      if (dtype === 'string') return [name, { kind: 'text', from, nullable: true }];
      return [name, { kind: dtype === 'bool' ? 'boolean' : 'number', from, nullable: true }];
    }),
  );
  const session = echoSession(
    takes.map(({ name, dtype = 'float64', dims = [1] }) => ({ name, dtype, dims: [null, ...dims] })),
  );
  const manifest = { name: 'prepared', version: '1.0.0', runtime: 'onnx' as const, inputs, outputs, prepare, ...more };
  return createScorer({
    manifest,
    digest: 'sha256:0',
    session,
    transform: applied(transform),
    readImage: readImageInNode,
  });
};
