/** Tensors in tables: as lists, as JSON in cells of CSV, and as a column an element. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { predictFile } from '../../src/modes/once/predict-file.ts';
import { readAll, rowsOf } from '../contracts/tables.ts';
import { tempFolder } from '../temp-folder.ts';
import { anyLengthModel, gridModel } from '../tensor-models.ts';
import { coded, open } from './once-files.ts';

const predictCsv = async (t: TestContext, model: (home: string) => string, text: string, to = 'out.csv') => {
  const folder = tempFolder(t);
  const scorer = await open(t, model(folder));
  const [input, output] = [join(folder, 'in.csv'), join(folder, to)];
  writeFileSync(input, text);
  const result = await predictFile({ scorer, input, output });
  return { scorer, folder, output, text: readFileSync(output, 'utf8'), result };
};

const ANSWER = `[[2,4],[6,-8.5]],"[true,false]","[""a"",""b,c""]"`;

describe('tensors in CSV', () => {
  test('are JSON in a cell', async (t) => {
    const { text } = await predictCsv(
      t,
      gridModel,
      `grid,flags,words\n"[[1,2],[3,-4.25]]","[true,false]","[""a"",""b,c""]"\n`,
    );
    const [, row] = text.split('\n');
    assert.equal(
      row,
      `"[[1,2],[3,-4.25]]","[true,false]","[""a"",""b,c""]",${ANSWER.replace(/^(\[\[.*\]\])/, '"$1"')}`,
    );
  });

  test('are a column an element in row-major order, which stay as they were', async (t) => {
    const { text } = await predictCsv(
      t,
      gridModel,
      'grid_0,grid_1,grid_2,grid_3,flags_0,flags_1,words_0,words_1\n1,2,3,-4.25,true,False,a,"b,c"\n',
    );
    const [, row] = text.split('\n');
    assert.equal(row, `1,2,3,-4.25,true,False,a,"b,c",${ANSWER.replace(/^(\[\[.*\]\])/, '"$1"')}`);
  });

  test('a missing element is missing, and a row without any has no tensor', async (t) => {
    const { output } = await predictCsv(
      t,
      gridModel,
      'grid_0,grid_1,grid_2,grid_3,flags,words\n1,,NA,4,"[true,true]","[""a"",""b""]"\n,,,,"[true,true]","[""a"",""b""]"\n',
      'out.ndjson',
    );
    const rows = readFileSync(output, 'utf8').trim().split('\n');
    assert.deepEqual(
      rows.map((row) => JSON.parse(row).twice),
      [
        [
          [2, null],
          [null, 8],
        ],
        [
          [null, null],
          [null, null],
        ],
      ],
    );
  });

  test('of any length go through CSV and Parquet, and are read back as they were written', async (t) => {
    const first = await predictCsv(t, anyLengthModel, 'tokens\n"[1,2,3]"\n[7]\n[9007199254740993]\n');
    assert.equal(first.text, 'tokens,twice\n"[1,2,3]","[2,4,6]"\n[7],[14]\n[9007199254740993],[18014398509481986]\n');
    const { scorer, folder } = first;
    const [parquet, again] = [join(folder, 'out.parquet'), join(folder, 'again.csv')];
    await predictFile({ scorer, input: first.output, output: parquet, columns: ['tokens'] });
    const [{ predicted_twice: twice }] = rowsOf(await readAll(parquet));
    assert.deepEqual(Array.from(twice as ArrayLike<number | bigint>, Number), [2, 4, 6]);
    await predictFile({ scorer, input: parquet, output: again, columns: ['tokens'] });
    assert.equal(readFileSync(again, 'utf8').split('\n').length, 5);
  });

  test('what is no list, or a list of another shape, is refused with its row and line', async (t) => {
    const { result } = await predictCsv(
      t,
      gridModel,
      `grid,flags,words\n"[[1,2],[3]]","[true,false]","[""a"",""b""]"\n"[[1,2],[3","[true,false]","[""a"",""b""]"\n"[[1,2],[3,4]]","[1,2]","[""a"",""b""]"\n`,
    );
    assert.deepEqual(result.rejected, { BAD_SHAPE: 1, WRONG_TYPE: 2 });
    assert.deepEqual(
      result.first_rejects.map(({ line }) => line),
      [2, 3, 4],
    );
  });

  test('without all of its columns a tensor is not there', async (t) => {
    await assert.rejects(
      predictCsv(t, gridModel, 'grid_0,grid_1,grid_2,grid_3,flags_0,words_0,words_1\n1,2,3,4,true,a,b\n'),
      coded('BAD_FILE', /no column flags/),
    );
  });
});
