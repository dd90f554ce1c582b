/** What a library makes of a row's sums in C, in its own arithmetic (runtimes/trees/formats/links.ts). */
import type { Adjustment, ClassChoice, Exponential, Link, Linked } from '../../runtimes/trees/formats/link.ts';
import { type Draft, typeOf } from './draft.ts';
import type { HelperName } from './helpers.ts';
import { greatest } from './links.ts';
import { double } from './text.ts';

const exponentials: Readonly<Record<Exponential, HelperName>> = { float32: 'expf', float64: 'exp', quick: 'quick_exp' };

/** A variable of sums of a type. */
interface SumArray {
  readonly name: string;
  readonly count: number;
}

/** XGBoost's, in float32 (src/common/math.h). */
const sigmoidf = (draft: Draft): string =>
  draft.define(
    'sigmoid',
    (own) => `/* From 88.7 on e^x would be infinite. */
static float ${own}(float margin) {
  const double x = -(double)margin;
  const float divisor = (float)${draft.use('expf')}(x > (double)88.7f ? (double)88.7f : x) + 1.0f;
  return 1.0f / divisor;
}`,
  );

/** An expression for what is made of one sum by itself. */
const change = (draft: Draft, link: Exclude<Link, { kind: 'softmax' | 'mean and variance' }>, sum: string): string => {
  if (link.kind === 'identity') return sum;
  if (link.kind === 'signed square') return `(${sum} > 0.0 ? 1.0 : ${sum} < 0.0 ? -1.0 : ${sum}) * ${sum} * ${sum}`;
  if (link.kind === 'step') return `${sum} > 0 ? 1.0f : 0.0f`;
  if (link.kind === 'softplus') return `log1p(${draft.use('exp')}(${sum}))`;
  if (link.kind === 'exp') return `${draft.use(exponentials[link.exp])}(${sum})`;
  if (link.exp === 'float32') return `${sigmoidf(draft)}(${sum})`;
  return `1.0 / (1.0 + ${draft.use('exp')}(${double(-link.steepness)} * ${sum}))`;
};

/** The sum of exponents is a double, and a float when floats are divided by it. */
const softmax = (draft: Draft, exp: Exponential, { name: sums, count }: SumArray, to: string): void => {
  const place = greatest(draft, sums, count);
  const [sum, power] = [draft.fresh('sum'), draft.use(exponentials[exp])];
  const type = exp === 'float32' ? 'float' : 'double';
  draft.line(
    `double ${sum} = 0.0;`,
    `for (int32_t at = 0; at < ${count}; at++) {`,
    `  ${to}[at] = (${type})${power}((double)(${type})((double)${sums}[at] - (double)${sums}[${place}]));`,
    `  ${sum} += (double)${to}[at];`,
    `}`,
    `for (int32_t at = 0; at < ${count}; at++) ${to}[at] = ${to}[at] / (${type})${sum};`,
  );
};

const writeLink = (draft: Draft, link: Link, sums: SumArray, dtype: Linked['dtype'], to: string): void => {
  if (link.kind === 'softmax') softmax(draft, link.exp, sums, to);
  else if (link.kind === 'mean and variance')
    draft.line(`${to}[0] = ${sums.name}[0];`, `${to}[1] = ${draft.use('quick_exp')}(2.0 * ${sums.name}[1]);`);
  else
    draft.line(
      `for (int32_t at = 0; at < ${sums.count}; at++)`,
      `  ${to}[at] = (${typeOf(dtype)})(${change(draft, link, `${sums.name}[at]`)});`,
    );
};

const adjusted = (draft: Draft, { name, count }: SumArray, adjustment: Adjustment): SumArray => {
  const own = draft.fresh('adjusted');
  draft.line(`double ${own}[${count}];`);
  const change =
    'divisor' in adjustment
      ? ` / ${double(adjustment.divisor)}`
      : ` * ${double(adjustment.scale)} + ${draft.numbers(
          'float64',
          Array.from({ length: count }, (_, at) => adjustment.biases[at] ?? 0),
        )}[at]`;
  draft.line(`for (int32_t at = 0; at < ${count}; at++) ${own}[at] = ${name}[at]${change};`);
  return { name: own, count };
};

/** An expression for the place of a class. */
const choose = (draft: Draft, choice: ClassChoice, { name: sums, count }: SumArray, answer: string): string => {
  if (choice.by === 'answer') return `(${answer}[0] > 0.5)`;
  if (choice.by === 'sum') return `(${sums}[0] > ${double(choice.border)})`;
  const [most, place] = [greatest(draft, sums, count), draft.fresh('place')];
  if (choice.within === 0) return most;
  // A sum before the greatest may be as good.
  draft.line(
    `int32_t ${place} = 0;`,
    `while (${place} < ${most} && !(${sums}[${most}] - ${sums}[${place}] <= ${double(choice.within)})) ${place}++;`,
  );
  return place;
};

/** Writes the answer of sums to an array, and says where the label's class stands. */
export const writeAnswer = (
  draft: Draft,
  { width, dtype, adjustment, link, label }: Linked,
  sums: string,
  to: string,
) => {
  const raw: SumArray = { name: sums, count: width };
  const own = adjustment === undefined ? raw : adjusted(draft, raw, adjustment);
  writeLink(draft, link, own, dtype, to);
  return label && choose(draft, label.choice, own, to);
};
