/** Graphs of nearest neighbours, whose distances a Scan takes. */
import type { Graph, Model, Node } from '../onnx-builder.ts';
import { floats, ints, ramp } from './operator-case.ts';

export const node = (
  op: string,
  inputs: string,
  outputs: string,
  attributes: Node['attributes'] = {},
  domain?: string,
): Node => ({
  op,
  inputs: inputs.split(' '),
  outputs: outputs.split(' '),
  attributes,
  ...(domain && { domain }),
});
export const ml = 'ai.onnx.ml';
export const squares = [
  node('Sub', 'state one', 'd'),
  node('ReduceSumSquare', 'd', 'sum', { axes: [1n], keepdims: 0n }),
];
export const body = (
  nodes: readonly Node[] = squares,
  constants: Graph['constants'] = [],
  kept = node('Identity', 'state', 'kept'),
): Graph => ({
  constants,
  inputs: [
    { name: 'state', dims: ['rows', 4] },
    { name: 'one', dims: [4] },
  ],
  outputs: [
    { name: 'kept', dims: ['rows', 4] },
    { name: 'each', dims: ['rows'] },
  ],
  nodes: [kept, ...nodes, node('Identity', 'sum', 'each')],
});
const scan = (graph: Graph): Node =>
  node('Scan', 'x table', 'left distances', { body: { graph }, num_scan_inputs: 1n });

/** The three nearest rows of a table, and the mean of what they say, as converters write them. */
export const neighbours = (graph: Graph = body()): Model => ({
  inputs: [{ name: 'x', dims: ['rows', 4] }],
  outputs: [
    { name: 'y', dims: ['rows', 3] },
    { name: 'mean', dims: ['rows'] },
  ],
  constants: [
    floats('table', [30, 4], ...ramp(120)),
    ints('k', 3),
    floats('targets', [30], ...ramp(30)),
    ints('to', -1, 3),
  ],
  nodes: [
    scan(graph),
    node('Transpose', 'distances', 'turned', { perm: [1n, 0n] }),
    node('Sqrt', 'turned', 'roots'),
    node('TopK', 'roots k', 'y places', { largest: 0n }),
    node('ArrayFeatureExtractor', 'targets places', 'flat', {}, ml),
    node('Reshape', 'flat to', 'found'),
    node('ReduceMean', 'found', 'mean', { axes: [1n], keepdims: 0n }),
  ],
});
