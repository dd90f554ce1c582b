/** A folder with model.yaml, as the user wrote it: read and checked, each problem with its line and column. */
import { join } from 'node:path';
import { fail, MillraceError, problemOf } from '../core/errors.ts';
import type { Example, Fields, Manifest } from '../core/types.ts';
import { claimants, readable } from '../runtimes/formats.ts';
import { type Choice, choices } from '../runtimes/runtime.ts';
import { readJson } from '../text/json.ts';
import { readYaml, type YamlFile } from '../yaml/read-yaml.ts';
import { flawOf } from './fits-schema.ts';
import { examplesSchema } from './manifest-schema.ts';
import { modelSchema } from './model-schema.ts';
import { withSideTables } from './side-tables.ts';
import { readBytes, readText } from './source-file.ts';

type ModelYaml = Omit<Manifest, 'runtime'> & {
  /** Which runtime answers, whatever the graph has; the one that takes it unless given. */
  readonly runtime?: Choice;
  readonly model: string;
  readonly transform?: string;
  readonly examples?: string;
  readonly reference?: string;
};

export interface ModelFolder {
  readonly dir: string;
  readonly manifest: Manifest;
  readonly model: Uint8Array;
  readonly examples: readonly Example[];
  /** Paths, where given. */
  readonly transform?: string;
  readonly reference?: string;
  /** Gives a problem found later (by the core) the place in model.yaml that it comes from. */
  locate(error: unknown): unknown;
}

const isMissing = (error: unknown): boolean =>
  error instanceof MillraceError && (error.cause as { code?: string })?.code === 'ENOENT';

const readExamples = async (dir: string, name: string | undefined): Promise<readonly Example[]> => {
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

/** Keys in alphabetical order, to the bottom. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
};
const sortedFields = <T extends Fields>(fields: T): T =>
  Object.fromEntries(
    Object.entries(fields).map(([name, { kind, ...rest }]) => [name, { kind, ...(sorted(rest) as object) }]),
  ) as T;

/**
 * The manifest in one order, so that the order of keys in model.yaml does not change the digest. Fields keep theirs: it
 * is the order in which people see them.
 */
const manifestOf = (
  { model: _, runtime: __, transform: ___, examples: ____, reference: _____, ...yaml }: ModelYaml,
  runtime: Manifest['runtime'],
): Manifest => {
  const { name, version, description, license, intendedUse, limitations, inputs, outputs, ...rest } = yaml;
  const { metadata, provenance, extraFields, coerce, prepare, tolerance } = sorted(rest) as typeof rest;
  return {
    name,
    version,
    ...(description !== undefined && { description }),
    ...(license !== undefined && { license }),
    ...(intendedUse !== undefined && { intendedUse }),
    ...(limitations !== undefined && { limitations }),
    ...(metadata !== undefined && { metadata }),
    ...(provenance !== undefined && { provenance }),
    runtime,
    inputs: sortedFields(inputs),
    outputs: sortedFields(outputs),
    ...(extraFields !== undefined && { extraFields }),
    ...(coerce !== undefined && { coerce }),
    ...(prepare !== undefined && { prepare }),
    ...(tolerance !== undefined && { tolerance }),
  };
};

/** What the model's bytes are, and where model.yaml wants them run. @throws BAD_MANIFEST */
const runtimeFor = async (
  { model, runtime }: ModelYaml,
  bytes: Uint8Array,
  at: YamlFile<unknown>['at'],
): Promise<Manifest['runtime']> => {
  const claims = await claimants(bytes, model);
  const found = claims.find(({ answersTo }) => answersTo.includes(runtime));
  if (found !== undefined) return found.runtime;
  if (runtime !== undefined && claims.length > 0) {
    throw fail('BAD_MANIFEST', `${at(['runtime'])}: ${choices[runtime]} does not read ${model}.`, {
      expected: 'no runtime:, as the own one reads it',
      got: claims[0].reads,
    });
  }
  const known = await readable();
  throw fail('BAD_MANIFEST', `${at(['model'])}: ${model} is no model that is known: ${known}.`, {
    expected: known,
    got: model,
  });
};

/** Reads `<dir>/model.yaml` and what it names. @throws MillraceError BAD_MANIFEST, BAD_EXAMPLES or FILE_NOT_FOUND. */
export const readSource = async (dir: string): Promise<ModelFolder> => {
  const path = join(dir, 'model.yaml');
  const text = await readText(path, 'BAD_MANIFEST', 'The manifest');
  const { data, at } = readYaml<ModelYaml>(text, { file: path, schema: modelSchema, code: 'BAD_MANIFEST' });
  const yaml = await withSideTables(data, dir, at);
  const model = await readBytes(join(dir, data.model), 'FILE_NOT_FOUND', 'The model file');
  const manifest = manifestOf(yaml, await runtimeFor(data, model, at));
  return {
    dir,
    manifest,
    model,
    examples: await readExamples(dir, data.examples),
    ...(data.transform !== undefined && { transform: join(dir, data.transform) }),
    ...(data.reference !== undefined && { reference: join(dir, data.reference) }),
    locate(error) {
      if (!(error instanceof MillraceError) || error.code !== 'BAD_MANIFEST') return error;
      const { step, field } = error.problem;
      const index = /^prepare\[(\d+)\]/.exec(step ?? '')?.[1];
      const place =
        index !== undefined
          ? at(['prepare', Number(index)])
          : field === undefined
            ? path
            : at([Object.hasOwn(manifest.outputs, field) ? 'outputs' : 'inputs', field]);
      return new MillraceError({ ...error.problem, message: `${place}: ${error.message}` }, { cause: error });
    },
  };
};
