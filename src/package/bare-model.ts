/** From what somebody points at to the folder with its model.yaml; where there is none, how one is made. */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fail } from '../core/errors.ts';
import { shellWord } from '../text/shell-word.ts';
import { isModelFile, refuseForeign } from './import/refuse.ts';

const MANIFEST = 'model.yaml';
/** Files of a folder that are looked at for a model. */
const MAX_LOOKED_AT = 100;
const SHOWN = 5;

const joined = (folder: string, name: string): string => (folder === '.' ? name : join(folder, name));

/** Every model of a folder has its line. */
const noManifest = (message: string, lines: readonly string[]) =>
  fail('FILE_NOT_FOUND', [message, ...lines.map((line) => `    ${line}`)].join('\n'), {
    expected: 'a folder with model.yaml, as millrace init makes one',
    got: 'none',
  });

/** What the model.yaml beside a model says that its model is; undefined without one. */
const modelBeside = async (folder: string): Promise<string | undefined> => {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => '');
  return /^model:[ \t]*(["']?)(.+?)\1[ \t]*(?:#.*)?$/m.exec(text)?.[2];
};

/** The models in a folder without model.yaml: files that are run, or of which `init` says how they are made to. */
const modelsIn = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
  const names = files.map(({ name }) => name).sort();
  const found: string[] = [];
  for (const name of names.slice(0, MAX_LOOKED_AT)) if (await isModelFile(join(folder, name))) found.push(name);
  return found;
};

const refuseFolder = async (folder: string, shown: string): Promise<never> => {
  if (existsSync(join(folder, 'MLmodel')))
    throw noManifest(`${shown} is a folder of MLflow without a ${MANIFEST}, which says what goes in and comes out:`, [
      `millrace init ${shellWord(shown)}`,
    ]);
  await refuseForeign(folder, shown);
  const models = await modelsIn(folder);
  if (models.length === 0)
    throw noManifest(`There is no ${MANIFEST} in ${shown}, and no model file that one could be made for.`, []);
  throw noManifest(
    `There is no ${MANIFEST} in ${shown} yet, which says what goes in and comes out. For the model in it:`,
    models.slice(0, SHOWN).map((name) => `millrace init ${shellWord(joined(shown, name))}`),
  );
};

/**
 * Of a file that is no package: the folder whose model.yaml it is, or whose model.yaml names it as its model; undefined for a
 * file that nobody knows. `shown` is how its user calls it.
 *
 * @throws FOREIGN_MODEL, BAD_MODEL and FILE_NOT_FOUND, with the lines that lead on
 */
export const folderOfFile = async (path: string, shown: string): Promise<string | undefined> => {
  if (basename(path) === MANIFEST) return dirname(path);
  const named = await modelBeside(dirname(path));
  if (named !== undefined && join(dirname(path), named) === path) return dirname(path);
  await refuseForeign(path, shown);
  if (!(await isModelFile(path))) return undefined;
  const ofOther = named !== undefined;
  const folder = shellWord(ofOther ? shown.replace(/\.\w+$/, '') : dirname(shown));
  throw noManifest(
    `${shown} is a model file. What goes in and comes out says a ${MANIFEST}; ${ofOther ? `the one beside it is for ${named}` : 'there is none yet'}. Write one, read it, and pack it:`,
    [`millrace init ${shellWord(shown)}${ofOther ? ` -o ${folder}` : ''}`, `millrace pack ${folder}`],
  );
};

/**
 * The folder with the model.yaml that a path means: that folder, the model.yaml in it, or the model that it names.
 *
 * @throws FOREIGN_MODEL, BAD_MODEL and FILE_NOT_FOUND, with the lines that lead on
 */
export const folderOf = async (path: string, shown: string): Promise<string> => {
  if (existsSync(join(path, MANIFEST))) return path;
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return refuseFolder(path, shown);
  // What is not there is told by whoever reads it.
  return (found && (await folderOfFile(path, shown))) ?? path;
};
