import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildOnnx } from './runtimes/onnx-builder.ts';

/** Folders of models whose fields are tensors, with nothing but additions in them. */
const folder = (home: string, name: string, file: Uint8Array, fields: string): string => {
  const path = join(home, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'model.onnx'), file);
  writeFileSync(join(path, 'model.yaml'), `name: ${name}\nversion: 1.0.0\nmodel: model.onnx\n${fields}`);
  return path;
};

/** `tokens` of any length, and each of them twice. */
export const anyLengthModel = (home: string): string =>
  folder(
    home,
    'any-length',
    buildOnnx({
      inputs: [{ name: 'tokens', dtype: 'int64', dims: ['rows', 'length'] }],
      outputs: [{ name: 'twice', dtype: 'int64', dims: ['rows', 'length'] }],
      nodes: [{ op: 'Add', inputs: ['tokens', 'tokens'], outputs: ['twice'] }],
    }),
    `inputs:
  tokens: { kind: tensor, dtype: int64, shape: [null] }
outputs:
  twice: { kind: tensor, dtype: int64, shape: [null] }
`,
  );

/** `half` (float16) and `brain` (bfloat16), two of each, come back as `half_out` and `brain_out`. */
export const halvesModel = (home: string): string =>
  folder(
    home,
    'halves',
    buildOnnx({
      inputs: [
        { name: 'half', dtype: 'float16', dims: ['rows', 2] },
        { name: 'brain', dtype: 'bfloat16', dims: ['rows', 2] },
      ],
      outputs: [
        { name: 'half_out', dtype: 'float16', dims: ['rows', 2] },
        { name: 'brain_out', dtype: 'bfloat16', dims: ['rows', 2] },
      ],
      nodes: [
        { op: 'Identity', inputs: ['half'], outputs: ['half_out'] },
        { op: 'Identity', inputs: ['brain'], outputs: ['brain_out'] },
      ],
    }),
    `inputs:
  half: { kind: tensor, dtype: float16, shape: [2] }
  brain: { kind: tensor, dtype: bfloat16, shape: [2] }
outputs:
  half_out: { kind: tensor, dtype: float16, shape: [2] }
  brain_out: { kind: tensor, dtype: bfloat16, shape: [2] }
`,
  );

/** `grid`, [2, 2] with elements that may be missing, `flags` and `words`; they come back as they are, the grid twice itself. */
export const gridModel = (home: string): string =>
  folder(
    home,
    'grid',
    buildOnnx({
      inputs: [
        { name: 'grid', dtype: 'float32', dims: ['rows', 2, 2] },
        { name: 'flags', dtype: 'bool', dims: ['rows', 2] },
        { name: 'words', dtype: 'string', dims: ['rows', 2] },
      ],
      outputs: [
        { name: 'twice', dtype: 'float32', dims: ['rows', 2, 2] },
        { name: 'flags_out', dtype: 'bool', dims: ['rows', 2] },
        { name: 'words_out', dtype: 'string', dims: ['rows', 2] },
      ],
      nodes: [
        { op: 'Add', inputs: ['grid', 'grid'], outputs: ['twice'] },
        { op: 'Identity', inputs: ['flags'], outputs: ['flags_out'] },
        { op: 'Identity', inputs: ['words'], outputs: ['words_out'] },
      ],
    }),
    `inputs:
  grid: { kind: tensor, dtype: float32, shape: [2, 2], nullable: true }
  flags: { kind: tensor, dtype: bool, shape: [2] }
  words: { kind: tensor, dtype: string, shape: [2] }
outputs:
  twice: { kind: tensor, dtype: float32, shape: [2, 2] }
  flags_out: { kind: tensor, dtype: bool, shape: [2] }
  words_out: { kind: tensor, dtype: string, shape: [2] }
`,
  );
