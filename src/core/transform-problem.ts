/** What a row of a transform module is refused with. */
import type { Problem } from './errors.ts';

/** The function of the module, or the step or field that needs what it made. */
interface TransformPlace {
  readonly step?: string;
  readonly field?: string;
}

/** `forWhom` stands behind what it got: " (for …)". */
export const transformProblem = (
  { step, field }: TransformPlace,
  expected: string,
  got: string,
  forWhom = '',
): Problem => ({
  code: 'TRANSFORM_FAILED',
  ...(step !== undefined && { step }),
  ...(field !== undefined && { field }),
  expected,
  got,
  message: `transform: ${field === undefined ? '' : `${field}: `}expected ${expected}, got ${got}${forWhom}.`,
});
