/** Operators of ONNX in C, by the names of the own runtime's table; one without a row is refused. */
import type { Dtype } from '../../core/types.ts';
import { dtypes as elementTypes } from '../../runtimes/onnx-tensor.ts';
import { dense, type NodeValue } from '../../runtimes/trees/values.ts';
import { typeOf } from './draft.ts';
import { encoding } from './encoding.ts';
import { linear } from './linear.ts';
import { notExportable } from './refuse.ts';
import { scaling } from './scaling.ts';
import { treeOperators } from './tree-operators.ts';
import { arrayOf, type COperator, type CValue, eachElement, input, type NodeDraft, numbered } from './values.ts';

/** The runtime itself moves the places of elements instead of elements: where each lands is what C has to copy. */
const moved: COperator = (node) => {
  const { draft, made, inputs } = node;
  const given = inputs.filter((value): value is CValue => value !== undefined);
  const batched = given.filter(({ known }) => known.constant === undefined);
  if (given[0].known.constant) throw notExportable('rows out of a table of the graph');
  const [{ dtype }] = made.outputs;
  if (batched.some(({ known }) => known.dtype !== dtype)) throw notExportable('columns of several types side by side');
  let first = 0;
  const places = new Map<CValue, number>();
  for (const value of batched) {
    places.set(value, first);
    first += value.size;
  }
  const tensors = inputs.map((value): NodeValue | undefined => {
    if (value === undefined || value.known.constant) return value?.known.constant;
    const dims = [1, ...(value.known.dims as readonly number[])];
    return {
      dtype: dtype === 'float32' ? 'float64' : dtype,
      dims,
      data: numbered(dtype, places.get(value) ?? 0, value.size),
    };
  });
  const results = made.run(tensors as readonly NodeValue[], 1);
  const sources = batched.flatMap((value) => Array.from({ length: value.size }, (_, at) => ({ value, at })));
  return made.outputs.map((known, index): CValue => {
    const taken = Array.from(dense(results[index]).data as ArrayLike<unknown>, (place) => sources[Number(place)]);
    if (dtype === 'string') {
      const texts = taken.map(({ value, at }) => value.texts?.[at] ?? { name: value.name, pieces: 1 });
      return { known, size: taken.length, name: '', texts };
    }
    const isSame = taken.every(({ value, at }, to) => value === taken[0].value && at === to);
    if (isSame && taken.length === taken[0].value.size) return { known, size: taken.length, name: taken[0].value.name };
    const name = draft.fresh('v');
    draft.line(`${typeOf(dtype)} ${name}[${taken.length}];`);
    for (let to = 0; to < taken.length; ) {
      const { value, at } = taken[to];
      let end = to + 1;
      while (end < taken.length && taken[end].value === value && taken[end].at === at + end - to) end++;
      draft.line(`memcpy(${name} + ${to}, ${value.name} + ${at}, ${end - to} * sizeof ${name}[0]);`);
      to = end;
    }
    return { known, size: taken.length, name };
  });
};

const unary =
  (write: (x: string, node: NodeDraft) => string): COperator =>
  (node) => {
    const value = input(node);
    return eachElement(node, (at) => write(`${value.name}[${at}]`, node));
  };

/** Which element of an input an element of the result is made of, as an index; numpy's rules of shapes. */
const indexIn = (node: NodeDraft, value: CValue): ((at: string) => string) => {
  const dims = node.made.outputs[0].dims as readonly number[];
  const all = value.known.dims as readonly number[];
  const own = value.known.constant && all.length === dims.length + 1 ? all.slice(1) : all;
  if (value.size === 1) return () => '0';
  if (value.size === node.size) return (at) => at;
  const strides = new Array<number>(dims.length).fill(0);
  let stride = 1;
  for (let at = own.length - 1; at >= 0; at--) {
    if (own[at] !== 1) strides[dims.length - own.length + at] = stride;
    stride *= own[at];
  }
  const places = Array.from({ length: node.size }, (_, element) => {
    let place = 0;
    for (let at = dims.length - 1, rest = element; at >= 0; at--) {
      place += (rest % dims[at]) * strides[at];
      rest = Math.floor(rest / dims[at]);
    }
    return place;
  });
  const table = node.draft.numbers('int32', places);
  return (at) => `${table}[${at}]`;
};

const combined =
  (write: (elements: readonly string[], dtype: Dtype, node: NodeDraft) => string): COperator =>
  (node) => {
    const values = node.inputs.map((_, at) => input(node, at));
    if (node.made.outputs[0].along || values.some(({ known }) => known.along))
      throw notExportable('rows that are not the first dimension');
    const names = values.map((value) => arrayOf(node.draft, value));
    const places = values.map((value) => indexIn(node, value));
    const { dtype } = (values.at(-1) ?? values[0]).known;
    return eachElement(node, (at) =>
      write(
        names.map((name, index) => `${name}[${places[index](at)}]`),
        dtype,
        node,
      ),
    );
  };

/** Integers wrap, as processors have them; C leaves it open for signed ones. */
const arithmetic = (sign: '+' | '-' | '*'): COperator =>
  combined(([a, b], dtype) => {
    if (dtype === 'float32' || dtype === 'float64') return `${a} ${sign} ${b}`;
    const type = typeOf(dtype);
    return `(${type})((u${type})${a} ${sign} (u${type})${b})`;
  });
const binary = (sign: string): COperator => combined(([a, b]) => `${a} ${sign} ${b}`);
const floatFunction = (name: string): COperator =>
  unary((x, { made }) => (made.outputs[0].dtype === 'float32' ? `(float)${name}((double)${x})` : `${name}(${x})`));

const cast: COperator = (node) => {
  const to = elementTypes[node.attributes.int('to', 0)];
  const value = input(node);
  const { dtype } = value.known;
  const { draft } = node;
  if (dtype === to) return [{ ...value, known: node.made.outputs[0] }];
  if (dtype === 'string' || to === 'string') throw notExportable(`a Cast from ${dtype} to ${to}`);
  const isFloat = dtype === 'float32' || dtype === 'float64';
  if (to === 'bool') return eachElement(node, (at) => `${value.name}[${at}] != 0`);
  if (isFloat && (to === 'int64' || to === 'int32'))
    return eachElement(node, (at) => `${draft.use(to)}((double)${value.name}[${at}])`);
  return eachElement(node, (at) => `(${typeOf(to)})${value.name}[${at}]`);
};

const clip: COperator = (node) => {
  const { draft, attributes, opset, inputs } = node;
  const limit = (at: number, name: string, otherwise: number): string => {
    if (opset < 11) return draft.numbers('float64', [attributes.float(name, otherwise)]);
    const given = inputs[at];
    return given ? arrayOf(draft, given) : draft.numbers('float64', [otherwise]);
  };
  const [least, most] = [limit(1, 'min', -Infinity), limit(2, 'max', Infinity)];
  const value = input(node);
  const type = typeOf(value.known.dtype);
  return eachElement(
    node,
    (at) =>
      `(${type})${draft.use('least')}((double)${most}[0], ${draft.use('most')}((double)${least}[0], (double)${value.name}[${at}]))`,
  );
};

const softmax: COperator = (node) => {
  const { draft, made, size } = node;
  const width = Number(made.outputs[0].dims.at(-1));
  const { name } = input(node);
  const scores = draft.fresh('scores');
  draft.line(`double ${scores}[${size}];`);
  draft.line(
    `for (int32_t start = 0; start < ${size}; start += ${width}) {`,
    `  double most = -INFINITY;`,
    `  double sum = 0.0;`,
    `  for (int32_t at = start; at < start + ${width}; at++) most = ${draft.use('most')}(most, (double)${name}[at]);`,
    `  for (int32_t at = start; at < start + ${width}; at++) {`,
    `    ${scores}[at] = ${draft.use('expf')}((double)(float)((double)${name}[at] - most));`,
    `    sum = (double)(float)(sum + ${scores}[at]);`,
    `  }`,
    `  for (int32_t at = start; at < start + ${width}; at++) ${scores}[at] = ${scores}[at] / sum;`,
    `}`,
  );
  return eachElement(node, (at) => `(float)${scores}[${at}]`);
};

const argOf =
  (sign: '>' | '<'): COperator =>
  (node) => {
    const value = input(node);
    return eachElement(node, () => {
      const best = node.draft.define(
        'best',
        (name) => `static int64_t ${name}(const ${typeOf(value.known.dtype)} *row) {
  int64_t best = 0;
  for (int32_t at = 1; at < ${value.size}; at++)
    if (row[at] ${sign} row[best]) best = at;
  return best;
}`,
      );
      return `${best}(${value.name})`;
    });
  };

export const operators: Readonly<Record<string, COperator>> = {
  ...treeOperators,
  ...linear,
  ...scaling,
  ...encoding,
  Identity: moved,
  Reshape: moved,
  Flatten: moved,
  Squeeze: moved,
  Unsqueeze: moved,
  Concat: moved,
  Gather: moved,
  Split: moved,
  Slice: moved,
  'ml:ArrayFeatureExtractor': moved,
  'ml:FeatureVectorizer': moved,
  Cast: cast,
  Add: arithmetic('+'),
  Sub: arithmetic('-'),
  Mul: arithmetic('*'),
  Div: binary('/'),
  Neg: unary((x) => `-${x}`),
  Abs: floatFunction('fabs'),
  Sqrt: floatFunction('sqrt'),
  Floor: floatFunction('floor'),
  Ceil: floatFunction('ceil'),
  Round: floatFunction('rint'),
  Relu: unary((x) => `${x} < 0 ? 0 : ${x}`),
  Clip: clip,
  Equal: binary('=='),
  Less: binary('<'),
  LessOrEqual: binary('<='),
  Greater: binary('>'),
  GreaterOrEqual: binary('>='),
  And: binary('&'),
  Or: binary('|'),
  Xor: binary('^'),
  Not: unary((x) => `!${x}`),
  IsNaN: unary((x) => `${x} != ${x}`),
  Where: combined(([holds, a, b]) => `${holds} ? (${a} == 0 ? 0 : ${a}) : ${b}`),
  Sigmoid: unary((x, { draft }) => `${draft.use('sigmoid')}(${x})`),
  Tanh: unary((x, { draft }) => `${draft.use('tanh')}(${x})`),
  Exp: unary((x, { draft }) => `(float)${draft.use('expf')}((double)${x})`),
  Softmax: softmax,
  ArgMax: argOf('>'),
  ArgMin: argOf('<'),
};
