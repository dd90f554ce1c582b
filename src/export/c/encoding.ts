/** Categories as columns and numbers in C (runtimes/trees/operators/encoding.ts). */
import type { Dtype } from '../../core/types.ts';
import { defaultOf, readSide } from '../../runtimes/trees/operators/encoding.ts';
import { exact } from '../../runtimes/trees/operators/one-hot.ts';
import { literalText, typeOf } from './draft.ts';
import { byBytes } from './text.ts';
import { type COperator, type CValue, input, type NodeDraft, textsOf } from './values.ts';

type Key = string | number;

/** An expression for the place of an element among sorted keys, -1 where it is none of them; NaN is met by NaN where it is a key. */
const placeIn = (node: NodeDraft, value: CValue, at: number, sorted: readonly Key[], change = ''): string => {
  const { draft } = node;
  if (value.known.dtype === 'string') return draft.find(textsOf(value)[at], sorted as readonly string[]);
  const numbers = draft.numbers('float64', sorted.length === 0 ? [0] : (sorted as readonly number[]));
  return `${draft.use('find_number')}(${change}((double)${value.name}[${at}]), ${numbers}, ${sorted.length})`;
};

const sortedKeys = (keys: readonly Key[]): readonly Key[] =>
  typeof keys[0] === 'string'
    ? ([...keys] as string[]).sort(byBytes)
    : ([...keys] as number[]).filter((key) => !Number.isNaN(key)).sort((a, b) => a - b);

const oneHot: COperator = (node) => {
  const { draft, attributes, made, size } = node;
  const value = input(node);
  const texts = attributes.texts('cats_strings');
  const categories: readonly Key[] = texts.length > 0 ? texts : exact(attributes.ints('cats_int64s'));
  const sorted = sortedKeys(categories);
  const places = draft.numbers(
    'int32',
    sorted.map((key) => categories.indexOf(key)),
  );
  const isStrict = attributes.int('zeros', 1) === 0;
  const name = draft.fresh('v');
  draft.line(`float ${name}[${size}];`, `for (int32_t at = 0; at < ${size}; at++) ${name}[at] = 0.0f;`);
  for (let column = 0; column < value.size; column++) {
    const place = draft.fresh('place');
    draft.line(
      `const int32_t ${place} = ${placeIn(node, value, column, sorted, 'trunc')};`,
      ...(isStrict ? [`if (${place} < 0) ${draft.refusal('MODEL_FAILED', 'the model')}`] : []),
      `if (${place} >= 0) ${name}[${column * categories.length} + ${places}[${place}]] = 1.0f;`,
    );
  }
  return [{ known: made.outputs[0], size, name }];
};

const literalOf = (node: NodeDraft, dtype: Dtype, value: Key): string =>
  dtype === 'string'
    ? literalText(String(value))
    : `${node.draft.numbers(dtype, [dtype === 'int64' ? BigInt(value) : Number(value)])}[0]`;

/** Of a key that is given twice the first counts; NaN is a key from opset 4 on. */
const labels: COperator = (node) => {
  const { draft, attributes, opset, made, size } = node;
  const value = input(node);
  const [keys, values] = [readSide(attributes, 'keys'), readSide(attributes, 'values')];
  const { dtype } = values;
  const byKey = new Map<Key, Key>();
  keys.values.forEach((key, index) => {
    if (!byKey.has(key)) byKey.set(key, values.values[index]);
  });
  const sorted = sortedKeys([...byKey.keys()]);
  const found = sorted.map((key) => byKey.get(key) ?? '');
  const ofNaN = opset >= 4 ? byKey.get(Number.NaN) : undefined;
  const otherwise = literalOf(node, dtype, defaultOf(attributes, dtype));
  const table =
    dtype === 'string'
      ? draft.texts(found as readonly string[])
      : draft.numbers(dtype, dtype === 'int64' ? found.map(BigInt) : (found as readonly number[]));
  const expressions = Array.from({ length: value.size }, (_, at) => {
    const place = draft.fresh('place');
    draft.line(`const int32_t ${place} = ${placeIn(node, value, at, sorted)};`);
    const choice = `${place} < 0 ? ${otherwise} : ${table}[${place}]`;
    if (ofNaN === undefined) return choice;
    const element = `${value.name}[${at}]`;
    return `${element} != ${element} ? ${literalOf(node, dtype, ofNaN)} : ${choice}`;
  });
  const [known] = made.outputs;
  if (dtype === 'string') return [{ known, size, name: '', texts: expressions.map((one) => draft.text([one])) }];
  const name = draft.fresh('v');
  draft.line(`${typeOf(dtype)} ${name}[${size}];`, ...expressions.map((one, at) => `${name}[${at}] = ${one};`));
  return [{ known, size, name }];
};

export const encoding: Readonly<Record<string, COperator>> = { 'ml:OneHotEncoder': oneHot, 'ml:LabelEncoder': labels };
