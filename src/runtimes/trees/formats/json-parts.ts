/** What stands in the JSON of a library's file, with BAD_MODEL for what is something else than expected. */
import { fail } from '../../../core/errors.ts';

export type JsonPart = { readonly [name: string]: unknown };
export type Numbers = ArrayLike<number>;

export const damaged = (library: string) => (what: string, expected: string, got: unknown) =>
  fail('BAD_MODEL', `The ${library} model is damaged: ${what}.`, { expected, got: String(got).slice(0, 80) });

export const partsOf = (library: string) => {
  const refuse = damaged(library);
  const isNumber = (value: unknown): boolean => typeof value === 'number' || typeof value === 'boolean';
  return {
    refuse,
    /** @throws BAD_MODEL */
    objectIn(parent: JsonPart, name: string): JsonPart {
      const value = parent[name];
      if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
        throw refuse(`${name} is no object`, 'an object', typeof value);
      return value as JsonPart;
    },
    /** @throws BAD_MODEL */
    listIn(parent: JsonPart, name: string): readonly unknown[] {
      const value = parent[name];
      if (Array.isArray(value)) return value;
      if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array);
      throw refuse(`${name} is no list`, 'a list', typeof value);
    },
    /** A list of numbers, of a length where one is given. @throws BAD_MODEL */
    numbersIn(parent: JsonPart, name: string, length?: number): Numbers {
      const value = parent[name];
      if (!Array.isArray(value) && !ArrayBuffer.isView(value))
        throw refuse(`${name} is no list`, 'a list', typeof value);
      const values: Numbers = value as Float64Array;
      if (length !== undefined && values.length !== length)
        throw refuse(`${name} has ${values.length} numbers`, `${length}`, values.length);
      if (Array.isArray(value) && !value.every(isNumber))
        throw refuse(`${name} has something else than numbers`, 'numbers', 'others');
      return values;
    },
  };
};
