/** A folder as MLflow logs a model: its file MLmodel says which file in it is the model (https://mlflow.org/docs/latest/ml/model/). */
import { readdir } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { readYaml } from '../../yaml/read-yaml.ts';
import { readText } from '../source-file.ts';

/** The flavor that says how Python runs any of the others. */
const ANY = 'python_function';
/** Keys under which a flavor names its file. */
const KEYS = ['data', 'pickled_model', 'model_data', 'saved_model_dir'];

type Flavor = Readonly<Record<string, unknown>>;
interface MlModel {
  readonly flavors: Readonly<Record<string, Flavor>>;
}
const SCHEMA = {
  type: 'object',
  required: ['flavors'],
  properties: { flavors: { type: 'object', additionalProperties: { type: 'object' } } },
};

/** The file in a folder that its MLmodel names; undefined for all that is no such folder. @throws BAD_MANIFEST */
export const modelOfMlflow = async (folder: string): Promise<string | undefined> => {
  const names = await readdir(folder).catch((): string[] => []);
  if (!names.includes('MLmodel')) return undefined;
  const path = join(folder, 'MLmodel');
  const text = await readText(path, 'BAD_MANIFEST', 'The file');
  const { flavors } = readYaml<MlModel>(text, { file: path, schema: SCHEMA, code: 'BAD_MANIFEST' }).data;
  const named = Object.keys(flavors)
    .filter((flavor) => flavor !== ANY)
    .flatMap((flavor) => KEYS.map((key) => flavors[flavor][key]));
  const file = named.find((name) => typeof name === 'string' && name !== '' && !normalize(name).startsWith('..'));
  return file === undefined ? undefined : join(folder, String(file));
};
