/** What a prediction should have been: some fields of its output, each with a value of the output's type. */
import { fail, type Problem, show } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { exactJson } from '../../text/exact-json.ts';
import type { Prediction } from './records.ts';

const typeName = (value: unknown): string => (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value);

/**
 * The truth as exact JSON, held against the output that it is the truth of.
 *
 * @throws MillraceError BAD_REQUEST for a prediction without an output, and for what is not of its fields and their types.
 */
export const truthText = (
  truth: unknown,
  { id, output, error }: Pick<Prediction, 'id' | 'output' | 'error'>,
): string => {
  if (output === undefined) {
    const { code } = JSON.parse(error ?? '{}') as Partial<Problem>;
    throw fail('BAD_REQUEST', `${id} was refused (${code}), so it has no output to be right or wrong.`, {
      expected: 'a prediction with an output',
      got: 'a refused row',
    });
  }
  const given = JSON.parse(output) as Readonly<Record<string, unknown>>;
  const known = Object.keys(given);
  const expected = `an object with some of ${known.join(', ')}`;
  if (typeName(truth) !== 'object' || Object.keys(truth as object).length === 0) {
    const got = show(truth);
    throw fail('BAD_REQUEST', `The truth must be ${expected}, such as {"${known[0]}": …}, got ${got}.`, {
      expected,
      got,
    });
  }
  for (const [field, value] of Object.entries(truth as object)) {
    if (!Object.hasOwn(given, field)) {
      const meant = nearest(field, known);
      const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
      throw fail('BAD_REQUEST', `${field} is not a field of the output.${hint}`, { field, expected, got: field });
    }
    const [wanted, got] = [typeName(given[field]), typeName(value)];
    if (wanted === got || wanted === 'null' || got === 'null') continue;
    throw fail('BAD_REQUEST', `${field}: the output is a ${wanted}, the truth a ${got}.`, {
      field,
      expected: wanted,
      got,
    });
  }
  return exactJson(truth);
};
