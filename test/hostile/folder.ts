/** Folders to pack, of the models that do their worst with an x above 5. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Example } from '../../src/core/types.ts';
import { tempFolder } from '../temp-folder.ts';
import { type Deed, deeds } from './models.ts';

export interface FolderOptions {
  readonly version?: string;
  readonly examples?: readonly Example[];
  /** Of `model.onnx`, where it is none of the deeds. */
  readonly model?: Uint8Array;
  /** Of `transform.ts`. */
  readonly transform?: string;
}

/** Writes one; x = 1 and what comes of it is its only example unless others are given. */
export const writeFolder = (folder: string, deed: Deed, options: FolderOptions = {}): string => {
  const made: { readonly model: Uint8Array; readonly transform?: string } = deeds[deed];
  const { version = '1.0.0', examples = [{ input: { x: 1 }, output: { y: 2 } }] } = options;
  const transform = options.transform ?? made.transform;
  writeFileSync(join(folder, 'model.onnx'), options.model ?? made.model);
  if (transform !== undefined) writeFileSync(join(folder, 'transform.ts'), transform);
  if (examples.length > 0) writeFileSync(join(folder, 'examples.json'), JSON.stringify(examples));
  const lines = [
    'name: hostile',
    `version: ${version}`,
    'model: model.onnx',
    'inputs:',
    '  x: { kind: number }',
    'outputs:',
    '  y: { kind: number }',
    ...(transform === undefined ? [] : ['transform: transform.ts']),
    ...(examples.length > 0 ? ['examples: examples.json'] : []),
  ];
  writeFileSync(join(folder, 'model.yaml'), `${lines.join('\n')}\n`);
  return folder;
};

export const folderOf = (t: TestContext, deed: Deed, options?: FolderOptions): string =>
  writeFolder(tempFolder(t), deed, options);

/** An example that makes the model do its worst. */
export const fatal: Example = { input: { x: 6 }, output: { y: 12 } };
export const harmless: Example = { input: { x: 1 }, output: { y: 2 } };
