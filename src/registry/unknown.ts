import { fail, type MillraceError, show } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';

const listed = (names: readonly string[]): string => {
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
};

/** "did you mean …?" when one is close, else what there is. */
const hint = (wanted: string, names: readonly string[], none: string): string => {
  const close = nearest(wanted, names);
  if (close !== undefined) return `did you mean ${close}?`;
  return names.length === 0 ? none : `there is ${listed(names)}`;
};

export const unknownModel = (name: string, names: readonly string[]): MillraceError =>
  fail('UNKNOWN_MODEL', `No model is named ${name}: ${hint(name, names, 'nothing is registered yet')}`, {
    expected: names.length === 0 ? 'a registered model' : `one of ${listed(names)}`,
    got: show(name),
  });

export const unknownVersion = (name: string, version: string, versions: readonly string[]): MillraceError =>
  fail('UNKNOWN_VERSION', `${name} has no version ${version}: ${hint(version, versions, 'it has none at all')}`, {
    expected: `one of ${listed(versions)}`,
    got: show(version),
  });

const unknownEnvironment = (environment: string, environments: readonly string[]): MillraceError =>
  fail(
    'UNKNOWN_ENVIRONMENT',
    `There is no environment ${environment}: ${hint(environment, environments, 'the project names none')}`,
    { expected: `one of ${listed(environments)}`, got: show(environment) },
  );

/** @throws UNKNOWN_ENVIRONMENT */
export const checkEnvironment = (environment: string, environments: readonly string[]): void => {
  if (!environments.includes(environment)) throw unknownEnvironment(environment, environments);
};
