/** A first model.yaml out of nothing but the ONNX file: it packs as it is, and its comments say what to make better. */
import { isHalf } from '../core/halves.ts';
import { kinds } from '../core/kinds/index.ts';
import type { TensorSpec } from '../core/types.ts';
import { fieldLine, labelList, MAX_COLUMNS, MAX_LABELS, namer, yaml } from './draft.ts';
import { type ClassLabel, classesOfOutput, columnsOfOutput, labelsOfOutput, mayBeMissing } from './onnx-lineage.ts';
import { intsOf, type OnnxNode, stringsOf } from './onnx-node.ts';
import type { OnnxGraph } from './onnx-structure.ts';
import type { DraftNames } from './runtime.ts';

const MAX_FEATURES = 4096;

const whole = new Set(['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64']);
const kindOf = ({ dtype }: TensorSpec): string =>
  dtype === 'string' ? 'category' : dtype === 'bool' ? 'boolean' : whole.has(dtype) ? 'integer' : 'number';

/** A field's name for a graph's: without what exporters add (x.1, input:0), and anew where they made all of it (onnx::Gemm_0, 17). */
const readable = (name: string, otherwise: 'input' | 'output'): string =>
  /^(onnx::.*|\d+)$/.test(name) ? otherwise : name.replace(/^(.*[^\d.:])[.:]\d+$/, '$1');

/** Nodes that take this value, seen through those that only reshape or rename it. */
const consumers = (graph: OnnxGraph, name: string, depth = 0): readonly OnnxNode[] =>
  graph.nodes
    .filter((node) => node.inputs.includes(name))
    .flatMap((node) =>
      depth < 8 && ['Identity', 'Reshape', 'Cast', 'Imputer', 'Scaler'].includes(node.op) && node.outputs[0]
        ? [node, ...consumers(graph, node.outputs[0], depth + 1)]
        : [node],
    );

/** What takes a text apart; what takes it whole are categories. */
const ofText = new Set(['StringNormalizer', 'Tokenizer', 'TfIdfVectorizer', 'RegexFullMatch', 'StringSplit']);
/** Recurrent layers, which have time first unless their layout says otherwise. */
const overTime = new Set(['LSTM', 'GRU', 'RNN']);

/** What of an input's first dimension keeps rows from being answered together. */
const batchComment = (graph: OnnxGraph, { name, dims }: TensorSpec): string => {
  const isTimeFirst = ({ op, inputs, attributes }: OnnxNode): boolean =>
    overTime.has(op) && inputs[0] === name && !attributes.has('layout');
  if (dims.length === 3 && graph.nodes.some(isTimeFirst))
    return '  # time comes first in the graph, and rows second: export it with rows first (batch_first=True)';
  const [batch] = dims;
  return typeof batch === 'number' && batch > 1
    ? `  # the graph takes ${batch} rows at a time, so one row costs as much as ${batch}: export it with a dynamic first dimension (docs/CONVERT.md has the lines)`
    : '';
};

/** The categories an encoder in the graph knows for this input, if it says. */
const labelsOf = (graph: OnnxGraph, name: string): readonly string[] =>
  consumers(graph, name)
    .map((node) => [...stringsOf(node, 'cats_strings'), ...stringsOf(node, 'keys_strings')])
    .find((labels) => labels.length > 0) ?? [];

/** How many features a graph input with an open second dimension must have, by what its consumers look at. */
const widthOf = (graph: OnnxGraph, name: string): number | undefined => {
  for (const node of consumers(graph, name)) {
    const ids = intsOf(node, 'nodes_featureids');
    if (ids.length > 0) return ids.reduce((most, id) => Math.max(most, id), 0) + 1;
  }
  return undefined;
};

/** Whole numbers of any count that a table of vectors is asked for: ids of tokens, and what goes beside them. */
const isSequence = (graph: OnnxGraph, { dims, dtype }: TensorSpec): boolean =>
  dims.length === 2 &&
  dims[1] === null &&
  whole.has(dtype) &&
  graph.inputs.some(({ name }) => consumers(graph, name).some(({ op }) => op === 'Gather'));

interface Inputs {
  readonly fields: readonly string[];
  readonly steps: readonly string[];
}

const describeInputs = (graph: OnnxGraph): Inputs => {
  const fields: string[] = [];
  const steps: string[] = [];
  const graphNames = graph.inputs.map(({ name }) => name);
  const fieldName = namer(graphNames);
  /** A graph input's own name is kept for it, unless an exporter mangled it. */
  const ownName = (name: string): string => {
    const wanted = readable(name, 'input');
    return namer([])(wanted) === name ? name : fieldName(wanted);
  };
  for (const spec of graph.inputs) {
    const { name, dims, dtype } = spec;
    const [, second, ...more] = dims;
    const isTensor = more.length > 0 || isSequence(graph, spec);
    const width = dims.length < 2 ? 1 : isTensor ? undefined : (second ?? widthOf(graph, name) ?? 1);
    const nullable = mayBeMissing(graph, spec) ? ', nullable: true' : '';
    const batch = batchComment(graph, spec);
    const guess =
      batch || dims.length !== 2 || second !== null ? batch : '  # the graph leaves the number of features open';
    if (width === undefined || width > MAX_FEATURES) {
      const shape = dims.slice(1).map((dim) => dim ?? 'null');
      const open = dims.slice(1).includes(null) ? '  # null: any length; write the size where it has only one' : '';
      const settings = `kind: tensor, dtype: ${dtype}, shape: [${shape.join(', ')}]`;
      fields.push(fieldLine(ownName(name), name, 'to', settings, batch || open));
    } else if (width > 1) {
      const prefix = graph.inputs.length > 1 ? `${readable(name, 'input').slice(0, 32)}_` : 'f';
      const names = Array.from({ length: width }, (_, index) => fieldName(`${prefix}${index}`));
      fields.push(...names.map((field) => `  ${yaml(field)}: { kind: ${kindOf(spec)}${nullable} }`));
      steps.push(`  - concat: { fields: [${names.map(yaml).join(', ')}], as: ${yaml(name)}, dtype: ${dtype} }${guess}`);
    } else {
      const isText = consumers(graph, name).some(({ op }) => ofText.has(op));
      const labels = dtype === 'string' && !isText ? labelsOf(graph, name) : [];
      const known = labels.length > 0 ? `, labels: ${labelList(labels)}, unknown: allow` : '';
      fields.push(
        fieldLine(ownName(name), name, 'to', `kind: ${isText ? 'text' : kindOf(spec)}${known}${nullable}`, guess),
      );
    }
  }
  return { fields, steps };
};

/** The classes whose columns an output has: by its ZipMap, by its classifier, or by as many labels of another output. */
const classesOf = (graph: OnnxGraph, spec: TensorSpec, labels: readonly ClassLabel[]): readonly ClassLabel[] => {
  const zip = graph.zipMaps.find(({ output }) => output === spec.name);
  if (zip) return zip.labels;
  if (kindOf(spec) !== 'number' || spec.dims.length !== 2) return [];
  const own = classesOfOutput(graph, spec);
  const known = own.length > 0 ? own : labels;
  const width = spec.dims[1] ?? columnsOfOutput(graph, spec.name);
  return known.length === width ? known : [];
};

/** Converters write true and false as 1 and 0: which of both the target was, the graph does not say. */
const targetComment = ({ dtype }: TensorSpec, labels: readonly ClassLabel[]): string =>
  whole.has(dtype) && labels.length === 2 && labels[0] === 0 && labels[1] === 1
    ? '  # 0 or 1; where the target is true or false: kind: boolean'
    : '';

const describeOutputs = (graph: OnnxGraph): readonly string[] => {
  const fieldName = namer([]);
  const isLabel = ({ dims }: TensorSpec): boolean => dims.length < 2 || (dims.length === 2 && dims[1] === 1);
  const labelled = graph.outputs.map((spec) => (isLabel(spec) ? labelsOfOutput(graph, spec) : []));
  const [labels = [], ...others] = labelled.filter((list) => list.length > 0);
  const classes = graph.outputs.map((spec) => classesOf(graph, spec, others.length === 0 ? labels : []));
  const withClasses = classes.filter((list) => list.length > 0).length;
  return graph.outputs.flatMap((spec, at) => {
    const { name, dims, dtype } = spec;
    const own = readable(name, 'output');
    const width = dims.length < 2 ? 1 : dims.length === 2 ? (dims[1] ?? columnsOfOutput(graph, name) ?? 1) : undefined;
    const column = (wanted: string, index: number, comment = ''): string =>
      `  ${yaml(fieldName(wanted))}: { kind: ${kindOf(spec)}, from: ${yaml(name)}, at: ${index} }${comment}`;
    if (classes[at].length > 0 && classes[at].length <= MAX_COLUMNS) {
      const isProbability = withClasses === 1 && (/prob/i.test(name) || graph.zipMaps.length === 1);
      const prefix = isProbability ? 'probability' : own;
      return classes[at].map((label, index) =>
        column(`${prefix}_${label}`, index, `  # of class ${JSON.stringify(label)}`),
      );
    }
    if (width === 1) {
      const isText = dtype === 'string' && labelled[at].length > 0 && labelled[at].length <= MAX_LABELS;
      const known = isText ? `, labels: ${labelList(labelled[at].map(String))}` : '';
      const settings = `kind: ${kindOf(spec)}${known}${dims.length < 2 ? '' : ', at: 0'}`;
      return [fieldLine(fieldName(own), name, 'from', settings, targetComment(spec, labelled[at]))];
    }
    if (width !== undefined && width <= MAX_COLUMNS)
      return Array.from({ length: width }, (_, index) => column(`${own}_${index}`, index));
    const shape = width === undefined ? dims.slice(1).map((dim) => dim ?? 'null') : [width];
    return [fieldLine(fieldName(own), name, 'from', `kind: tensor, dtype: ${dtype}, shape: [${shape.join(', ')}]`)];
  });
};

/** A digit of the coarsest dtype of 16 bits that the graph takes or gives: libraries round elsewhere between two layers. */
const toleranceLine = ({ inputs, outputs }: OnnxGraph): string => {
  const dtypes = [...inputs, ...outputs].map(({ dtype }) => dtype);
  const [half, digit] = dtypes.includes('bfloat16') ? ['bfloat16', 0.01] : ['float16', 0.001];
  return dtypes.some(isHalf)
    ? `tolerance: { atol: ${digit}, rtol: ${digit} }  # of golden examples: about a digit of ${half}\n`
    : '';
};

/** The text of a model.yaml for a graph. */
export const draftOfGraph = (graph: OnnxGraph, { name: packageName, model }: DraftNames): string => {
  const { fields, steps } = describeInputs(graph);
  const specs = (list: readonly TensorSpec[]) =>
    list
      .map(({ name, dtype, dims }) => `#   ${yaml(name)}: ${dtype} [${dims.map((dim) => dim ?? '?').join(', ')}]`)
      .join('\n');
  return `# How Millrace puts ${model} to work. Check it with: millrace pack <this folder>
# Every key is described in Millrace's docs/PACKAGE.md.
name: ${packageName}
version: 0.1.0
# description: What the model answers, in a line
# license: Apache-2.0
model: ${yaml(model)}

# What a caller sends. Give the fields the names and limits that people know, for example
#   distance: { kind: number, unit: mile, min: 0, max: 200 }
#   payment:  { kind: category, labels: [cash, credit card] }
#   pickup:   { kind: datetime, zone: America/New_York }
# A field whose name is not the graph's says whom it feeds: monthly_charges: { kind: number, to: MonthlyCharges }
# kinds: ${Object.keys(kinds).join(', ')}. nullable: true lets missing values through.
# The graph takes:
${specs(graph.inputs)}
inputs:
${fields.join('\n')}

# What a caller gets. from: the graph's output; at: which of its columns.
# The graph gives:
${specs(graph.outputs)}
outputs:
${describeOutputs(graph).join('\n')}

# Steps from inputs to what the graph takes, in order; each graph input is fed by the field or result of its name.
# join, lookup, hour, weekday, month, difference, log1p, clip, scale, impute, cast, concat; transform: for the rest.
${steps.length > 0 ? `prepare:\n${steps.join('\n')}` : '# prepare:\n#   - hour: { of: pickup, as: hour }'}

${toleranceLine(graph)}# transform: transform.ts        # exports prepare(row) and/or finish(output, row)
# examples: examples.json        # golden: [{ "input": {…}, "output": {…} }], from the library that trained the model
# reference: reference.csv       # a sample of the training data, profiled for monitoring
# intendedUse: What the model is for
# limitations: Where it should not be trusted
# provenance: { trainer: ${yaml(graph.producer || 'library and version')}, data: "sha256:…", metrics: { mae: 0.0 } }
`;
};
