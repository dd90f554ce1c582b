/**
 * Whether a graph is known to be unable to crash, to loop or to allocate without end, so that it may run in a process that
 * others depend on. The shapes of all values are worked out beforehand, as a graph of harmless operators can still double
 * what it holds at every step. Web-standard.
 */

import { isBatchInvariant } from './onnx-batch.ts';
import { GRAPH, MODEL } from './onnx-fields.ts';
import { readOnnx } from './onnx-graph.ts';
import { hasGraph, nodeText, operatorOf } from './onnx-node.ts';
import { safe } from './onnx-safe.ts';
import { elementTypeOf, graphOf } from './onnx-structure.ts';
import { fixed, type GraphValue, readTensor, sizeOf, tensorName } from './onnx-value.ts';
import { valuesOf } from './protobuf.ts';

/** Elements that all values have together for a row: many rows are run at a time, or one, where rows could be mixed. */
const MAX_ELEMENTS = { ofMany: 2 ** 14, ofOne: 2 ** 24 } as const;
/** Multiplications a row, in all nodes: some tens of milliseconds. */
const MAX_WORK = 2 ** 28;

/**
 * Why a model is not known to be safe, in words that go on after "because"; undefined when it is. `fed`: the shape of a row
 * of each input of the graph.
 *
 * @throws BAD_MODEL when the file is no ONNX model
 */
export const riskOfOnnx = (file: Uint8Array, fed: ReadonlyMap<string, readonly number[]>): string | undefined => {
  const read = readOnnx(file);
  const graph = graphOf(file);
  if (valuesOf(file, MODEL.functions).length > 0) return 'the graph has operators of its own (functions)';
  if (valuesOf(graph, GRAPH.sparse).length > 0) return 'the graph has sparse weights';

  const values = new Map<string, GraphValue>();
  for (const tensor of valuesOf(graph, GRAPH.initializers)) {
    const name = tensorName(tensor);
    const value = readTensor(tensor);
    if (value === undefined || values.has(name)) return `the graph's weights ${name} are not what they say`;
    values.set(name, value);
  }
  const most = isBatchInvariant(read) ? MAX_ELEMENTS.ofMany : MAX_ELEMENTS.ofOne;
  let elements = 0;
  const keep = (name: string, value: GraphValue): boolean => {
    elements += sizeOf(value.dims) || NaN;
    values.set(name, value);
    return elements <= most;
  };
  for (const { name, dtype, dims } of read.inputs) {
    const shape = fed.get(name);
    if (shape === undefined || values.has(name)) return `nothing is known of the graph's input ${name}`;
    const [batch] = dims;
    if (typeof batch === 'number' && batch > 1) return `the graph takes ${batch} rows at a time`;
    // A graph of a fixed batch of one.
    const rows = { size: 1, perRow: typeof dims[0] !== 'number' };
    const value = { type: elementTypeOf(dtype), dims: [rows, ...shape.map(fixed)] };
    if (!keep(name, value)) return `the graph's input ${name} has more than ${most} values a row`;
  }

  let work = 0;
  for (const node of read.nodes) {
    const text = nodeText(node);
    const rule = safe.get(operatorOf(node));
    if (rule === undefined) return `${text} is not on the list of operators that are known to be safe`;
    if (hasGraph(node)) return `${text} has a graph in it`;
    const given = node.inputs.map((name) => values.get(name));
    if (node.inputs.some((name, at) => name !== '' && given[at] === undefined))
      return `${text} is given what is not there`;
    // A Constant has no input.
    const known = rule(node, given[0] ?? { type: 0, dims: [] }, given);
    if (typeof known === 'string') return `${text} has ${known}`;
    work += known.work ?? 0;
    if (!(work <= MAX_WORK)) return `${text} makes it more than ${MAX_WORK} multiplications a row`;
    for (const [at, name] of node.outputs.entries()) {
      if (name === '') continue;
      const value = known.outputs[at];
      if (value === undefined || values.has(name)) return `${text} has an output that it should not have`;
      if (!keep(name, value)) return `${text} makes it more than ${most} values a row, or gives none`;
    }
  }
  return undefined;
};
