import type { MillraceError } from '../core/errors.ts';
import { usage } from './usage.ts';

/** For an option that is required but whose absence is told after a mistyped one, and with what it could be. */
export const missingEnvironment = (option: string, environments: readonly string[]): MillraceError =>
  usage(`Say which environment: ${option} <environment>`, `one of ${environments.join(', ')}`, 'nothing', option);
