import { fail, type MillraceError } from '../core/errors.ts';

/** A command that was called in a way that it is not for. */
export const usage = (message: string, expected: string, got: string, field?: string): MillraceError =>
  fail('USAGE', message, { ...(field !== undefined && { field }), expected, got });
