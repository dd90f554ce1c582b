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

/** A field of each sort of element, of any length; `tokens` and `vectors` come back twice as large, the others as they are. */
export const lengthsModel = (home: string): string =>
  folder(
    home,
    'lengths',
    buildOnnx({
      inputs: [
        { name: 'tokens', dtype: 'int64', dims: ['rows', 'tokens'] },
        { name: 'vectors', dtype: 'float32', dims: ['rows', 'vectors', 2] },
        { name: 'halves', dtype: 'float16', dims: ['rows', 'halves'] },
        { name: 'flags', dtype: 'bool', dims: ['rows', 'flags'] },
        { name: 'words', dtype: 'string', dims: ['rows', 'words'] },
      ],
      outputs: [
        { name: 'twice', dtype: 'int64', dims: ['rows', 'tokens'] },
        { name: 'vectors_twice', dtype: 'float32', dims: ['rows', 'vectors', 2] },
        { name: 'halves_out', dtype: 'float16', dims: ['rows', 'halves'] },
        { name: 'flags_out', dtype: 'bool', dims: ['rows', 'flags'] },
        { name: 'words_out', dtype: 'string', dims: ['rows', 'words'] },
      ],
      nodes: [
        { op: 'Add', inputs: ['tokens', 'tokens'], outputs: ['twice'] },
        { op: 'Add', inputs: ['vectors', 'vectors'], outputs: ['vectors_twice'] },
        { op: 'Identity', inputs: ['halves'], outputs: ['halves_out'] },
        { op: 'Identity', inputs: ['flags'], outputs: ['flags_out'] },
        { op: 'Identity', inputs: ['words'], outputs: ['words_out'] },
      ],
    }),
    `inputs:
  tokens: { kind: tensor, dtype: int64, shape: [null] }
  vectors: { kind: tensor, dtype: float32, shape: [null, 2] }
  halves: { kind: tensor, dtype: float16, shape: [null] }
  flags: { kind: tensor, dtype: bool, shape: [null] }
  words: { kind: tensor, dtype: string, shape: [null] }
outputs:
  twice: { kind: tensor, dtype: int64, shape: [null] }
  vectors_twice: { kind: tensor, dtype: float32, shape: [null, 2] }
  halves_out: { kind: tensor, dtype: float16, shape: [null] }
  flags_out: { kind: tensor, dtype: bool, shape: [null] }
  words_out: { kind: tensor, dtype: string, shape: [null] }
`,
  );

/** Rows of `lengthsModel` as JSON has them, by several lengths, the third with a list of none; what each is answered but it. */
export const lengthsRows = [
  {
    id: 'a',
    row: '{"tokens":[1,2,3],"vectors":[[0.1,0.2],[3,-4]],"halves":[1.1,65504],"flags":[true],"words":["x","y, \\"z\\""]}',
    answer:
      '{"twice":[2,4,6],"vectors_twice":[[0.20000000298023224,0.4000000059604645],[6,-8]],"halves_out":[1.099609375,65504],"flags_out":[true],"words_out":["x","y, \\"z\\""]}',
  },
  {
    id: 'b',
    row: '{"tokens":[9007199254740993],"vectors":[[1,2]],"halves":[0.5],"flags":[false,true],"words":["è"]}',
    answer:
      '{"twice":[18014398509481986],"vectors_twice":[[2,4]],"halves_out":[0.5],"flags_out":[false,true],"words_out":["è"]}',
  },
  { id: 'c', row: '{"tokens":[],"vectors":[[1,2]],"halves":[0.5],"flags":[true],"words":["x"]}', answer: undefined },
  {
    id: 'd',
    row: '{"tokens":[4,5,6],"vectors":[[5,6]],"halves":[2,3,4],"flags":[true,false],"words":[""]}',
    answer:
      '{"twice":[8,10,12],"vectors_twice":[[10,12]],"halves_out":[2,3,4],"flags_out":[true,false],"words_out":[""]}',
  },
] as const;
