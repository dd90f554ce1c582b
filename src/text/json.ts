/** The one reader of JSON: bodies, rows of files and of the command line, events, and what Millrace itself has kept. */
import { fail, type MillraceError } from '../core/errors.ts';
import { integerOf } from '../core/integer.ts';
import { faultOf } from './json-fault.ts';
import { countKeys, keyTwice } from './json-keys.ts';
import { placeIn } from './place-in.ts';

/** How deep JSON may be nested at every door, unless given. */
export const JSON_DEPTH = 32;

/** https://tc39.es/proposal-json-parse-with-source, which TypeScript's library lacks. */
type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;
const integer = /^-?\d+$/;
const keepDigits: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && integer.test(source)
    ? integerOf(source)
    : value;
const parseExactly = (text: string): unknown => JSON.parse(text, keepDigits as Parameters<typeof JSON.parse>[1]);

interface Survey {
  /** Of all objects together. */
  readonly keys: number;
  /** There are numbers past 2^53, so that digits may have been lost. */
  readonly isLong: boolean;
  readonly isDeep: boolean;
}

const survey = (whole: unknown, depth: number): Survey => {
  let keys = 0;
  let isLong = false;
  let isDeep = false;
  const look = (value: unknown, left: number): void => {
    if (typeof value === 'number') {
      if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) isLong = true;
    } else if (typeof value === 'object' && value !== null) {
      if (left === 0) isDeep = true;
      else if (Array.isArray(value)) for (const element of value) look(element, left - 1);
      else {
        for (const key in value) {
          keys++;
          look((value as Record<string, unknown>)[key], left - 1);
        }
      }
    }
  };
  look(whole, depth);
  return { keys, isLong, isDeep };
};

const notJson = (text: string, what: string, depth: number): MillraceError => {
  if (text.trim() === '')
    return fail('BAD_JSON', `${what} is empty; expected JSON.`, { expected: 'JSON', got: 'nothing' });
  const fault = faultOf(text, depth);
  if (fault === undefined) return fail('BAD_JSON', `${what} is not valid JSON.`, { expected: 'JSON' });
  const { at, why, expected, got } = fault;
  const message =
    at === undefined
      ? `${what} of ${text.length} characters is not valid JSON: ${why}.`
      : `${what} is not valid JSON: ${why}; it goes wrong at ${placeIn(text, at)}.`;
  return fail('BAD_JSON', message, { expected, got });
};

/**
 * Reads JSON that anyone may have written, without its byte order mark. An integer past 2^53 becomes a bigint, with all its digits. A
 * key such as `__proto__` is one like any other, and changes no object's prototype. `what` is what messages call the text.
 *
 * @throws BAD_JSON for what is not JSON, with the place and what to write; for a key that an object has twice; for deep nesting
 */
export const readJson = (text: string, what: string, depth: number = JSON_DEPTH): unknown => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notJson(text, what, depth);
  }
  const { keys, isLong, isDeep } = survey(value, depth);
  if (isDeep) {
    const expected = `at most ${depth} levels`;
    throw fail('BAD_JSON', `${what} is nested deeper than ${depth} levels.`, { expected, got: 'more' });
  }
  if (keys > 0 && countKeys(text) !== keys) {
    const twice = keyTwice(text);
    if (twice !== undefined) {
      const name = JSON.stringify(twice.key.slice(0, 80));
      const message = `${what} has ${name} twice in one object, again at ${placeIn(text, twice.at)}: one of its values would be lost.`;
      throw fail('BAD_JSON', message, { field: twice.key, expected: 'each name once', got: `${name} twice` });
    }
  }
  return isLong ? parseExactly(text) : value;
};

/** Sixteen digits or more that are not part of a fraction, outside a text or within one. */
const longDigits = /[[:,\s-]\d{16}|^\d{16}/;

/** Reads JSON that Millrace itself has written; an integer past 2^53 becomes a bigint. @throws SyntaxError */
export const parseJson = (text: string): unknown => (longDigits.test(text) ? parseExactly(text) : JSON.parse(text));
