/** Arithmetic, comparisons and logic. Stores into typed arrays round to float32 and wrap integers. */
import type { Dtype } from '../../../core/types.ts';
import { constantNumbers, placed } from '../placed-values.ts';
import { unusual } from '../unusual.ts';
import type { Known } from '../values.ts';
import { combined, pair } from './broadcast.ts';
import { type Element, mapped, unary } from './elementwise.ts';
import type { Operator, Operators } from './operator.ts';

type Binary = (a: never, b: never) => Element;
const floats: readonly Dtype[] = ['float32', 'float64'];
const numbers: readonly Dtype[] = [...floats, 'int32', 'int64'];
const any: readonly Dtype[] = [...numbers, 'string', 'bool'];

/** By type, as integers of 64 bits need arithmetic of their own. */
const arithmetic =
  (float: Binary, int32?: Binary, int64?: Binary): Operator =>
  (_, inputs) => {
    const [a, b] = pair(inputs);
    const combine = floats.includes(a.dtype)
      ? float
      : a.dtype === 'int32'
        ? int32
        : a.dtype === 'int64'
          ? int64
          : undefined;
    if (combine === undefined) throw unusual(`arithmetic of ${a.dtype}`);
    return combined([a, b], a.dtype, combine);
  };

const comparison =
  (dtypes: readonly Dtype[], holds: (a: never, b: never) => boolean): Operator =>
  (_, inputs) => {
    const [a, b] = pair(inputs);
    if (!dtypes.includes(a.dtype)) throw unusual(`comparisons of ${a.dtype}`);
    return combined([a, b], 'bool', (x, y) => Number(holds(x, y)));
  };

const logic = (combine: (a: number, b: number) => number): Operator =>
  comparison(['bool'], (a, b) => combine(a, b) !== 0);

const halfToEven = (value: number): number => {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest !== 0.5) return rest < 0.5 ? (down === 0 && value < 0 ? -0 : down) : Math.ceil(value);
  return down % 2 === 0 ? down : Math.ceil(value);
};

/** The limits of Clip: attributes before opset 11, inputs from then on. */
const clip: Operator = ({ attributes, opset }, [value, low, high]) => {
  const input = placed(value);
  if (!floats.includes(input.dtype)) throw unusual(`limits of ${input.dtype}`);
  const limit = (given: Known | undefined, name: string, unlessGiven: number): number => {
    if (opset < 11) return attributes.float(name, unlessGiven);
    return given === undefined ? unlessGiven : constantNumbers(given)[0];
  };
  const [least, most] = [limit(low, 'min', -Infinity), limit(high, 'max', Infinity)];
  if (!(least <= most)) throw unusual('limits that exclude each other');
  return mapped(input, input.dtype, (x: number) => Math.min(most, Math.max(least, x)));
};

const product = arithmetic(
  (a: number, b: number) => a * b,
  (a: number, b: number) => Math.imul(a, b),
  (a: bigint, b: bigint) => BigInt.asIntN(64, a * b),
);

export const arithmetics: Operators = {
  Add: arithmetic(
    (a: number, b: number) => a + b,
    (a: number, b: number) => (a + b) | 0,
    (a: bigint, b: bigint) => BigInt.asIntN(64, a + b),
  ),
  Sub: arithmetic(
    (a: number, b: number) => a - b,
    (a: number, b: number) => (a - b) | 0,
    (a: bigint, b: bigint) => BigInt.asIntN(64, a - b),
  ),
  Mul: (context, inputs) => {
    const made = product(context, inputs);
    const [input, by] = inputs;
    if (!input?.isSparse || by?.constant === undefined) return made;
    // What is 0 stays so.
    return { ...made, outputs: [{ ...made.outputs[0], isSparse: true }] };
  },
  // A division of integers by zero ends ONNX Runtime's process; who divides them is for it to say.
  Div: arithmetic((a: number, b: number) => a / b),
  Neg: (context, inputs) =>
    inputs[0]?.dtype === 'int64'
      ? unary(['int64'], (x: bigint) => BigInt.asIntN(64, -x))(context, inputs)
      : unary(floats, (x: number) => -x)(context, inputs),
  Abs: unary(floats, (x: number) => Math.abs(x)),
  Sqrt: unary(floats, (x: number) => Math.sqrt(x)),
  Floor: unary(floats, (x: number) => Math.floor(x)),
  Ceil: unary(floats, (x: number) => Math.ceil(x)),
  Round: unary(floats, halfToEven),
  Clip: clip,
  Equal: comparison(any, (a: unknown, b: unknown) => a === b),
  Less: comparison(numbers, (a: number, b: number) => a < b),
  LessOrEqual: comparison(numbers, (a: number, b: number) => a <= b),
  Greater: comparison(numbers, (a: number, b: number) => a > b),
  GreaterOrEqual: comparison(numbers, (a: number, b: number) => a >= b),
  And: logic((a, b) => a & b),
  Or: logic((a, b) => a | b),
  Xor: logic((a, b) => a ^ b),
  Not: unary(['bool'], (x: number) => 1 - x),
  IsNaN: (_, [value]) => {
    const input = placed(value);
    if (!floats.includes(input.dtype)) throw unusual(`NaN among ${input.dtype}`);
    return mapped(input, 'bool', (x: number) => Number(Number.isNaN(x)));
  },
  Where: (_, [condition, yes, no]) => {
    if (condition?.dtype !== 'bool' || yes === undefined || yes.dtype !== no?.dtype)
      throw unusual('Where of two types');
    // ONNX Runtime takes what is chosen first unless it is 0, and then the 0 beside it, which leaves no -0.
    return combined([condition, yes, no], yes.dtype, (holds: number, a: Element, b: Element) =>
      holds ? (a === 0 ? 0 : a) : b,
    );
  },
};
