/** A folder for a trained model, with a first model.yaml. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { fail } from '../core/errors.ts';
import { sizeOf } from '../files/place.ts';
import { MAX_NAME } from '../runtimes/draft.ts';
import { claimants, endings, unclaimed } from '../runtimes/formats.ts';

export interface InitOptions {
  /** The path of a model file of any format. */
  readonly model: string;
  readonly folder: string;
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

const draftFor = async (bytes: Uint8Array, model: string): Promise<string> => {
  const [{ draft }] = [...(await claimants(bytes, model)), await unclaimed()];
  return draft(bytes, { model, name: nameFrom(model, await endings()) });
};

/**
 * Writes model.yaml, and beside it a copy of the model unless that is where it lies. Resolves with the path of model.yaml.
 *
 * @throws FILE_NOT_FOUND, BAD_MODEL; FILE_EXISTS unless `force`
 */
export const initFolder = async ({ model, folder, force, cwd }: InitOptions): Promise<string> => {
  await sizeOf(model);
  const bytes = await readFile(model);
  const text = await draftFor(bytes, basename(model));
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
