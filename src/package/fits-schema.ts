/**
 * The part of JSON Schema (draft 2020-12) that the schema of model.json uses, so that a package is checked by one schema
 * wherever it is opened, without the size and the eval of a full validator. A test holds it against one. Web-standard.
 */
import { show } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';

type Schema = Readonly<Record<string, unknown>>;

/** The first thing that does not fit: where (`inputs.distance.kind`; empty for the whole), what was wanted, what came. */
export interface Flaw {
  readonly path: string;
  readonly expected: string;
  readonly got: string;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  number: Number.isFinite,
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};

type Check = (wanted: never, value: unknown, path: string, schema: Schema) => Flaw | undefined;

const flaw = (path: string, expected: string, value: unknown): Flaw => ({ path, expected, got: show(value) });
const below = (path: string, key: string | number): string =>
  typeof key === 'number' ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
const fits = (schema: Schema, value: unknown): boolean => flawOf(schema, value) === undefined;

const firstOf = <T>(list: Iterable<T>, check: (item: T) => Flaw | undefined): Flaw | undefined => {
  for (const item of list) {
    const found = check(item);
    if (found) return found;
  }
  return undefined;
};

/** Keywords that say something about objects pass over everything else, and so on, as JSON Schema has it. */
const checks: Readonly<Record<string, Check>> = {
  type: (wanted: string | readonly string[], value, path) => {
    const names = [wanted].flat();
    return names.some((name) => types[name](value)) ? undefined : flaw(path, names.join(' or '), value);
  },
  enum: (wanted: readonly unknown[], value, path) =>
    wanted.includes(value) ? undefined : flaw(path, `one of ${wanted.join(', ')}`, value),
  const: (wanted: unknown, value, path) => (value === wanted ? undefined : flaw(path, String(wanted), value)),
  pattern: (wanted: string, value, path) =>
    typeof value !== 'string' || new RegExp(wanted, 'u').test(value)
      ? undefined
      : flaw(path, `text that matches ${wanted}`, value),
  minLength: (wanted: number, value, path) =>
    typeof value !== 'string' || [...value].length >= wanted
      ? undefined
      : flaw(path, `${wanted} or more characters`, value),
  maxLength: (wanted: number, value, path) =>
    typeof value !== 'string' || [...value].length <= wanted
      ? undefined
      : flaw(path, `at most ${wanted} characters`, value),
  minimum: (wanted: number, value, path) =>
    typeof value !== 'number' || value >= wanted ? undefined : flaw(path, `${wanted} or more`, value),
  maximum: (wanted: number, value, path) =>
    typeof value !== 'number' || value <= wanted ? undefined : flaw(path, `${wanted} or less`, value),
  exclusiveMinimum: (wanted: number, value, path) =>
    typeof value !== 'number' || value > wanted ? undefined : flaw(path, `more than ${wanted}`, value),
  minItems: (wanted: number, value, path) =>
    !Array.isArray(value) || value.length >= wanted ? undefined : flaw(path, `${wanted} or more items`, value),
  maxItems: (wanted: number, value, path) =>
    !Array.isArray(value) || value.length <= wanted ? undefined : flaw(path, `at most ${wanted} items`, value),
  uniqueItems: (_: true, value, path) =>
    !Array.isArray(value) || new Set(value).size === value.length ? undefined : flaw(path, 'no item twice', value),
  minProperties: (wanted: number, value, path) =>
    !isObject(value) || Object.keys(value).length >= wanted ? undefined : flaw(path, `${wanted} or more keys`, value),
  maxProperties: (wanted: number, value, path) =>
    !isObject(value) || Object.keys(value).length <= wanted ? undefined : flaw(path, `at most ${wanted} keys`, value),
  required: (wanted: readonly string[], value, path) => {
    const absent = isObject(value) ? wanted.find((key) => !Object.hasOwn(value, key)) : undefined;
    return absent === undefined ? undefined : flaw(below(path, absent), 'a value', undefined);
  },
  propertyNames: (wanted: Schema, value, path) => {
    const wrong = isObject(value) ? Object.keys(value).find((key) => !fits(wanted, key)) : undefined;
    return wrong === undefined ? undefined : flaw(path, 'another name', wrong);
  },
  properties: (wanted: Readonly<Record<string, Schema>>, value, path) =>
    isObject(value)
      ? firstOf(Object.keys(wanted), (key) =>
          Object.hasOwn(value, key) ? flawOf(wanted[key], value[key], below(path, key)) : undefined,
        )
      : undefined,
  additionalProperties: (wanted: false | Schema, value, path, { properties = {} }) => {
    if (!isObject(value)) return undefined;
    const known = Object.keys(properties as object);
    const others = Object.keys(value).filter((key) => !known.includes(key));
    if (wanted !== false) return firstOf(others, (key) => flawOf(wanted, value[key], below(path, key)));
    const [first] = others;
    if (first === undefined) return undefined;
    const near = nearest(first, known);
    return flaw(path, near === undefined ? `only ${known.join(', ')}` : `${near}`, first);
  },
  items: (wanted: Schema, value, path) =>
    Array.isArray(value) ? firstOf(value.entries(), ([at, item]) => flawOf(wanted, item, below(path, at))) : undefined,
  not: (wanted: Schema, value, path) => (!fits(wanted, value) ? undefined : flaw(path, 'another value', value)),
  allOf: (wanted: readonly Schema[], value, path) => firstOf(wanted, (schema) => flawOf(schema, value, path)),
  anyOf: (wanted: readonly Schema[], value, path) =>
    wanted.some((schema) => fits(schema, value)) ? undefined : flawOf(wanted[0], value, path),
  if: (wanted: Schema, value, path, { then = {} }) =>
    fits(wanted, value) ? flawOf(then as Schema, value, path) : undefined,
};

/** Keywords that say nothing about a value, or are read by another one. */
const silent = new Set(['$schema', 'title', 'description', 'then']);

/** What does not fit the schema first, or undefined. Throws for a keyword that is not known here. */
export const flawOf = (schema: Schema, value: unknown, path = ''): Flaw | undefined =>
  firstOf(Object.keys(schema), (keyword) => {
    if (silent.has(keyword)) return undefined;
    const check = checks[keyword];
    if (check === undefined) throw new Error(`fits-schema.ts does not know the keyword ${keyword}`);
    return check(schema[keyword] as never, value, path, schema);
  });
