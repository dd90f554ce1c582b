import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { createApp } from '../../src/app.ts';
import { MillraceError } from '../../src/core/errors.ts';
import type { Scorer } from '../../src/core/types.ts';
import { type ColumnSpec, type Format, formats, type TableChunk } from '../../src/files/table.ts';
import { type PredictFileOptions, type Progress, predictFile } from '../../src/modes/once/predict-file.ts';
import { columnsOf, readAll, rowsOf, write } from '../contracts/tables.ts';
import { tempFolder } from '../temp-folder.ts';

const root = join(import.meta.dirname, '..', '..');
const fixture = (name: string): string => join(root, 'test', 'fixtures', 'models', name);
const taxi = join(root, 'examples', 'taxi', 'models', 'ride-duration');

type Row = Readonly<Record<string, unknown>>;

const open = async (t: TestContext, folder: string): Promise<Scorer> => {
  const app = createApp({ cwd: folder, env: { MILLRACE_HOME: join(tempFolder(t), 'home') } });
  const scorer = await app.scorer('.');
  t.after(() => Promise.all([scorer.close(), app.close()]));
  return scorer;
};

/** A copy of a fixture with other text in its model.yaml. */
const changed = (t: TestContext, name: string, change: (yaml: string) => string): string => {
  const folder = join(tempFolder(t), name);
  cpSync(fixture(name), folder, { recursive: true });
  const path = join(folder, 'model.yaml');
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  return folder;
};

/** Writes rows as a file of a format; only Parquet and CSV care for the types. */
const give = async (folder: string, format: Format, columns: readonly ColumnSpec[], rows: readonly Row[]) => {
  const path = join(folder, `in.${format}`);
  await write(
    path,
    columns,
    columnsOf(
      rows,
      columns.map(({ name }) => name),
    ),
  );
  return path;
};

const lines = (path: string): readonly Row[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

const names = (chunks: readonly TableChunk[]): readonly string[] => Object.keys(chunks[0].types);
const coded =
  (code: string, part: RegExp | string = '') =>
  (error: unknown): boolean => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, new RegExp(part));
    return true;
  };

const membersColumns: readonly ColumnSpec[] = [
  { name: 'id', type: 'INTEGER' },
  { name: 'country', type: 'VARCHAR' },
  { name: 'score', type: 'DOUBLE' },
  { name: 'member', type: 'BOOLEAN' },
];
const members: readonly Row[] = [
  { id: 1, country: 'France', score: 0.5, member: true },
  { id: 2, country: 'Japan', score: 0.1, member: false },
  { id: 3, country: 'Åland, "the" islands', score: -1, member: true },
  { id: 4, country: '', score: 1, member: false },
];

for (const from of formats) {
  for (const to of formats) {
    test(`${from} to ${to}: the input's columns, then the predictions, as the scorer gives them`, async (t) => {
      const folder = tempFolder(t);
      const scorer = await open(t, fixture('bool-and-string-out'));
      const input = await give(folder, from, membersColumns, members);
      const output = join(folder, `out.${to}`);
      const result = await predictFile({ scorer, input, output, chunkRows: 3 });
      assert.deepEqual([result.rows_in, result.rows_out, result.rows_rejected, result.rejected], [4, 4, 0, {}]);
      const answers = await scorer.score(members);
      // Parquet out of JSON: a column that the signature does not know is text.
      const isText = (from === 'json' || from === 'ndjson') && to === 'parquet';
      const expected = members.map((row, index) => ({
        ...row,
        ...(isText && { id: String(row.id) }),
        ...answers[index].output,
      }));
      const chunks = await readAll(output);
      assert.deepEqual(names(chunks), [
        ...membersColumns.map(({ name }) => name),
        ...Object.keys(scorer.manifest.outputs),
      ]);
      const text = (value: unknown): unknown => (value === '' ? null : String(value));
      const typeless = from === 'csv' || to === 'csv';
      assert.deepEqual(
        rowsOf(chunks).map((row) =>
          typeless ? Object.values(row).map((value) => text(value ?? '')) : Object.values(row),
        ),
        expected.map((row) => (typeless ? Object.values(row).map(text) : Object.values(row))),
      );
    });
  }
}

for (const format of formats) {
  test(`${format}: a rejected row stands in the rejects with its reason, and in no output`, async (t) => {
    const folder = tempFolder(t);
    const scorer = await open(t, fixture('int-inputs'));
    const columns = [
      { name: 'id', type: 'VARCHAR' },
      { name: 'units', type: 'DOUBLE' },
      { name: 'price', type: 'DOUBLE' },
    ];
    const rows = [
      { id: 'a', units: 1, price: 2 },
      { id: 'b', units: 1.5, price: 2 },
      { id: 'c', units: null, price: 2 },
      { id: 'd', units: 3, price: 4 },
      { id: 'e', units: 3, price: 3e9 },
    ];
    const input = await give(folder, format, columns, rows);
    const [output, rejects] = [join(folder, 'out.ndjson'), join(folder, 'rejects.ndjson')];
    const result = await predictFile({ scorer, input, output, rejects, chunkRows: 2 });
    assert.deepEqual([result.rows_in, result.rows_out, result.rows_rejected], [5, 2, 3]);
    assert.deepEqual(result.rejected, { NOT_INTEGER: 1, NULL_VALUE: 1, OUT_OF_RANGE: 1 });
    assert.deepEqual(
      rowsOf(await readAll(output)).map(({ id }) => id),
      ['a', 'd'],
    );
    const rejected = lines(rejects);
    assert.deepEqual(
      rejected.map(({ row, code, field }) => [row, code, field]),
      [
        [2, 'NOT_INTEGER', 'units'],
        [3, 'NULL_VALUE', 'units'],
        [5, 'OUT_OF_RANGE', 'price'],
      ],
    );
    const isCsv = format === 'csv';
    assert.deepEqual(rejected[0].input, { id: 'b', units: isCsv ? '1.5' : 1.5, price: isCsv ? '2' : 2 });
    assert.match(String(rejected[0].message), /^units: expected an integer, got 1.5\.$/);
    assert.deepEqual([rejected[0].expected, rejected[0].got], ['an integer', '1.5']);
    assert.deepEqual(
      result.first_rejects.map(({ row }) => row),
      [2, 3, 5],
    );
  });
}

test('lines that cannot be read and rows that cannot be scored are rejected in the order of the file', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const input = join(folder, 'in.csv');
  writeFileSync(input, 'units,price\n1,2\n1\nx,2\n"3,4\n5,6\n7,\n');
  const [output, rejects] = [join(folder, 'out.csv'), join(folder, 'rejects.ndjson')];
  const result = await predictFile({ scorer, input, output, rejects });
  assert.equal(readFileSync(output, 'utf8'), 'units,price,total,over\n1,2,2,false\n5,6,30,false\n');
  assert.deepEqual(
    lines(rejects).map(({ row, line, code, input: raw }) => [row, line, code, raw]),
    [
      [2, 3, 'BAD_LINE', '1'],
      [3, 4, 'WRONG_TYPE', { units: 'x', price: '2' }],
      [4, 5, 'BAD_LINE', '"3,4'],
      [6, 7, 'NULL_VALUE', { units: '7', price: null }],
    ],
  );
  assert.deepEqual([result.rows_in, result.rows_out, result.rows_rejected], [6, 2, 4]);
});

test('rejects without a file are counted, and the first five are kept', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const input = join(folder, 'in.ndjson');
  writeFileSync(input, `{"units":1,"price":1}\n${'{"units":"x","price":1}\n'.repeat(40)}`);
  const result = await predictFile({ scorer, input, output: join(folder, 'out.ndjson') });
  assert.deepEqual([result.rows_rejected, result.rejected], [40, { WRONG_TYPE: 40 }]);
  assert.deepEqual(
    result.first_rejects.map(({ line }) => line),
    [2, 3, 4, 5, 6],
  );
});

test('rows score alike whatever the file and the chunk, dates in the zone of their field', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, taxi);
  const examples: readonly { input: Row }[] = JSON.parse(readFileSync(join(taxi, 'examples.json'), 'utf8'));
  // A TIMESTAMP of Parquet has no offset.
  const local = examples.filter(({ input }) => !/(?:Z|[+-]\d\d:?\d\d)$/.test(String(input.pickup)));
  const rows = Array.from({ length: 200 }, (_, index) => local[index % local.length].input);
  const expected = (await scorer.score(rows)).map(({ output }) => output?.minutes ?? null);
  const columns = Object.entries(scorer.manifest.inputs).map(([name, { kind }]) => ({
    name,
    type: { number: 'DOUBLE', integer: 'SMALLINT', datetime: 'TIMESTAMP' }[kind as string] ?? 'VARCHAR',
  }));
  const scored = expected.filter((value) => value !== null);
  assert.ok(scored.length > 100);
  for (const format of formats) {
    const input = await give(folder, format, columns, rows);
    for (const chunkRows of [7, 64, 8192]) {
      const output = join(folder, `${format}-${chunkRows}.parquet`);
      const { rows_out } = await predictFile({ scorer, input, output, chunkRows });
      assert.equal(rows_out, scored.length);
      assert.deepEqual(
        rowsOf(await readAll(output)).map(({ minutes }) => minutes),
        scored,
      );
    }
  }
});

test('every row of a long table stands beside its own prediction', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const columns: readonly ColumnSpec[] = [
    { name: 'id', type: 'VARCHAR' },
    { name: 'units', type: 'INTEGER' },
    { name: 'price', type: 'BIGINT' },
    { name: 'note', type: 'DOUBLE' },
  ];
  const rows = Array.from({ length: 50_000 }, (_, index) => ({
    id: `row ${index}`,
    units: index % 97 === 0 ? null : index % 1000,
    price: (index * 7) % 1013,
    note: index % 5 === 0 ? null : index / 8,
  }));
  const expected = rows
    .filter(({ units }) => units !== null)
    .map((row) => ({ ...row, total: (row.units ?? 0) * row.price }));
  const input = await give(folder, 'parquet', columns, rows);
  for (const to of ['parquet', 'ndjson'] as const) {
    const output = join(folder, `out.${to}`);
    const result = await predictFile({ scorer, input, output });
    assert.deepEqual([result.rows_in, result.rows_out], [rows.length, expected.length]);
    assert.deepEqual(
      rowsOf(await readAll(output)).map(({ over: _, ...row }) => row),
      expected,
    );
  }
});

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

test('files that exist are kept unless forced; input, output and rejects are three files', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const file = (name: string): string => join(folder, name);
  writeFileSync(file('in.csv'), 'units,price\n1,2\n');
  writeFileSync(file('old.csv'), 'old');
  symlinkSync(file('in.csv'), file('link.csv'));
  const predict = (options: Partial<PredictFileOptions>) =>
    predictFile({ scorer, input: file('in.csv'), output: file('out.csv'), ...options });
  await assert.rejects(predict({ output: file('old.csv') }), coded('FILE_EXISTS', 'old.csv exists already'));
  await assert.rejects(predict({ rejects: file('old.csv') }), coded('FILE_EXISTS', 'old.csv exists already'));
  assert.equal(readFileSync(file('old.csv'), 'utf8'), 'old');
  for (const force of [false, true]) {
    await assert.rejects(predict({ output: file('in.csv'), force }), coded('USAGE', 'read and written'));
    await assert.rejects(predict({ output: file('link.csv'), force }), coded('USAGE', 'read and written'));
    await assert.rejects(predict({ rejects: file('out.csv'), force }), coded('USAGE', 'written twice'));
  }
  await predict({ output: file('old.csv'), force: true });
  assert.equal(readFileSync(file('old.csv'), 'utf8'), 'units,price,total,over\n1,2,2,false\n');
});

test('a failure in the middle leaves what was there before', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const input = join(folder, 'in.json');
  writeFileSync(input, `[${'{"units":1,"price":2},'.repeat(5000)}{"units":1`);
  for (const output of [join(folder, 'out.parquet'), join(folder, 'out.csv')]) {
    writeFileSync(output, 'before');
    await assert.rejects(
      predictFile({ scorer, input, output, rejects: join(folder, 'rejects.ndjson'), force: true, chunkRows: 100 }),
      coded('BAD_FILE', 'end of file'),
    );
    assert.equal(readFileSync(output, 'utf8'), 'before');
  }
  assert.deepEqual(readdirSync(folder).sort(), ['in.json', 'out.csv', 'out.parquet']);
});

test('an abort leaves no trace and gives its reason', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  for (const format of formats) {
    const controller = new AbortController();
    const reason = new Error('enough');
    const endless = (function* () {
      for (;;) yield Buffer.from('{"units":1,"price":2}\n'.repeat(1000));
    })();
    await assert.rejects(
      predictFile({
        scorer,
        input: Readable.from(endless),
        inputFormat: 'ndjson',
        output: join(folder, `out.${format}`),
        rejects: join(folder, 'rejects.ndjson'),
        onProgress: ({ rows }) => {
          if (rows > 20_000) controller.abort(reason);
        },
        signal: controller.signal,
      }),
      reason,
    );
    assert.deepEqual(readdirSync(folder), []);
  }
});

test('an abort does not wait for rows that may never come', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  for (const inputFormat of formats) {
    const controller = new AbortController();
    const reason = new Error('enough');
    const input = new Readable({ read: () => {} });
    const output = join(folder, 'out.csv');
    const predicting = predictFile({ scorer, input, inputFormat, output, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await assert.rejects(predicting, reason);
    assert.deepEqual(readdirSync(folder), []);
  }
});

test('a failure does not wait for rows that may never come', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const input = new Readable({ read: () => {} });
  input.push('unit,price\n1,2\n3,4\n');
  const output = join(folder, 'out.csv');
  await assert.rejects(
    predictFile({ scorer, input, inputFormat: 'csv', output, chunkRows: 1 }),
    coded('BAD_FILE', 'no column units'),
  );
});

test('progress tells rows, rejected rows and the share of the file', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  const rows = Array.from({ length: 10_000 }, (_, index) => ({ units: index % 10 === 0 ? 0.5 : 1, price: 1 }));
  const columns = ['units', 'price'].map((name) => ({ name, type: 'DOUBLE' }));
  for (const format of formats) {
    const input = await give(folder, format, columns, rows);
    const told: Progress[] = [];
    const output = join(folder, `out.${format}`);
    await predictFile({ scorer, input, output, chunkRows: 2048, onProgress: (progress) => told.push(progress) });
    assert.ok(told.length > 3);
    assert.deepEqual(told.at(-1), { rows: 10_000, rejected: 1000, share: 1 });
  }
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

test('the format of a file comes from its name, and must come from somewhere', async (t) => {
  const folder = tempFolder(t);
  const scorer = await open(t, fixture('int-inputs'));
  mkdirSync(join(folder, 'd'));
  const input = join(folder, 'd', 'in.dat');
  writeFileSync(input, 'units,price\n1,2\n');
  await assert.rejects(predictFile({ scorer, input, output: join(folder, 'out.csv') }), coded('USAGE', 'not known'));
  const output = join(folder, 'out.dat');
  await assert.rejects(
    predictFile({ scorer, input, output, inputFormat: 'csv' }),
    coded('USAGE', 'out.dat is not known'),
  );
  await predictFile({ scorer, input, output, inputFormat: 'csv', outputFormat: 'csv' });
  assert.equal(readFileSync(output, 'utf8'), 'units,price,total,over\n1,2,2,false\n');
  await predictFile({ scorer, input, output, inputFormat: 'csv', outputFormat: 'ndjson', force: true });
  assert.deepEqual(lines(output), [{ units: '1', price: '2', total: 2, over: false }]);
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
