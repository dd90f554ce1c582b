import { fail } from '../core/errors.ts';

/** Reads one place of a JSON value; undefined where there is nothing. */
export type ReadPath = (value: unknown) => unknown;

const step = /\.([A-Za-z_][\w-]*)|\[(\d+)\]|\["([^"\\]+)"\]|\['([^'\\]+)'\]/y;

/** How a path is written, for JSON Schemas. */
export const PATH_DESCRIPTION = 'a path such as $, $.ride, $.rides[0].id or ride_id, which is short for $.ride_id';

/**
 * Compiles a path: JSONPath (RFC 9535) with names and indexes only, so that it means one place.
 *
 * @throws BAD_PROJECT, naming `field`.
 */
export const compilePath = (text: string, field: string): ReadPath => {
  const path = text.startsWith('$') ? text.slice(1) : `.${text}`;
  const steps: (string | number)[] = [];
  step.lastIndex = 0;
  for (let at = 0; at < path.length; at = step.lastIndex) {
    step.lastIndex = at;
    const found = step.exec(path);
    if (found === null) {
      throw fail('BAD_PROJECT', `'${field}' is not a path`, { field, expected: PATH_DESCRIPTION, got: text });
    }
    const [, name, index, quoted, single] = found;
    steps.push(index === undefined ? (name ?? quoted ?? single ?? '') : Number(index));
  }
  return (value) => {
    let place = value;
    for (const one of steps) {
      if (typeof place !== 'object' || place === null) return undefined;
      if (Array.isArray(place) !== (typeof one === 'number') || !Object.hasOwn(place, one)) return undefined;
      place = (place as Readonly<Record<string | number, unknown>>)[one];
    }
    return place;
  };
};
