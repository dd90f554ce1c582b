/** What is bad about an answer, as rollouts count it. */
import type { Code } from '../../core/errors.ts';
import type { Answer } from '../../core/types.ts';

/** A row that does not fit the signature: the version refuses it. All other codes are failures of the version itself. */
const REFUSALS: ReadonlySet<Code> = new Set<Code>([
  'BAD_DATETIME',
  'BAD_IMAGE',
  'BAD_SHAPE',
  'IMAGE_TOO_LARGE',
  'MISSING_FIELD',
  'NOT_A_ROW',
  'NOT_FINITE',
  'NOT_INTEGER',
  'NULL_VALUE',
  'OUT_OF_RANGE',
  'TOO_LONG',
  'UNKNOWN_CATEGORY',
  'UNKNOWN_FIELD',
  'UNSAFE_INTEGER',
  'WRONG_TYPE',
]);

export interface Bad {
  readonly error: boolean;
  readonly refusal: boolean;
  /** A value of an output is missing. */
  readonly missing: boolean;
}

export const NOTHING_BAD: Bad = Object.freeze({ error: false, refusal: false, missing: false });
/** Of a call that came to no answers. */
export const ALL_BAD: Bad = Object.freeze({ error: true, refusal: false, missing: false });

export const isBad = ({ error, refusal, missing }: Bad): boolean => error || refusal || missing;

const lacks = (output: Readonly<Record<string, unknown>>, names: readonly string[]): boolean =>
  names.some((name) => output[name] === null || output[name] === undefined);

/** @param outputs the fields that an answer has */
export const badOf = (answers: readonly Answer[], outputs: readonly string[]): Bad => {
  let [error, refusal, missing] = [false, false, false];
  for (const { output, error: problem } of answers) {
    if (problem !== undefined) {
      if (REFUSALS.has(problem.code)) refusal = true;
      else error = true;
    } else if (!missing && lacks(output, outputs)) missing = true;
  }
  return error || refusal || missing ? { error, refusal, missing } : NOTHING_BAD;
};

/** The same of the codes of rows that were refused, where answers are columns. */
export const badOfCodes = (codes: Iterable<Code>): Bad => {
  let [error, refusal] = [false, false];
  for (const code of codes) {
    if (REFUSALS.has(code)) refusal = true;
    else error = true;
  }
  return { error, refusal, missing: false };
};
