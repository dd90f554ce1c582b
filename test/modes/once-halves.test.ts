/** Numbers of 16 bits in Parquet: DuckDB reads the logical type Float16, and writes what a half is, a FLOAT. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { predictFile } from '../../src/modes/once/predict-file.ts';
import { readAll, rowsOf } from '../contracts/tables.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';
import { tempFolder } from '../temp-folder.ts';
import { lines, open } from './once-files.ts';

const halves = join(import.meta.dirname, '../fixtures/parquet/float16.parquet');

const folderOf = (home: string): string => {
  const folder = join(home, 'model');
  mkdirSync(folder);
  const [one, many] = [
    ['rows', 1],
    ['rows', 'length'],
  ] as const;
  const file = buildOnnx({
    inputs: [
      { name: 'half', dtype: 'float16', dims: one },
      { name: 'halves', dtype: 'float16', dims: many },
    ],
    outputs: [
      { name: 'same', dtype: 'float16', dims: one },
      { name: 'twice', dtype: 'float16', dims: many },
    ],
    nodes: [
      { op: 'Identity', inputs: ['half'], outputs: ['same'] },
      { op: 'Add', inputs: ['halves', 'halves'], outputs: ['twice'] },
    ],
  });
  writeFileSync(join(folder, 'model.onnx'), file);
  writeFileSync(
    join(folder, 'model.yaml'),
    `name: halves
version: 1.0.0
model: model.onnx
inputs:
  half: { kind: number }
  halves: { kind: tensor, dtype: float16, shape: [null] }
outputs:
  same: { kind: number }
  twice: { kind: tensor, dtype: float16, shape: [null] }
`,
  );
  return folder;
};

test('columns and lists of Float16 are read, and answers are written, with the values of their halves', async (t) => {
  const home = tempFolder(t);
  const scorer = await open(t, folderOf(home));
  const [text, again] = [join(home, 'out.ndjson'), join(home, 'out.parquet')];
  await predictFile({ scorer, input: halves, output: text, columns: [] });
  assert.deepEqual(lines(text), [
    { same: 1.099609375, twice: [2.19921875, -60000] },
    { same: -30000, twice: [2 ** -23] },
    { same: 2 ** -24, twice: [0.199951171875] },
  ]);
  await predictFile({ scorer, input: halves, output: again, columns: [] });
  const [chunk] = await readAll(again);
  assert.deepEqual({ ...chunk.types }, { same: 'DOUBLE', twice: 'FLOAT[]' });
  assert.deepEqual(
    rowsOf([chunk]).map(({ twice }) => Array.from(twice as ArrayLike<number>)),
    [[2.19921875, -60000], [2 ** -23], [0.199951171875]],
  );
});
