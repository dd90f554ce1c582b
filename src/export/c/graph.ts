/** The model's graph in C: node by node, as the own runtime has made it ready. */
import type { TensorSpec } from '../../core/types.ts';
import { attributesOf } from '../../runtimes/onnx-attributes.ts';
import { readOnnx } from '../../runtimes/onnx-graph.ts';
import { madeOf } from '../../runtimes/trees/made-step.ts';
import { modelOf, operatorName } from '../../runtimes/trees/onnx-model.ts';
import { reasonOf } from '../../runtimes/trees/open.ts';
import { openTabular } from '../../runtimes/trees/open-tabular.ts';
import { everyOperator } from '../../runtimes/trees/operators/every.ts';
import { Unusual } from '../../runtimes/trees/unusual.ts';
import { sizeOf } from '../../runtimes/trees/values.ts';
import { type CColumn, checkFits, isMissing } from './columns.ts';
import { type Draft, typeOf } from './draft.ts';
import { operators } from './operators.ts';
import { notExportable } from './refuse.ts';
import { type CValue, constantValue } from './values.ts';

/** A column as the graph takes it (core/bind.ts). @throws NOT_EXPORTABLE */
export const bindColumn = (draft: Draft, spec: TensorSpec, column: CColumn | undefined): CValue => {
  const { name, dtype } = spec;
  const known = { dtype, dims: spec.dims.slice(1) };
  if (column?.type === 'tensor') return { known, size: column.size, name: column.name };
  if (column?.type === 'texts') return { known, size: column.texts.length, name: '', texts: column.texts };
  if (column?.type === 'string') {
    draft.line(`if (${isMissing(column.text)}) ${draft.refusal('NULL_VALUE', name)}`);
    return { known, size: 1, name: '', texts: [column.text] };
  }
  if (column === undefined) throw notExportable(`nothing feeds ${name}`);
  const type = typeOf(dtype);
  const refusals = { missing: 'NULL_VALUE', fraction: 'NOT_INTEGER', range: 'OUT_OF_RANGE', what: name };
  checkFits(draft, column.name, dtype, refusals);
  const array = draft.fresh('v');
  draft.line(`const ${type} ${array}[1] = { (${type})${column.name} };`);
  return { known, size: 1, name: array };
};

/** Runs a graph of ONNX: from its inputs to its outputs, by name. @throws NOT_EXPORTABLE for what is ONNX Runtime's, or not written in C */
export const writeGraph = (
  draft: Draft,
  file: Uint8Array,
  inputs: ReadonlyMap<string, CValue>,
): ReadonlyMap<string, CValue> => {
  const own = openTabular(file);
  if (own instanceof Unusual) throw notExportable(`ONNX Runtime answers, because ${reasonOf(own)}`);
  const graph = readOnnx(file);
  const { nodes, opsets } = graph;
  const { steps, constants } = modelOf(graph, everyOperator);
  const values = new Map(inputs);
  const valueNamed = (name: string): CValue | undefined => {
    if (name === '') return undefined;
    const constant = values.has(name) ? undefined : constants.get(name)?.();
    if (constant) values.set(name, constantValue(constant));
    return values.get(name);
  };
  for (const [index, step] of steps.entries()) {
    const node = nodes[index];
    const given = step.inputs.map(valueNamed);
    const made = madeOf(
      step.make,
      given.map((value) => value?.known),
    );
    const [first] = made.outputs;
    draft.line('', `/* ${step.op} */`);
    if (first.constant) {
      values.set(step.outputs[0], constantValue(first.constant));
      continue;
    }
    const name = operatorName(node);
    const write = Object.hasOwn(operators, name) ? operators[name] : undefined;
    if (write === undefined) throw notExportable(`the operator ${step.op} of the graph is not written in C`);
    const outputs = write({
      attributes: attributesOf(node),
      opset: opsets[node.domain === '' ? 'ai.onnx' : node.domain] ?? 1,
      outputs: step.outputs.length,
      draft,
      inputs: given,
      made,
      size: sizeOf(first.dims as readonly number[]),
    });
    step.outputs.forEach((output, at) => {
      if (output !== '') values.set(output, outputs[at]);
    });
  }
  return values;
};
