import { fail, type MillraceError } from '../core/errors.ts';

/** For an option that is required but whose absence is told after a mistyped one, and with what it could be. */
export const missingEnvironment = (option: string, environments: readonly string[]): MillraceError =>
  fail('USAGE', `Say which environment: ${option} <environment>`, {
    field: option,
    expected: `one of ${environments.join(', ')}`,
    got: 'nothing',
  });
