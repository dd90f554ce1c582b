/** A folder for a trained model, with a first model.yaml. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { fail } from '../core/errors.ts';
import { sizeOf } from '../files/place.ts';
import { readOnnx } from '../runtimes/onnx-graph.ts';
import { treeFormatOf, treeFormats } from '../runtimes/trees/formats/index.ts';
import { writeModelYaml } from './init.ts';
import { writeTreeYaml } from './init-trees.ts';

export interface InitOptions {
  /** The path of an ONNX file, or of a library's own. */
  readonly model: string;
  readonly folder: string;
  /** Write over a model.yaml and a model that are there. */
  readonly force: boolean;
  /** Names in errors are as somebody in this folder would say them. */
  readonly cwd: string;
}

const yamlFor = (bytes: Uint8Array, name: string): string => {
  const library = treeFormatOf(bytes);
  return library === undefined
    ? writeModelYaml(readOnnx(bytes), name)
    : writeTreeYaml(treeFormats[library].read(bytes), name);
};

/**
 * Writes model.yaml, and beside it a copy of the model unless that is where it lies. Resolves with the path of model.yaml.
 *
 * @throws FILE_NOT_FOUND, BAD_MODEL; FILE_EXISTS unless `force`
 */
export const initFolder = async ({ model, folder, force, cwd }: InitOptions): Promise<string> => {
  await sizeOf(model);
  const bytes = await readFile(model);
  const text = yamlFor(bytes, basename(model));
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
  if (copy !== model) await copyFile(model, copy);
  return target;
};
