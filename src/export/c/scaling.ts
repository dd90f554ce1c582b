/** Columns on another scale in C (runtimes/trees/operators/scaling.ts). */
import { typeOf } from './draft.ts';
import { notExportable } from './refuse.ts';
import { double } from './text.ts';
import { type COperator, eachElement, input, output } from './values.ts';

const scaler: COperator = (node) => {
  const { draft, attributes } = node;
  const value = input(node);
  const [offset, scale] = (['offset', 'scale'] as const).map((name) => {
    const values = attributes.floats(name);
    const table = draft.numbers('float32', values);
    return (at: string): string => `${table}[${values.length === 1 ? '0' : at}]`;
  });
  // float64 is worked in float64, and rounded in the end.
  const type = value.known.dtype === 'float64' ? 'double' : 'float';
  return eachElement(
    node,
    (at) =>
      `(float)((${type})(${toType(type, value.known.dtype, `${value.name}[${at}]`)} - ${offset(at)}) * ${scale(at)})`,
  );
};

/** A number of any type as a float64 first, as JavaScript has it. */
const toType = (type: string, dtype: string, x: string): string =>
  dtype === 'float32' || dtype === 'float64' ? x : `(${type})(double)${x}`;

const normalizer: COperator = (node) => {
  const { draft, attributes } = node;
  const value = input(node);
  const { name: from } = value;
  const norm = attributes.text('norm', 'MAX');
  if (value.known.dtype !== 'float32') throw notExportable(`a Normalizer of ${value.known.dtype}`);
  return output(node, (to, size) => {
    const each = `for (int32_t at = 0; at < ${size}; at++)`;
    const norm_ = draft.fresh('norm');
    const divided = `${each} ${to}[at] = ${norm_} == 0.0f ? ${from}[at] : ${from}[at] / ${norm_};`;
    if (norm === 'MAX')
      return [
        `float ${norm_} = -3.4028234663852886e38f;`,
        `${each} if (${norm_} < ${from}[at]) ${norm_} = ${from}[at];`,
        divided,
      ];
    if (norm === 'L1')
      return [`float ${norm_} = 0.0f;`, `${each} ${norm_} = ${norm_} + (float)fabs((double)${from}[at]);`, divided];
    return [
      `float ${norm_} = 0.0f;`,
      `${each} {`,
      `  ${to}[at] = ${from}[at] * ${from}[at];`,
      `  ${norm_} = ${norm_} + ${to}[at];`,
      `}`,
      `${each}`,
      `  if (${norm_} == 0.0f) ${to}[at] = ${from}[at];`,
      `  else ${to}[at] = (${from}[at] < 0.0f ? -1.0f : 1.0f) * (float)sqrt((double)(${to}[at] / ${norm_}));`,
    ];
  });
};

const binarizer: COperator = (node) => {
  const { draft, attributes } = node;
  const value = input(node);
  const threshold = double(attributes.float('threshold', 0));
  draft.line(
    `for (int32_t at = 0; at < ${value.size}; at++)`,
    `  if (${value.name}[at] != ${value.name}[at]) ${draft.refusal('MODEL_FAILED', 'the model')}`,
  );
  return eachElement(node, (at) => `(double)${value.name}[${at}] > ${threshold} ? 1.0f : 0.0f`);
};

const imputer: COperator = (node) => {
  const { draft, attributes } = node;
  const value = input(node);
  const isFloat = value.known.dtype === 'float32';
  const values = [
    ...attributes[isFloat ? 'floats' : 'ints'](isFloat ? 'imputed_value_floats' : 'imputed_value_int64s'),
  ];
  const replaced = isFloat ? attributes.float('replaced_value_float', 0) : attributes.int('replaced_value_int64', 0);
  const table = isFloat ? draft.numbers('float32', values) : draft.numbers('int64', values.map(BigInt));
  const missing = (x: string): string =>
    Number.isNaN(replaced)
      ? `${x} != ${x}`
      : `${x} == ${isFloat ? double(replaced) : `(${typeOf('int64')})${replaced}`}`;
  return eachElement(node, (at) => {
    const x = `${value.name}[${at}]`;
    return `${missing(x)} ? ${table}[${values.length === 1 ? '0' : at}] : ${x}`;
  });
};

export const scaling: Readonly<Record<string, COperator>> = {
  'ml:Scaler': scaler,
  'ml:Normalizer': normalizer,
  'ml:Binarizer': binarizer,
  'ml:Imputer': imputer,
};
