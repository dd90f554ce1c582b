/** What ONNX makes of a row's sums, and labels. */
import type { Known } from '../../runtimes/trees/values.ts';
import type { Draft } from './draft.ts';
import type { CValue } from './values.ts';

/** Applies a post transform of ONNX to an array of doubles, which hold scores of float32 unless they are wide (runtimes/trees/scores.ts). */
export const postTransform = (draft: Draft, post: string, scores: string, count: number, isWide = false): void => {
  const each = (change: string): void =>
    draft.line(`for (int32_t at = 0; at < ${count}; at++) ${scores}[at] = ${change};`);
  if (post === 'LOGISTIC') each(`${draft.use('logistic')}((double)(float)${scores}[at])`);
  if (post === 'PROBIT') each(`${draft.use('probit')}(${scores}[at])`);
  if (post === 'SOFTMAX') draft.line(`${draft.use('softmax')}(${scores}, ${count});`);
  if (post === 'SOFTMAX_ZERO')
    draft.line(`${draft.use(isWide ? 'softmax_zero_wide' : 'softmax_zero')}(${scores}, ${count});`);
};

/** The variable of the class that stands at a place, as a text or an integer; `place` is an expression. */
export const classAt = (draft: Draft, classes: readonly (string | bigint)[], place: string): string => {
  const isText = typeof classes[0] === 'string';
  const name = draft.fresh('label');
  if (isText) draft.line(`const char *const ${name}[1] = { ${draft.texts(classes as readonly string[])}[${place}] };`);
  else draft.line(`const int64_t ${name}[1] = { ${draft.numbers('int64', classes as readonly bigint[])}[${place}] };`);
  return name;
};

/** A label as a value of the graph. */
export const labelValue = (known: Known, name: string): CValue => ({
  known,
  size: 1,
  name,
  ...(known.dtype === 'string' && { texts: [{ name, pieces: 1 }] }),
});

/** The place of the greatest of some values, the first of equals. */
export const greatest = (draft: Draft, values: string, count: number): string => {
  const place = draft.fresh('best');
  draft.line(
    `int32_t ${place} = 0;`,
    `for (int32_t at = 1; at < ${count}; at++)`,
    `  if (${values}[at] > ${values}[${place}]) ${place} = at;`,
  );
  return place;
};
