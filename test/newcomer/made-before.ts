/** Exports that were made by lines of docs/CONVERT.md where there was room for the library (test/fixtures/convert/make.ts). */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHeldOut } from './held-out.ts';
import type { Way } from './way.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures', 'convert');
const slugOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

/** Where the export of a heading lies. */
export const folderOf = (title: string): string => join(fixtures, slugOf(title));

/** The lines that made it. */
export const linesFile = (title: string): string => join(folderOf(title), 'lines.txt');

export const linesOf = (title: string): string => readFileSync(linesFile(title), 'utf8').trimEnd();

/** Copies an export below a folder; what is asked of it is what the library answered. */
export const wayMadeBefore = (title: string, below: string): Way => {
  const name = `made-${slugOf(title)}`;
  const folder = join(below, name);
  cpSync(folderOf(title), folder, { recursive: true });
  const file = ['model.onnx', 'model.ubj'].find((one) => existsSync(join(folder, one)));
  return {
    name,
    folder,
    ...(file && { file }),
    exact: false,
    named: false,
    heldOut: readHeldOut(join(folder, 'held-out.json')),
  };
};
