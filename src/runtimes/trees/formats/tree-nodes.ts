/** What readers of boosted trees write: the nodes of all trees, in arrays by node. */
import type { Ensemble } from '../ensemble.ts';

/** An ensemble's arrays by node, while they are filled. */
export type Nodes = Required<Pick<Ensemble, 'tests' | 'features' | 'values' | 'yes' | 'no'>> & {
  readonly sets: Map<number, ArrayLike<number>>;
};

export const createNodes = (count: number): Nodes => ({
  tests: new Uint8Array(count),
  features: new Int32Array(count),
  values: new Float64Array(count),
  yes: new Int32Array(count),
  no: new Int32Array(count),
  sets: new Map(),
});
