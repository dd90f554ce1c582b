import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import type { LineCounter, Node } from 'yaml';
import { type Code, fail, messageOf } from '../core/errors.ts';
import { type Path, problemsOf, type SchemaProblem } from './schema-problems.ts';

/** How a file is read: its name for messages, the JSON Schema (draft 2020-12) it must fit, the code of a refusal. */
export interface ReadYamlOptions {
  readonly file: string;
  readonly schema: object;
  /** A quick look, which says yes only to what the schema allows: most documents fit, and the full validator is slow to be made. */
  readonly fits?: (data: unknown) => boolean;
  readonly code: Code;
}

export interface YamlFile<T> {
  /** What the file says, frozen to the bottom. */
  readonly data: T;
  /** `file:line:column` of a key or list place, for a check that a schema cannot make; of the nearest thing that exists. */
  readonly at: (path: Path) => string;
}

const load = createRequire(import.meta.url);
/** Loaded with the first document: most commands read none. */
const yaml = (): typeof Yaml => load('yaml');

const MAX_CHARS = 4 * 1024 * 1024;
/** Aliases may not make a document more than so many times larger than its text (a "billion laughs"). */
const MAX_ALIASES = 100;
const MAX_LISTED = 20;

const reasons: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key stands here a second time',
  MULTIPLE_DOCS: 'a second document begins here; expected one',
};

const freeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) freeze(part);
  }
  return value;
};

const parse = (text: string, lines: LineCounter) =>
  yaml().parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, strict: true });

type Document = ReturnType<typeof parse>;

/** Where a key or its value begins in the text; where a part is absent, the place of what would hold it. */
const offsetOf = (doc: Document, path: Path, wantKey: boolean): number => {
  const { isAlias, isMap, isScalar, isSeq } = yaml();
  let node: unknown = doc.contents;
  let keyStart: number | undefined;
  let start = (node as Node | null)?.range?.[0] ?? 0;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(doc);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(part));
      if (!pair) break;
      keyStart = (pair.key as Node | null)?.range?.[0];
      node = pair.value;
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(part)];
      if (item === undefined) break;
      keyStart = undefined;
      node = item;
    } else break;
    start = (node as Node | null)?.range?.[0] ?? keyStart ?? start;
  }
  return keyStart !== undefined && (wantKey || !isScalar(node)) ? keyStart : start;
};

const dotted = (path: Path): string =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('');

/**
 * Reads a YAML 1.2 text that must fit a JSON Schema.
 *
 * @throws `options.code` for a text that is not YAML (syntax, repeated keys, aliases that explode) or does
 * not fit: every problem found, each with `file:line:column`; a single one also as `field`, `expected` and `got`.
 */
export const readYaml = <T>(text: string, { file, schema, fits, code }: ReadYamlOptions): YamlFile<T> => {
  const lines = new (yaml().LineCounter)();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (text.length > MAX_CHARS) {
    throw fail(code, `${file} is too long`, { expected: `at most ${MAX_CHARS} characters`, got: `${text.length}` });
  }

  let doc: Document;
  try {
    doc = parse(text, lines);
  } catch (cause) {
    throw fail(code, `${file} cannot be parsed: its nesting is too deep`, { cause });
  }
  const [flaw] = [...doc.errors, ...doc.warnings];
  if (flaw) {
    throw fail(code, `${place(flaw.pos[0])}: ${reasons[flaw.code] ?? flaw.message}`, { cause: flaw });
  }

  let data: unknown;
  try {
    data = doc.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw fail(code, `${file}: ${messageOf(cause)}`, { cause });
  }

  const at = (path: Path): string => place(offsetOf(doc, path, false));
  const problems = fits?.(data) ? [] : problemsOf(schema, data);
  const [first] = problems;
  if (first) {
    const line = (problem: SchemaProblem): string => {
      const holder = dotted(problem.key && problem.got !== undefined ? problem.path.slice(0, -1) : problem.path);
      return `${place(offsetOf(doc, problem.path, problem.key))}: ${holder === '' ? '' : `${holder}: `}${problem.message}`;
    };
    const all = [...new Set(problems.map(line))];
    const listed =
      all.length > MAX_LISTED ? [...all.slice(0, MAX_LISTED), `… and ${all.length - MAX_LISTED} more`] : all;
    if (all.length > 1) throw fail(code, `${file} has ${all.length} problems:\n${listed.join('\n')}`);
    throw fail(code, listed.join(''), {
      ...(first.path.length > 0 && { field: dotted(first.path) }),
      ...(first.expected !== undefined && { expected: first.expected }),
      ...(first.got !== undefined && { got: first.got }),
    });
  }
  return { data: freeze(data) as T, at };
};
