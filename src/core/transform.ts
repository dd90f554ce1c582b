/** Calling the functions of a transform module, row by row. What one row makes them do is that row's problem alone. */
import type { Batch } from './columns.ts';
import { type Problem, show } from './errors.ts';
import { plainReader, plainRowReader } from './plain.ts';
import { transformProblem } from './transform-problem.ts';
import type { Fields, Row, Transform } from './types.ts';
import { wordsOf } from './words.ts';

type Called =
  | { readonly row: Row; readonly problem?: undefined }
  | { readonly row?: undefined; readonly problem: Problem };

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/**
 * A value as it is now: whatever runs when it is read runs here, once. Objects that are neither lists nor dates have no
 * meaning for any field, and are told as such by whoever reads them.
 */
const settled = (value: object): object => {
  if (ArrayBuffer.isView(value)) return value;
  if (value instanceof Date) return new Date(value.getTime());
  if (!Array.isArray(value)) return {};
  const copy = new Array<unknown>(value.length);
  for (let at = 0; at < copy.length; at++) {
    const element: unknown = value[at];
    copy[at] = isObject(element) ? settled(element) : element;
  }
  return copy;
};

/** A copy of a row with all that its values hold. */
const settledRow = (row: object): Row => {
  const copy: Record<string, unknown> = { ...row };
  for (const name of Object.keys(copy)) {
    const value = copy[name];
    if (isObject(value)) copy[name] = settled(value);
  }
  return copy;
};

/** A copy of the row that a function of the module returns, or what is wrong with what it did. */
export const callTransform = (name: keyof Transform, call: () => unknown): Called => {
  let got: string;
  try {
    const value = call();
    if (isObject(value) && 'then' in value && typeof value.then === 'function') {
      got = 'a promise (it must not be async)';
      // A rejection that nobody waits for would end the process.
      Promise.resolve(value).catch(() => undefined);
    } else if (isObject(value) && !Array.isArray(value)) return { row: settledRow(value) };
    else got = show(value);
  } catch (error) {
    got = `${wordsOf(error)} (thrown)`;
  }
  return { problem: transformProblem({ step: name }, `an object from ${name}`, got) };
};

/**
 * Adds what `prepare` returns for each row to a batch, as columns whose values nobody has looked at yet. A name that it
 * returns for some rows only keeps its value, or stays absent, in the others.
 */
export const preparer = (prepare: NonNullable<Transform['prepare']>, fields: Fields): ((batch: Batch) => void) => {
  const rowOf = plainRowReader(fields);
  return (batch) => {
    const returned: Row[] = [];
    const names = new Set<string>();
    for (let row = 0; row < batch.rows; row++) {
      const { row: result = {}, problem } = callTransform('prepare', () => prepare(rowOf(batch.columns, row)));
      if (problem) batch.refuse(row, problem);
      returned.push(result);
      for (const name of Object.keys(result)) names.add(name);
    }
    for (const name of names) {
      const before = batch.columns.get(name);
      const read = plainReader(fields[name]);
      const values = returned.map((result, row) =>
        Object.hasOwn(result, name) ? result[name] : before && read(before, row),
      );
      batch.columns.set(name, { type: 'any', values });
    }
  };
};
