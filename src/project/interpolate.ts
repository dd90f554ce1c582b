import { fail } from '../core/errors.ts';

/** `${NAME}`, `${NAME:-default}`, and `$${` for a literal `${`. */
const variable = /\$\$\{|\$\{([^}]*)\}/g;
const form = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/** What a text says once the environment is filled in. `where` is `file:line:column`, for errors. */
const fill = (text: string, env: NodeJS.ProcessEnv, where: string): string =>
  text.replace(variable, (whole, inside: string | undefined) => {
    if (inside === undefined) return '${';
    const [, name, otherwise] = form.exec(inside) ?? [];
    if (name === undefined) {
      throw fail('BAD_PROJECT', `${where}: ${whole} does not name an environment variable`, {
        expected: 'the name of a variable, alone or followed by :- and a default',
        got: whole,
      });
    }
    // As in a shell, `:-` also stands in for a variable that is set to nothing.
    const value = otherwise === undefined ? env[name] : env[name] || otherwise;
    if (value === undefined) {
      throw fail('BAD_PROJECT', `${where}: the environment variable ${name} is not set`, {
        expected: `${name} in the environment, or a default: \${${name}:-…}`,
      });
    }
    return value;
  });

/**
 * A copy of `value` in which every text has its environment variables filled in. Names are not touched, and what a
 * variable holds never appears in an error.
 *
 * @param at tells `file:line:column` of a path below `value`.
 * @throws BAD_PROJECT when a variable without a default is not set.
 */
export const interpolate = <T>(
  value: T,
  env: NodeJS.ProcessEnv,
  at: (path: readonly (string | number)[]) => string,
): T => {
  const walk = (part: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof part === 'string') return fill(part, env, at(path));
    if (Array.isArray(part)) return Object.freeze(part.map((item, i) => walk(item, [...path, i])));
    if (typeof part !== 'object' || part === null) return part;
    return Object.freeze(
      Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, walk(inner, [...path, key])])),
    );
  };
  return walk(value, []) as T;
};
