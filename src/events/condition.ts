/** Conditions in CEL, the Common Expression Language (https://cel.dev): no loops without end, no side effects. */
import { Environment } from '@marcbachmann/cel-js';
import { fail, messageOf, type Problem } from '../core/errors.ts';

export type Variables = Readonly<Record<string, unknown>>;

export type Evaluated<T> = { readonly value: T; readonly problem?: undefined } | { readonly problem: Problem };

/** A condition or an expression made ready once. It never throws. */
export type Expression<T> = (variables: Variables) => Evaluated<T>;

/** The first line; the rest of CEL's messages is a drawing of the place. */
const reason = (error: unknown): string => messageOf(error).split('\n')[0] ?? '';

/**
 * What expressions may use: these variables, of any type. Numbers of JSON are doubles to CEL, so arithmetic with whole
 * numbers (`data.passengers + 1`) is added, which CEL would refuse.
 */
const environment = (names: readonly string[]): Environment => {
  const env = new Environment({ unlistedVariablesAreDyn: false, homogeneousAggregateLiterals: false });
  for (const name of names) env.registerVariable(name, 'dyn');
  const operators: Readonly<Record<string, (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
  };
  for (const [operator, work] of Object.entries(operators)) {
    env.registerOperator(`double ${operator} int`, (a: number, b: bigint) => work(a, Number(b)));
    env.registerOperator(`int ${operator} double`, (a: bigint, b: number) => work(Number(a), b));
  }
  return env;
};

/** Whole numbers of CEL are bigints; JSON and people want numbers, and bytes in base64 as keys have it. */
const plain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, inner]) => [String(key), plain(inner)]));
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  }
  return value;
};

/**
 * Makes an expression ready.
 *
 * @throws BAD_PROJECT, naming `field`, for one that cannot be parsed or names an unknown variable.
 */
export const compileExpression = (text: string, names: readonly string[], field: string): Expression<unknown> => {
  const expected = `an expression in CEL over ${names.join(', ')}`;
  let run: ReturnType<Environment['parse']>;
  try {
    run = environment(names).parse(text);
    const check = run.check();
    if (!check.valid) throw check.error ?? new Error('it does not pass the type check');
  } catch (error) {
    throw fail('BAD_PROJECT', `'${field}' is not a valid expression: ${reason(error)}`, { field, expected, got: text });
  }
  return (variables) => {
    try {
      return { value: plain(run(variables)) };
    } catch (error) {
      return {
        problem: { code: 'CONDITION_FAILED', message: `'${field}' (${text}): ${reason(error)}`, field },
      };
    }
  };
};

/** As `compileExpression`, for one that is true or false. */
export const compileCondition = (text: string, names: readonly string[], field: string): Expression<boolean> => {
  const evaluate = compileExpression(text, names, field);
  return (variables) => {
    const evaluated = evaluate(variables);
    if (evaluated.problem) return evaluated;
    if (typeof evaluated.value === 'boolean') return { value: evaluated.value };
    return {
      problem: {
        code: 'CONDITION_FAILED',
        message: `'${field}' (${text}) is neither true nor false`,
        field,
        expected: 'true or false',
        got: typeof evaluated.value,
      },
    };
  };
};
