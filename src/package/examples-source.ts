/** What model.yaml says of golden examples: a list in JSON, or a table in whose columns the library's answers stand. */
import { join } from 'node:path';
import { fail, MillraceError, problemOf } from '../core/errors.ts';
import type { Example } from '../core/types.ts';
import { readJson } from '../text/json.ts';
import { flawOf } from './fits-schema.ts';
import { examplesSchema } from './manifest-schema.ts';
import { readText } from './source-file.ts';

/** `examples:` of model.yaml. */
export type ExamplesKey =
  | string
  | {
      readonly file: string;
      /** The column that holds the library's answer, for each output that is to be held. */
      readonly expect?: Readonly<Record<string, string>>;
    };

/** A table, all of whose rows are held against the package. */
export interface HeldOutFile {
  readonly path: string;
  /** As model.yaml calls it. */
  readonly name: string;
  /** By output; found by their names unless given. */
  readonly expect?: Readonly<Record<string, string>>;
}

export interface ExamplesSource {
  readonly examples: readonly Example[];
  readonly heldOut?: HeldOutFile;
}

const isMissing = (error: unknown): boolean =>
  error instanceof MillraceError && (error.cause as { code?: string })?.code === 'ENOENT';

/** @throws BAD_EXAMPLES; FILE_NOT_FOUND for a file that is named and not there */
const readList = async (dir: string, name: string | undefined): Promise<readonly Example[]> => {
  const file = name ?? 'examples.json';
  let text: string;
  try {
    text = await readText(join(dir, file), 'BAD_EXAMPLES', 'The examples file');
  } catch (error) {
    if (name === undefined && isMissing(error)) return [];
    throw error;
  }
  let examples: unknown;
  try {
    examples = readJson(text, file);
  } catch (cause) {
    const { code: _, message, ...details } = problemOf(cause);
    throw fail('BAD_EXAMPLES', message, { ...details, cause });
  }
  const flaw = flawOf(examplesSchema, examples);
  if (flaw) {
    const expected = `${flaw.expected}${flaw.path === '' ? '' : ` at ${flaw.path}`}`;
    throw fail('BAD_EXAMPLES', `${file}: expected ${expected}, got ${flaw.got}.`, { expected, got: flaw.got });
  }
  return examples as readonly Example[];
};

/** @throws BAD_EXAMPLES, FILE_NOT_FOUND */
export const readExamples = async (dir: string, key: ExamplesKey | undefined): Promise<ExamplesSource> => {
  if (typeof key === 'object') {
    const { file, expect } = key;
    return { examples: [], heldOut: { path: join(dir, file), name: file, ...(expect && { expect }) } };
  }
  if (key === undefined || /\.json$/i.test(key)) return { examples: await readList(dir, key) };
  return { examples: [], heldOut: { path: join(dir, key), name: key } };
};
