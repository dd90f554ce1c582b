/** A library's own model file in C: its trees, and what its objective makes of their sums. */
import { FEATURES, LABEL, outputsOf } from '../../runtimes/trees/formats/open-trees.ts';
import type { TreeFile } from '../../runtimes/trees/formats/tree-file.ts';
import { labelType } from '../../runtimes/trees/make-trees.ts';
import type { TreeModel } from '../../runtimes/trees/tree-model.ts';
import type { Draft } from './draft.ts';
import { typeOf } from './draft.ts';
import { classAt, greatest, labelValue } from './links.ts';
import { notExportable } from './refuse.ts';
import { writeEnsemble } from './trees.ts';
import type { CValue } from './values.ts';

/** Writes what becomes of sums, and returns the place of the label's class. */
type Link = (draft: Draft, sums: string, count: number, to: string) => string;

const each =
  (change: (draft: Draft, sum: string) => string, label: (draft: Draft, to: string) => string = () => '0'): Link =>
  (draft, sums, count, to) => {
    draft.line(`for (int32_t at = 0; at < ${count}; at++) ${to}[at] = ${change(draft, `${sums}[at]`)};`);
    return label(draft, to);
  };

/** XGBoost's, in float32 (src/objective, src/common/math.h). */
const sigmoid = (draft: Draft, sum: string): string => {
  const name = draft.define(
    'sigmoid',
    (own) => `/* From 88.7 on e^x would be infinite. */
static float ${own}(float margin) {
  const double x = -(double)margin;
  const float divisor = (float)${draft.use('expf')}(x > (double)88.7f ? (double)88.7f : x) + 1.0f;
  return 1.0f / divisor;
}`,
  );
  return `${name}(${sum})`;
};

const softmax: Link = (draft, sums, count, to) => {
  const place = greatest(draft, sums, count);
  const [sum, expf] = [draft.fresh('sum'), draft.use('expf')];
  draft.line(
    `double ${sum} = 0.0;`,
    `for (int32_t at = 0; at < ${count}; at++) {`,
    `  ${to}[at] = (float)${expf}((double)(float)((double)${sums}[at] - (double)${sums}[${place}]));`,
    `  ${sum} += (double)${to}[at];`,
    `}`,
    `for (int32_t at = 0; at < ${count}; at++) ${to}[at] = ${to}[at] / (float)${sum};`,
  );
  return place;
};

const same = each((_, sum) => sum);
const exponential = each((draft, sum) => `(float)${draft.use('expf')}((double)${sum})`);
const logistic = each(sigmoid, (_, to) => `(${to}[0] > 0.5f)`);

const rows = (names: string, link: Link): Readonly<Record<string, Link>> =>
  Object.fromEntries(names.split(' ').map((name) => [name, link]));

/** By library and objective. */
const links: Readonly<Record<string, Readonly<Record<string, Link>>>> = {
  XGBoost: {
    ...rows('reg:squarederror reg:linear reg:absoluteerror reg:squaredlogerror reg:pseudohubererror', same),
    ...rows('reg:quantileerror rank:pairwise rank:ndcg rank:map binary:logitraw', same),
    ...rows('count:poisson reg:gamma reg:tweedie survival:cox survival:aft', exponential),
    ...rows('reg:logistic binary:logistic', logistic),
    ...rows('multi:softprob multi:softmax', softmax),
    'binary:hinge': each((_, sum) => `${sum} > 0 ? 1.0f : 0.0f`),
  },
};

const PROBES = [0, 1, -1, 0.1, -3.7, 1 / 3, 1e-30, 123_456.789, -1e10, 1e30];

/** Whether a model answers its sums as they are: nothing but data says what `finish` does, so it is asked. */
const answersSums = ({ width, finish, label, ensemble }: TreeModel): boolean => {
  if (label !== undefined || width !== ensemble.targets) return false;
  const answer = new Float64Array(width);
  return PROBES.every((probe) => {
    const sums = Float64Array.from({ length: width }, (_, target) => probe * (target + 1));
    finish(sums, 0, 1, answer, 0);
    return answer.every((value, target) => Object.is(value, sums[target]));
  });
};

/** The file's outputs, by name. @throws NOT_EXPORTABLE */
export const writeTreeFile = (
  draft: Draft,
  file: TreeFile,
  inputs: ReadonlyMap<string, CValue>,
): ReadonlyMap<string, CValue> => {
  const { library, objective, model, output } = file;
  if (file.before) throw notExportable(`columns that ${library} makes of several features together`);
  const { ensemble, width, dtype, label } = model;
  const link = links[library]?.[objective] ?? (answersSums(model) ? same : undefined);
  if (link === undefined) throw notExportable(`the objective ${objective} of ${library} is not written in C`);
  const row = inputs.get(FEATURES);
  if (row === undefined) throw notExportable(`nothing feeds ${FEATURES}`);
  const sums = writeEnsemble(draft, ensemble, row.name);
  const answer = draft.fresh('v');
  draft.line(`${typeOf(dtype)} ${answer}[${width}];`);
  const place = link(draft, sums, width, answer);
  const [first, last] = outputsOf(file);
  const values = new Map<string, CValue>([[output, { known: { dtype, dims: [width] }, size: width, name: answer }]]);
  if (label === undefined) return values;
  const known = { dtype: labelType(label.classes), dims: [] };
  return values.set(first.name === LABEL ? LABEL : last.name, labelValue(known, classAt(draft, label.classes, place)));
};
