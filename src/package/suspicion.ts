/** Files of a package as they are found: JSON that is what it must be, or words for what is damaged or foreign. */
import { fail, show } from '../core/errors.ts';
import { parseJson } from '../text/json.ts';
import { keyTwice } from '../text/json-keys.ts';
import { flawOf } from './fits-schema.ts';

export const EXAMPLES = 'examples.json';

const decoder = new TextDecoder('utf-8', { fatal: true });

const problem = (file: string, message: string, expected: string, got: string, cause?: unknown) =>
  fail('DAMAGED_PACKAGE', message, { field: file, expected, got, cause });

export const damaged = (file: string, expected: string, got: string, cause?: unknown) =>
  problem(
    file,
    `${file} of this package is damaged: expected ${expected}, got ${got}. Pack it again, or fetch it again.`,
    expected,
    got,
    cause,
  );

/** What is as it was written, but not by a version of Millrace that this one understands. */
export const foreign = (file: string, expected: string, got: string) =>
  problem(
    file,
    `This is not a package that this version of Millrace can read: in ${file} expected ${expected}, got ${got}.`,
    expected,
    got,
  );

/** Numbers are float64s, but for long integers of examples. A file with a key twice means another thing to every reader. */
export const jsonOf = (file: string, bytes: Uint8Array): unknown => {
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(bytes);
    value = file === EXAMPLES ? parseJson(text) : JSON.parse(text);
  } catch (cause) {
    throw damaged(file, 'JSON', 'something else', cause);
  }
  const twice = keyTwice(text);
  if (twice === undefined) return value;
  throw damaged(file, 'each key once', `${show(twice.key)} twice`);
};

export const readObject = (file: string, bytes: Uint8Array): Readonly<Record<string, unknown>> => {
  const value = jsonOf(file, bytes);
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw damaged(file, 'a JSON object', show(value));
};

/** What a file of the package holds, if it fits a schema. */
export const fitting = <T>(file: string, value: unknown, schema: object): T => {
  const flaw = flawOf(schema as Readonly<Record<string, unknown>>, value);
  if (flaw === undefined) return value as T;
  throw foreign(flaw.path === '' ? file : `${file}, ${flaw.path},`, flaw.expected, flaw.got);
};
