/** A folder with model.yaml, as the user wrote it: read and checked, each problem with its line and column. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, MillraceError } from '../core/errors.ts';
import type { Fields, Manifest } from '../core/types.ts';
import type { Weights } from '../core/weights.ts';
import { claimants, formatOf, readable } from '../runtimes/formats.ts';
import { runtimeOf } from '../runtimes/index.ts';
import { type Choice, choices } from '../runtimes/runtime.ts';
import { readYaml, type YamlFile } from '../yaml/read-yaml.ts';
import { type ExamplesKey, type ExamplesSource, readExamples } from './examples-source.ts';
import { flawOf } from './fits-schema.ts';
import { refuseForeign } from './import/refuse.ts';
import { type WeightsPlace, wholeModel } from './model-file.ts';
import { modelSchema } from './model-schema.ts';
import { withSideTables } from './side-tables.ts';
import { readBytes, readText } from './source-file.ts';

type ModelYaml = Omit<Manifest, 'runtime'> & {
  /** Which runtime answers, whatever the graph has; the one that takes it unless given. */
  readonly runtime?: Choice;
  readonly model: string;
  readonly weights?: WeightsPlace;
  readonly transform?: string;
  readonly examples?: ExamplesKey;
  readonly reference?: string | { readonly file: string; readonly truth?: TruthColumns };
};

/** Where the truth stands in a table: the column of the one thing that a model predicts, or a column for each output. */
export type TruthColumns = string | Readonly<Record<string, string>>;

/** The sample of the training data that is profiled. */
export interface ReferenceFile {
  readonly path: string;
  /** As model.yaml calls it. */
  readonly name: string;
  /** It stands beside model.yaml, which does not name it. */
  readonly isFound: boolean;
  readonly truth?: TruthColumns;
}

export interface ModelFolder extends ExamplesSource {
  readonly dir: string;
  readonly manifest: Manifest;
  /** With the weights that lie in files beside it, unless these stay apart. */
  readonly model: Uint8Array;
  readonly weights?: Weights;
  /** A path, where given. */
  readonly transform?: string;
  readonly reference?: ReferenceFile;
  /** Gives a problem found later (by the core) the place in model.yaml that it comes from. */
  locate(error: unknown): unknown;
}

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
  { model: _, runtime: __, transform: ___, examples: ____, reference: _____, weights: ______, ...yaml }: ModelYaml,
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

const FOUND_REFERENCE = 'reference.csv';

/** What model.yaml names, else `reference.csv` beside it; undefined where there is neither. */
const referenceOf = async (dir: string, key: ModelYaml['reference']): Promise<ReferenceFile | undefined> => {
  const { file = undefined, truth = undefined } = typeof key === 'string' ? { file: key } : (key ?? {});
  if (file !== undefined) return { path: join(dir, file), name: file, isFound: false, ...(truth && { truth }) };
  const path = join(dir, FOUND_REFERENCE);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  return isThere ? { path, name: FOUND_REFERENCE, isFound: true } : undefined;
};

/** Reads `<dir>/model.yaml` and what it names. @throws MillraceError BAD_MANIFEST, BAD_EXAMPLES, FOREIGN_MODEL or FILE_NOT_FOUND. */
export const readSource = async (dir: string): Promise<ModelFolder> => {
  const path = join(dir, 'model.yaml');
  const text = await readText(path, 'BAD_MANIFEST', 'The manifest');
  const { data, at } = readYaml<ModelYaml>(text, {
    file: path,
    schema: modelSchema,
    fits: (found) => flawOf(modelSchema, found) === undefined,
    code: 'BAD_MANIFEST',
  });
  const yaml = await withSideTables(data, dir, at);
  const file = join(dir, data.model);
  await refuseForeign(file, file);
  const bytes = await readBytes(file, 'FILE_NOT_FOUND', 'The model file');
  const manifest = manifestOf(yaml, await runtimeFor(data, bytes, at));
  const format = await formatOf(runtimeOf(manifest));
  const { bytes: model, weights } = await wholeModel(file, bytes, format, data.weights);
  const reference = await referenceOf(dir, data.reference);
  return {
    dir,
    manifest,
    model,
    ...(weights && { weights }),
    ...(await readExamples(dir, data.examples)),
    ...(data.transform !== undefined && { transform: join(dir, data.transform) }),
    ...(reference && { reference }),
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
