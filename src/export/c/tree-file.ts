/** A library's own model file in C: columns of several features, sums, and what its objective makes of them. */
import type { Aspect, ColumnTogether } from '../../runtimes/trees/formats/catboost-together.ts';
import type { LinearLeaves, LinearSums } from '../../runtimes/trees/formats/linear.ts';
import { FEATURES, LABEL, outputsOf } from '../../runtimes/trees/formats/open-trees.ts';
import type { SumSource, TreeFile } from '../../runtimes/trees/formats/tree-file.ts';
import { labelType } from '../../runtimes/trees/make-trees.ts';
import { NEARLY_ZERO } from '../../runtimes/trees/slots.ts';
import { type Draft, typeOf } from './draft.ts';
import { classAt, labelValue } from './links.ts';
import { notExportable } from './refuse.ts';
import { double, float } from './text.ts';
import { writeAnswer } from './tree-links.ts';
import { integers, writeEnsemble } from './trees.ts';
import type { CValue } from './values.ts';

/** Lines that make of a value the next digit of a place, as the runtime does (formats/catboost-together.ts). */
const digitLines = (aspect: Aspect, row: string, place: string): readonly string[] => {
  const x = `${row}[${aspect.column}]`;
  const next = (digit: string): string => `if (${place} >= 0) ${place} = ${place} * ${aspect.count} + ${digit};`;
  if (aspect.asks === 'equal') return [next(`(${x} == ${aspect.to}.0f ? 1 : 0)`)];
  if (aspect.asks === 'border')
    return [next(`(${x} != ${x} ? ${aspect.missing} : ${x} > ${float(aspect.border)} ? 1 : 0)`)];
  return [
    `if (!(${x} >= 0.0f && ${x} < ${aspect.count}.0f) || floor((double)${x}) != (double)${x}) ${place} = -1;`,
    next(`(int32_t)${x}`),
  ];
};

/** The row with the columns behind its features. */
const writeTogether = (draft: Draft, columns: readonly ColumnTogether[], { name, size }: CValue): string => {
  const row = draft.fresh('row');
  draft.line(`float ${row}[${size + columns.length}];`, `memcpy(${row}, ${name}, sizeof ${name});`);
  for (const [index, { aspects, table, otherwise }] of columns.entries()) {
    const place = draft.fresh('place');
    draft.line(
      `int32_t ${place} = 0;`,
      ...aspects.flatMap((aspect) => digitLines(aspect, row, place)),
      `${row}[${size + index}] = ${place} < 0 ? ${float(otherwise)} : ${draft.numbers('float32', table)}[${place}];`,
    );
  }
  return row;
};

/** Sums of a linear model of all features; those that are missing count for nothing. */
const writeLinear = (draft: Draft, { targets, weights, origins }: LinearSums, row: string): string => {
  const [sums, table] = [draft.fresh('sums'), draft.numbers('float32', weights)];
  draft.line(
    `float ${sums}[${targets}];`,
    `for (int32_t target = 0; target < ${targets}; target++) {`,
    `  ${sums}[target] = ${draft.numbers('float32', origins)}[target];`,
    `  for (int32_t at = 0; at < ${weights.length / targets}; at++) {`,
    `    const float product = ${row}[at] * ${table}[at * ${targets} + target];`,
    `    if (${row}[at] == ${row}[at]) ${sums}[target] = ${sums}[target] + product;`,
    `  }`,
    `}`,
  );
  return sums;
};

/** Sums of what linear models in leaves answer; `reached` has the leaf of each of so many trees. */
const writeLeaves = (draft: Draft, leaves: LinearLeaves, reached: string, trees: number, row: string): string => {
  const { targets, origins, otherwise, starts, features, coefficients } = leaves;
  const [begin, columns, factors] = [
    integers(draft, Array.from(starts)),
    integers(draft, features.length === 0 ? [0] : Array.from(features)),
    draft.numbers('float64', coefficients.length === 0 ? [0] : coefficients),
  ];
  const leaf = draft.define(
    'leaf',
    (name) => `/* What the linear model of a leaf answers. */
static double ${name}(const double *row, int32_t leaf) {
  double sum = ${draft.numbers('float64', origins)}[leaf];
  for (int32_t at = (int32_t)${begin}[leaf]; at < (int32_t)${begin}[leaf + 1]; at++) {
    const double x = row[${columns}[at]];
    const double product = ${factors}[at] * (fabs(x) <= ${double(NEARLY_ZERO)} ? 0.0 : x);
    if (x != x) return ${draft.numbers('float64', otherwise)}[leaf];
    sum = sum + product;
  }
  return sum;
}`,
  );
  const sums = draft.fresh('sums');
  draft.line(
    `double ${sums}[${targets}];`,
    `for (int32_t target = 0; target < ${targets}; target++) ${sums}[target] = 0;`,
    `for (int32_t tree = 0; tree < ${trees}; tree++) ${sums}[tree % ${targets}] += ${leaf}(${row}, (int32_t)${reached}[tree]);`,
  );
  return sums;
};

const writeSums = (draft: Draft, sums: SumSource, row: string): string => {
  if (sums.of === 'linear model') return writeLinear(draft, sums.linear, row);
  const reached = writeEnsemble(draft, sums.ensemble, row);
  return sums.of === 'trees' ? reached : writeLeaves(draft, sums.leaves, reached, sums.ensemble.targets, row);
};

/** The file's outputs, by name. @throws NOT_EXPORTABLE */
export const writeTreeFile = (
  draft: Draft,
  file: TreeFile,
  inputs: ReadonlyMap<string, CValue>,
): ReadonlyMap<string, CValue> => {
  const { answer, output, together } = file;
  const { width, dtype, label } = answer;
  const given = inputs.get(FEATURES);
  if (given === undefined) throw notExportable(`nothing feeds ${FEATURES}`);
  const row = together ? writeTogether(draft, together, given) : given.name;
  const sums = writeSums(draft, file.sums, row);
  const name = draft.fresh('v');
  draft.line(`${typeOf(dtype)} ${name}[${width}];`);
  const place = writeAnswer(draft, answer, sums, name);
  const [first, last] = outputsOf(file);
  const values = new Map<string, CValue>([[output, { known: { dtype, dims: [width] }, size: width, name }]]);
  if (label === undefined || place === undefined) return values;
  const known = { dtype: labelType(label.classes), dims: [] };
  return values.set(first.name === LABEL ? LABEL : last.name, labelValue(known, classAt(draft, label.classes, place)));
};
