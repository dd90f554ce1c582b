import { createRequire } from 'node:module';
import type * as Ajv from 'ajv/dist/2020.js';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { show } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';

export type Path = readonly (string | number)[];

/** One thing that a document has wrong: in words, and where. `key` means that the key at `path` is wrong, not its value. */
export interface SchemaProblem {
  readonly path: Path;
  readonly key: boolean;
  readonly message: string;
  readonly expected?: string;
  readonly got?: string;
  /** What may have been meant; the message ends with it. */
  readonly hint?: string;
}

type Schema = Readonly<Record<string, unknown>>;

const load = createRequire(import.meta.url);

const validators = new WeakMap<object, ValidateFunction>();

const validatorOf = (schema: object): ValidateFunction => {
  let validate = validators.get(schema);
  if (!validate) {
    // Loaded with the first document: most commands read none.
    const { Ajv2020 } = load('ajv/dist/2020.js') as typeof Ajv;
    const ajv = new Ajv2020({
      allErrors: true,
      strict: true,
      strictRequired: false,
      allowUnionTypes: true,
      discriminator: true,
      verbose: true,
      logger: false,
    });
    validate = ajv.compile(schema);
    validators.set(schema, validate);
  }
  return validate;
};

const words: Readonly<Record<string, string>> = {
  object: 'a mapping',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
};

const inWords = (type: unknown): string =>
  (Array.isArray(type) ? type : [type]).map((one) => words[String(one)] ?? String(one)).join(' or ');

const picture = (value: unknown): string =>
  value === null || value === undefined
    ? 'nothing'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'a mapping'
        : show(value);

/** The keys and list places of a JSON pointer; a place in a list becomes a number. */
const pathOf = (pointer: string, root: unknown): Path => {
  let value = root;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
      const key = Array.isArray(value) ? Number(name) : name;
      value = (value as Record<string | number, unknown> | undefined)?.[key];
      return key;
    });
};

const comparisons: Readonly<Record<string, (limit: unknown) => string>> = {
  minimum: (limit) => `${limit} or more`,
  maximum: (limit) => `${limit} or less`,
  exclusiveMinimum: (limit) => `more than ${limit}`,
  exclusiveMaximum: (limit) => `less than ${limit}`,
  multipleOf: (limit) => `a multiple of ${limit}`,
  minLength: (limit) => (limit === 1 ? 'text that is not empty' : `text of at least ${limit} characters`),
  maxLength: (limit) => `text of at most ${limit} characters`,
  minItems: (limit) => `a list of ${limit} or more`,
  maxItems: (limit) => `a list of at most ${limit}`,
  minProperties: (limit) => `${limit} or more entries`,
  maxProperties: (limit) => `at most ${limit} entries`,
  uniqueItems: () => 'a list without repetitions',
};

const hinted = (problem: SchemaProblem, hint: string): SchemaProblem => ({
  ...problem,
  message: `${problem.message}${hint}`,
  hint,
});

const plainProblem = (error: ErrorObject, root: unknown): SchemaProblem => {
  const path = pathOf(error.instancePath, root);
  const parent = (error.parentSchema ?? {}) as Schema;
  const wrong = (expected: string): SchemaProblem => {
    const got = picture(error.data);
    return { path, key: false, message: `expected ${expected}, got ${got}`, expected, got };
  };
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const name = String(params.additionalProperty ?? params.unevaluatedProperty);
      const known = Object.keys((parent.properties ?? {}) as object);
      const meant = nearest(name, known);
      return {
        path: [...path, name],
        key: true,
        message: `unknown key '${name}'${meant === undefined ? '' : `, did you mean '${meant}'?`}`,
        expected: known.length === 0 ? 'no keys' : known.length === 1 ? `${known}` : `one of ${known.join(', ')}`,
        got: name,
      };
    }
    case 'required':
      return {
        path,
        key: true,
        message: `'${params.missingProperty}' is missing`,
        expected: `${params.missingProperty}`,
      };
    case 'dependentRequired':
      return { path, key: true, message: `'${params.property}' also needs '${params.missingProperty}'` };
    case 'propertyNames':
      return {
        path: [...path, String(params.propertyName)],
        key: true,
        message: `'${params.propertyName}' cannot be a name here`,
        ...expectedName(parent.propertyNames as Schema),
        got: String(params.propertyName),
      };
    case 'enum':
    case 'const': {
      const allowed = (error.keyword === 'enum' ? params.allowedValues : [params.allowedValue]) as readonly unknown[];
      const list = allowed.length === 1 ? String(allowed[0]) : `one of ${allowed.join(', ')}`;
      const meant = typeof error.data === 'string' ? nearest(error.data, allowed.map(String)) : undefined;
      const problem = wrong(list);
      return meant === undefined ? problem : hinted(problem, `; did you mean ${meant}?`);
    }
    case 'discriminator': {
      const tag = String(params.tag);
      const branches = ((parent.oneOf ?? []) as Schema[]).flatMap((branch) => {
        const schema = ((branch.properties ?? {}) as Readonly<Record<string, Schema>>)[tag] ?? {};
        return 'const' in schema ? [schema.const] : ((schema.enum ?? []) as unknown[]);
      });
      const value = (error.data as Readonly<Record<string, unknown>>)[tag];
      if (value === undefined) return { path, key: true, message: `'${tag}' is missing`, expected: tag };
      const meant = typeof value === 'string' ? nearest(value, branches.map(String)) : undefined;
      const expected = branches.length === 0 ? 'a known value' : `one of ${branches.join(', ')}`;
      const message = `expected ${expected}, got ${picture(value)}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
      return { path: [...path, tag], key: false, message, expected, got: picture(value) };
    }
    case 'type':
      return wrong(inWords(params.type));
    case 'pattern':
      return wrong(typeof parent.description === 'string' ? parent.description : `text that matches ${params.pattern}`);
    default: {
      const limit = comparisons[error.keyword];
      return limit ? wrong(limit(error.schema)) : { path, key: false, message: error.message ?? 'is not allowed' };
    }
  }
};

const expectedName = (names: Schema | undefined): { readonly expected?: string } =>
  typeof names?.description === 'string' ? { expected: names.description } : {};

/**
 * A value that fits none of several shapes gets the complaints of the shape it is closest to: one whose outer type is
 * right and that has the fewest complaints. When no outer type is right, the types are named together.
 */
const branchProblems = (error: ErrorObject, schema: object, root: unknown): readonly SchemaProblem[] => {
  const path = pathOf(error.instancePath, root);
  const defs = (schema as Schema).$defs;
  const tries = (error.schema as readonly object[]).map((branch) => {
    const alone = branchSchema(branch, defs);
    return problemsOf(alone, error.data);
  });
  const fitting = tries.filter((problems) => !problems.some((problem) => problem.path.length === 0 && !problem.key));
  const best = fitting.sort((a, b) => a.length - b.length)[0];
  if (best && best.length > 0) return best.map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
  const expected = [...new Set(tries.flatMap((problems) => problems.flatMap((problem) => problem.expected ?? [])))];
  const got = picture(error.data);
  const hint = tries.flat().find((problem) => problem.hint !== undefined)?.hint ?? '';
  if (expected.length === 0) return [{ path, key: false, message: 'fits more than one shape that exclude each other' }];
  return [
    {
      path,
      key: false,
      message: `expected ${expected.join(' or ')}, got ${got}${hint}`,
      expected: expected.join(' or '),
      got,
    },
  ];
};

const branches = new WeakMap<object, object>();
const branchSchema = (branch: object, defs: unknown): object => {
  let alone = branches.get(branch);
  if (!alone) {
    alone = defs === undefined ? { allOf: [branch] } : { $defs: defs, allOf: [branch] };
    branches.set(branch, alone);
  }
  return alone;
};

/**
 * All that `data` has wrong against a JSON Schema (draft 2020-12, references only to its own `#/$defs`), in words, in
 * the order of the document's validation. Empty when it fits. A schema is compiled once and kept.
 */
export const problemsOf = (schema: object, data: unknown): readonly SchemaProblem[] => {
  const validate = validatorOf(schema);
  if (validate(data)) return [];
  const errors = validate.errors ?? [];
  const choices = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf');
  const inChoice = (error: ErrorObject): boolean =>
    choices.some(({ instancePath: at }) => error.instancePath === at || error.instancePath.startsWith(`${at}/`));
  const outermost = choices.filter(
    ({ instancePath: at }, index) =>
      !choices.some(({ instancePath: other }, place) => at.startsWith(`${other}/`) || (at === other && place > index)),
  );
  const named = new Set(errors.filter((error) => error.keyword === 'propertyNames').map((error) => error.instancePath));
  return [
    ...errors
      .filter((error) => error.keyword !== 'if' && !inChoice(error))
      .filter((error) => !(error.propertyName !== undefined && named.has(error.instancePath)))
      .map((error) => plainProblem(error, data)),
    ...outermost.flatMap((error) => branchProblems(error, schema, data)),
  ];
};
