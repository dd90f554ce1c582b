import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { predictFile } from '../../src/modes/once/predict-file.ts';
import { readAll, rowsOf } from '../contracts/tables.ts';
import { tempFolder } from '../temp-folder.ts';
import { coded, fixture, lines, members, names, open, root } from './once-files.ts';

/** A copy of a fixture with other text in its model.yaml. */
const changed = (t: TestContext, name: string, change: (yaml: string) => string): string => {
  const folder = join(tempFolder(t), name);
  cpSync(fixture(name), folder, { recursive: true });
  const path = join(folder, 'model.yaml');
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  return folder;
};

test('a prediction whose name is taken stands behind predicted_, and the taken column stays as it was', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const input = join(folder, 'in.csv');
  writeFileSync(input, 'total,units,price,predicted_total\nwas,2,3,too\n');
  const output = join(folder, 'out.csv');
  await predictFile({ scorer, input, output });
  assert.equal(
    readFileSync(output, 'utf8'),
    'total,units,price,predicted_total,predicted_predicted_total,over\nwas,2,3,too,6,false\n',
  );
});

test('columns chooses what is kept of the input, in its own order; none leaves the predictions', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const input = join(folder, 'in.csv');
  writeFileSync(input, 'id,units,price,note\n7,2,3,x\n');
  const predict = async (columns: readonly string[]): Promise<string> => {
    const output = join(folder, `out-${columns.join('-')}.csv`);
    await predictFile({ scorer, input, output, columns });
    return readFileSync(output, 'utf8');
  };
  assert.equal(await predict(['note', 'id']), 'note,id,total,over\nx,7,6,false\n');
  assert.equal(await predict([]), 'total,over\n6,false\n');
  await assert.rejects(predict(['nota']), coded('USAGE', 'no column nota to keep\\. Is it note\\?'));
  assert.equal(existsSync(join(folder, 'out-nota.csv')), false);
});

test('a file that lacks a column which every row needs is refused before anything is written', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const input = join(folder, 'in.csv');
  writeFileSync(input, 'unit,price\n1,2\n');
  await assert.rejects(
    predictFile({ scorer, input, output: join(folder, 'out.csv'), rejects: join(folder, 'rejects.ndjson') }),
    coded('BAD_FILE', 'no column units, which int-inputs needs\\. Is it unit\\?'),
  );
  assert.deepEqual(readdirSync(folder), ['in.csv']);
});

test('a nullable field may lack its column, and an empty cell of it is missing', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('lgbm-regressor-missing'));
  const input = join(folder, 'in.csv');
  writeFileSync(input, 'a,b\n1,2\n,2\nNA,nan\n');
  const output = join(folder, 'out.ndjson');
  await predictFile({ scorer, input, output });
  const expected = await scorer.score([
    { a: 1, b: 2, c: null },
    { a: null, b: 2, c: null },
    { a: null, b: null, c: null },
  ]);
  assert.deepEqual(
    lines(output).map(({ y }) => y),
    expected.map((answer) => answer.output?.y),
  );
});

test('a table without rows gives one without rows, with its columns', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  writeFileSync(join(folder, 'in.csv'), 'units,price\n');
  writeFileSync(join(folder, 'in.ndjson'), '');
  const predict = async (input: string, output: string) => {
    const result = await predictFile({ scorer, input: join(folder, input), output: join(folder, output) });
    assert.deepEqual([result.rows_in, result.rows_out], [0, 0]);
    return readFileSync(join(folder, output), 'utf8');
  };
  assert.equal(await predict('in.csv', 'a.csv'), 'units,price,total,over\n');
  assert.equal(await predict('in.csv', 'a.json'), '[]\n');
  assert.equal(await predict('in.ndjson', 'b.csv'), 'total,over\n');
  await predict('in.csv', 'c.parquet');
  assert.deepEqual(names(await readAll(join(folder, 'c.parquet'))), ['units', 'price', 'total', 'over']);
});

test('fields that appear late: kept in ndjson, rejected where the columns are settled', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const input = join(folder, 'in.ndjson');
  writeFileSync(input, '{"units":1,"price":2,"id":"a"}\n{"units":1,"price":2}\n{"units":3,"price":4,"late":true}\n');
  const predict = async (to: string, columns?: readonly string[]) => {
    const rejects = join(folder, `${to}.rejects`);
    const output = join(folder, to);
    const { rows_rejected } = await predictFile({ scorer, input, output, rejects, columns, chunkRows: 1 });
    return { text: readFileSync(output, 'utf8'), rows_rejected, rejects: lines(rejects) };
  };
  const free = await predict('out.ndjson');
  assert.equal(free.rows_rejected, 0);
  assert.deepEqual(
    free.text
      .split('\n')
      .slice(0, 3)
      .map((line) => JSON.parse(line)),
    [
      { units: 1, price: 2, id: 'a', total: 2, over: false },
      { units: 1, price: 2, total: 2, over: false },
      { units: 3, price: 4, late: true, total: 12, over: false },
    ],
  );
  const settled = await predict('out.csv');
  assert.equal(settled.text, 'units,price,id,total,over\n1,2,a,2,false\n1,2,,2,false\n');
  assert.deepEqual(
    settled.rejects.map(({ row, code, field }) => [row, code, field]),
    [[3, 'UNKNOWN_FIELD', 'late']],
  );
  const chosen = await predict('chosen.csv', ['late']);
  assert.equal(chosen.text, 'late,total,over\n,2,false\n,2,false\ntrue,12,false\n');
});

test('a field that appears late under the name of a prediction is rejected, not overwritten', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const input = join(folder, 'in.ndjson');
  writeFileSync(input, '{"units":1,"price":2}\n{"units":3,"price":4,"total":5}\n');
  const output = join(folder, 'out.ndjson');
  const result = await predictFile({ scorer, input, output, chunkRows: 1 });
  assert.deepEqual([result.rows_out, result.rejected], [1, { UNKNOWN_FIELD: 1 }]);
});

test('a first chunk of nothing but bad lines settles nothing', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const input = join(folder, 'in.json');
  writeFileSync(input, '[1, 2, 3, {"units":1,"price":2}]');
  const output = join(folder, 'out.csv');
  const result = await predictFile({ scorer, input, output, chunkRows: 2 });
  assert.equal(readFileSync(output, 'utf8'), 'units,price,total,over\n1,2,2,false\n');
  assert.deepEqual([result.rows_in, result.rejected], [4, { NOT_A_ROW: 3 }]);
});

test('a package that refuses extra fields refuses the row that has one', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(
    t,
    changed(t, 'bool-and-string-out', (yaml) => `${yaml}\nextraFields: reject\n`),
  );
  const input = join(folder, 'in.ndjson');
  const [first, second] = members.map(({ id: _, ...row }) => row);
  writeFileSync(input, [first, { ...first, age: 7 }, second].map((row) => JSON.stringify(row)).join('\n'));
  const output = join(folder, 'out.ndjson');
  const result = await predictFile({ scorer, input, output });
  assert.deepEqual([result.rows_out, result.rejected], [2, { UNKNOWN_FIELD: 1 }]);
  const answers = await scorer.score([first, second]);
  assert.deepEqual(lines(output), [
    { ...first, ...answers[0].output },
    { ...second, ...answers[1].output },
  ]);
  const csv = join(folder, 'in.csv');
  writeFileSync(csv, 'country,score,member,age\nFrance,1,true,7\n');
  await assert.rejects(predictFile({ scorer, input: csv, output: join(folder, 'out.csv') }), coded('BAD_FILE', 'age'));
});

test('in Parquet the fields of the signature get their types from it, other columns of CSV and JSON are text', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('bool-and-string-out'));
  writeFileSync(join(folder, 'in.csv'), 'id,country,score,member\n007,France,0.50,TRUE\n');
  writeFileSync(join(folder, 'in.ndjson'), '{"id":{"no":7},"country":"France","score":0.5,"member":true}\n');
  for (const [input, id] of [
    ['in.csv', '007'],
    ['in.ndjson', '{"no":7}'],
  ]) {
    const output = join(folder, `${input}.parquet`);
    await predictFile({ scorer, input: join(folder, input), output });
    const chunks = await readAll(output);
    assert.deepEqual(
      { ...chunks[0].types },
      {
        id: 'VARCHAR',
        country: 'VARCHAR',
        score: 'DOUBLE',
        member: 'BOOLEAN',
        capital: 'VARCHAR',
        passed: 'BOOLEAN',
        tier: 'VARCHAR',
        invited: 'BOOLEAN',
      },
    );
    const [row] = rowsOf(chunks);
    assert.deepEqual([row.id, row.score, row.member, row.capital], [id, 0.5, true, 'Paris']);
  }
});

test('a tensor of answers is a list in Parquet and an array in JSON', async (t) => {
  const outputs =
    'outputs:\n  label: {kind: category, labels: [iris, lily, rose], from: output_label}\n' +
    '  all: {kind: tensor, dtype: float32, shape: [3], from: output_probability}\n';
  const folder = changed(t, 'sk-logistic-zipmap', (yaml) =>
    yaml.replace(/outputs:\n(?: {2}.*\n)+/, outputs).replace(/^examples:.*\n/m, ''),
  );
  writeFileSync(join(folder, 'examples.json'), '[]');
  const scorer = await open(t, folder);
  const work = tempFolder(t);
  const rows = [
    { sepal: 1, petal: 2, stem: 3 },
    { sepal: 'x', petal: 2, stem: 3 },
    { sepal: 5, petal: 1, stem: 2 },
  ];
  const input = join(work, 'in.ndjson');
  writeFileSync(input, rows.map((row) => JSON.stringify(row)).join('\n'));
  const expected = (await scorer.score(rows)).flatMap(({ output }) => (output ? [output.all] : []));
  assert.equal(expected.length, 2);
  for (const to of ['out.parquet', 'out.ndjson', 'out.json']) {
    await predictFile({ scorer, input, output: join(work, to), columns: [] });
    const chunks = await readAll(join(work, to));
    assert.deepEqual(
      rowsOf(chunks).map(({ all }) => all),
      expected,
    );
    if (to === 'out.parquet') assert.equal(chunks[0].types.all, 'FLOAT[]');
  }
});

test('a misspelt column that may be absent is refused: a whole table at once, JSON row by row', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, join(root, 'examples', 'churn', 'models', 'churn'));
  const [{ input }] = JSON.parse(
    readFileSync(join(root, 'examples', 'churn', 'models', 'churn', 'examples.json'), 'utf8'),
  );
  const { TotalCharges, ...rest } = input;
  const [good, slip] = [input, { ...rest, total_charges: TotalCharges }].map((row) => JSON.stringify(row));
  const output = join(folder, 'out.ndjson');
  const table = join(folder, 'in.csv');
  writeFileSync(table, `${[...Object.keys(rest), 'total_charges']}\n${[...Object.values(rest), TotalCharges]}\n`);
  await assert.rejects(
    predictFile({ scorer, input: table, output }),
    coded('BAD_FILE', 'has no column TotalCharges, which churn needs. Is it total_charges?'),
  );
  const rows = join(folder, 'in.ndjson');
  writeFileSync(rows, `${good}\n${slip}\n${good}\n`);
  const result = await predictFile({ scorer, input: rows, output });
  assert.deepEqual([result.rows_out, result.rejected], [2, { UNKNOWN_FIELD: 1 }]);
  assert.deepEqual(
    result.first_rejects.map(({ row, problem }) => [row, problem.field, problem.expected]),
    [[2, 'total_charges', 'TotalCharges']],
  );
});
