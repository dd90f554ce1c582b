/** A folder for a trained model, with a first model.yaml. */
import { constants, copyFile, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fail } from '../core/errors.ts';
import { sizeOf } from '../files/place.ts';
import { MAX_NAME } from '../runtimes/draft.ts';
import { claimants, endings, unclaimed } from '../runtimes/formats.ts';
import type { ModelFormat } from '../runtimes/runtime.ts';
import { modelOfMlflow } from './import/mlflow.ts';
import { refuseForeign } from './import/refuse.ts';
import { wholeModel } from './model-file.ts';

/** Compared at a time. */
const PART_BYTES = 2 ** 20;

export interface InitOptions {
  /** The path of a model file of any format, or of a folder as MLflow logs a model. */
  readonly model: string;
  /** Beside the model unless given. */
  readonly folder?: string | undefined;
  /** Write over a model.yaml and a model that are there. */
  readonly force: boolean;
  /** Names in errors are as somebody in this folder would say them. */
  readonly cwd: string;
}

/** The model's name as a package may have it, from a file's name without its ending. */
export const nameFrom = (file: string, endings: readonly string[]): string => {
  const lower = file.toLowerCase();
  const ending = endings.find((one) => lower.endsWith(one)) ?? '';
  const name = lower
    .slice(0, lower.length - ending.length)
    .replace(/[^a-z0-9._-]+/g, '-')
    .slice(0, MAX_NAME)
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  return name || 'model';
};

/** Names that say nothing of what a model is for. */
const SAYS_NOTHING = new Set([
  'model',
  'models',
  'artifact',
  'artifacts',
  'data',
  'export',
  'exported',
  'output',
  'saved_model',
]);
const MAX_FOLDERS = 4;

/** The package's name: the file's, or where that says nothing, the name of the nearest folder around it that says something. */
export const packageName = (file: string, folder: string, endings: readonly string[]): string => {
  const own = nameFrom(file, endings);
  if (!SAYS_NOTHING.has(own)) return own;
  const around = folder.split(sep).slice(-MAX_FOLDERS).reverse();
  return around.map((name) => nameFrom(name, [])).find((name) => !SAYS_NOTHING.has(name)) ?? own;
};

const formatFor = async (bytes: Uint8Array, model: string): Promise<ModelFormat> => {
  const [format] = [...(await claimants(bytes, model)), await unclaimed()];
  return format;
};

/** @throws FILE_EXISTS for a file that is there already and is another, unless `force` */
const copyBeside = async (
  file: string,
  { model, folder, force, cwd }: InitOptions & { readonly folder: string },
): Promise<void> => {
  const [from, to] = [join(dirname(model), file), join(folder, file)];
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to, force ? 0 : constants.COPYFILE_EXCL).catch(async (cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw cause;
    if (await isSame(from, to)) return;
    const got = relative(cwd, to);
    throw fail('FILE_EXISTS', `${got} is there already, and has other weights; --force replaces it.`, {
      expected: `no ${file}, or the same one`,
      got,
      cause,
    });
  });
};

/** Compares files of any size, a part at a time. */
const isSame = async (one: string, other: string): Promise<boolean> => {
  const files = await Promise.all([open(one), open(other)]);
  try {
    const [a, b] = [Buffer.alloc(PART_BYTES), Buffer.alloc(PART_BYTES)];
    for (;;) {
      const [left, right] = [await files[0].read(a, 0, PART_BYTES), await files[1].read(b, 0, PART_BYTES)];
      const length = left.bytesRead;
      if (length !== right.bytesRead || !a.subarray(0, length).equals(b.subarray(0, length))) return false;
      if (length === 0) return true;
    }
  } finally {
    for (const file of files) await file.close();
  }
};

/**
 * Writes model.yaml, and beside it a copy of the model, with its files of weights, unless that is where it lies. Resolves with the path of model.yaml.
 *
 * @throws FILE_NOT_FOUND, BAD_MODEL, FOREIGN_MODEL; FILE_EXISTS unless `force`
 */
export const initFolder = async (options: InitOptions): Promise<string> => {
  const { force, cwd } = options;
  const model = (await modelOfMlflow(options.model)) ?? options.model;
  const folder = options.folder ?? dirname(model);
  await refuseForeign(model, relative(cwd, model));
  await sizeOf(model);
  const bytes = await readFile(model);
  const format = await formatFor(bytes, basename(model));
  const { bytes: whole, beside } = await wholeModel(model, bytes, format);
  const text = format.draft(whole, {
    model: basename(model),
    name: packageName(basename(model), folder, await endings()),
  });
  const target = join(folder, 'model.yaml');
  const copy = join(folder, basename(model));
  const before = copy === model ? undefined : await readFile(copy).catch(() => undefined);
  if (before && !before.equals(bytes) && !force) {
    const got = relative(cwd, copy);
    throw fail('FILE_EXISTS', `${got} is there already, and is another model; --force replaces it.`, {
      expected: `no ${basename(model)}, or the same one`,
      got,
    });
  }
  await mkdir(folder, { recursive: true });
  await writeFile(target, text, { flag: force ? 'w' : 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw cause;
    const got = relative(cwd, target);
    throw fail('FILE_EXISTS', `${got} is there already; --force writes it anew.`, {
      expected: 'no model.yaml',
      got,
      cause,
    });
  });
  if (copy !== model) {
    await copyFile(model, copy);
    for (const file of beside) await copyBeside(file, { ...options, model, folder });
  }
  return target;
};
