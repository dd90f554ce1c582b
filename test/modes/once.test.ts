import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ColumnSpec, formats } from '../../src/files/table.ts';
import { predictFile } from '../../src/modes/once/predict-file.ts';
import { readAll, rowsOf } from '../contracts/tables.ts';
import { tempFolder } from '../temp-folder.ts';
import { fixture, give, lines, members, names, open, type Row, root } from './once-files.ts';

const taxi = join(root, 'examples', 'taxi', 'models', 'ride-duration');

const membersColumns: readonly ColumnSpec[] = [
  { name: 'id', type: 'INTEGER' },
  { name: 'country', type: 'VARCHAR' },
  { name: 'score', type: 'DOUBLE' },
  { name: 'member', type: 'BOOLEAN' },
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
