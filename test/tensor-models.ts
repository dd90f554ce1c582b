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
