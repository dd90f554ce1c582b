import { fail, type MillraceError } from '../core/errors.ts';

/** A command that was called in a way that it is not for. */
export const usage = (message: string, expected: string, got: string, field?: string): MillraceError =>
  fail('USAGE', message, { ...(field !== undefined && { field }), expected, got });

/** For an option that is required but whose absence is told after a mistyped one, and with what it could be. */
export const missingEnvironment = (option: string, environments: readonly string[]): MillraceError =>
  usage(`Say which environment: ${option} <environment>`, `one of ${environments.join(', ')}`, 'nothing', option);
