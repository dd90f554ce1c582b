import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createTableWriter } from '../../src/files/index.ts';
import type { Format } from '../../src/files/table.ts';
import { checkExamples } from '../../src/package/golden.ts';
import { loadScorer } from '../../src/package/open.ts';
import { openOnnxNode } from '../../src/runtimes/onnx.node.ts';
import { runCli } from '../run-cli.ts';
import { type Files, modelFolder, packed, yamlWith } from './model-folder.ts';

const ROWS = 250;

interface Row {
  readonly distance: number;
  readonly pickup: string;
  readonly payment: string | null;
  readonly [column: string]: unknown;
}

/** Rides as a library would have answered them, `change` after that. */
const rides = (change: (row: Row, index: number) => object = () => ({})): readonly Row[] =>
  Array.from({ length: ROWS }, (_, index) => {
    const [distance, payment] = [(index * 37) % 100, [null, 'cash', 'card'][index % 3]];
    const row = {
      distance,
      pickup: `2024-03-01T${String(index % 24).padStart(2, '0')}:30:00.000Z`,
      payment,
      twice: 2 * distance,
      text: `${payment ?? 'none'} ${distance}`,
    };
    return { ...row, ...change(row, index) };
  });

const columnsOf = (rows: readonly Row[]) =>
  Object.keys(rows[0]).map((name) => ({
    name,
    type: typeof rows[0][name] === 'number' ? 'DOUBLE' : 'VARCHAR',
  }));

const write = async (folder: string, name: string, rows: readonly Row[]): Promise<void> => {
  const columns = columnsOf(rows);
  const format = name.split('.').at(-1) as Format;
  const writer = await createTableWriter(join(folder, name), { format, columns });
  const values = Object.fromEntries(columns.map((column) => [column.name, rows.map((row) => row[column.name])]));
  await writer.write({ rows: rows.length, columns: values });
  await writer.close();
};

const EXPECT = '{ distance_twice: twice, label: text }';
const naming = (key: string): Files => yamlWith('examples: examples.json', `examples: ${key}`);

const folderWith = async (t: TestContext, name: string, rows: readonly Row[], key?: string): Promise<string> => {
  const folder = modelFolder(t, { ...naming(key ?? `{ file: ${name}, expect: ${EXPECT} }`), 'examples.json': null });
  await write(folder, name, rows);
  return folder;
};

describe('golden examples from a table', () => {
  test('are all held, and as many as are worth it travel with the package, from every format with the same digest', async (t) => {
    const digests: string[] = [];
    for (const name of ['held-out.csv', 'held-out.ndjson', 'held-out.json', 'held-out.parquet']) {
      const { package: found, heldOut } = await packed(await folderWith(t, name, rides()));
      assert.deepEqual(heldOut, { file: name, rows: ROWS });
      assert.equal(found.examples.length, 63);
      assert.deepEqual(found.examples[1], {
        input: { distance: 48, pickup: '2024-03-01T04:30:00.000Z', payment: 'cash' },
        output: { distance_twice: 96, label: 'cash 48' },
      });
      digests.push(found.digest);
      const scorer = await loadScorer(found, openOnnxNode);
      assert.deepEqual(await checkExamples(scorer, found.examples), []);
      await scorer.close();
    }
    assert.equal(new Set(digests).size, 1);
  });

  test('that are off are told: how many rows, and the worst first', async (t) => {
    const off = rides(({ twice }, index) =>
      index % 50 === 7 ? { twice: (twice as number) + 0.001 * (index + 1) } : {},
    );
    await assert.rejects(packed(await folderWith(t, 'held-out.csv', off)), (error: Error) => {
      const [first, ...lines] = error.message.split('\n');
      assert.equal(first, '5 of 250 rows of held-out.csv are off, the worst first:');
      assert.deepEqual(
        lines.map((line) => line.trim().split(':')[0]),
        ['row 208', 'row 158', 'row 108', 'row 58', 'row 8'],
      );
      assert.match(lines[0], /row 208: distance_twice: expected 118\.208, got 118 \(off by 0\.208, 0\.00 allowed\)/);
      return true;
    });
  });

  test('a text that differs is worse than any number, and a row that is refused is off', async (t) => {
    const off = rides((_, index) => (index === 3 ? { text: 'gold' } : index === 9 ? { twice: 5000 } : {}));
    await assert.rejects(packed(await folderWith(t, 'held-out.parquet', off)), {
      message: /2 of 250 rows .*\n {2}row 4: label: expected "gold", got "none 11"\n {2}row 10: distance_twice/,
    });
    const refused = rides((_, index) => (index === 3 ? { distance: 1000 } : {}));
    await assert.rejects(packed(await folderWith(t, 'held-out.csv', refused)), {
      message: /held-out\.csv, row 4: distance: expected a number from 0 to 100/,
    });
  });

  test('stand in columns named as the outputs, or predicted_ and the output, which goes first', async (t) => {
    const named = rides(({ distance, twice }) => ({ predicted_distance_twice: twice, distance_twice: distance }));
    const { heldOut } = await packed(await folderWith(t, 'held-out.csv', named, 'held-out.csv'));
    assert.equal(heldOut?.rows, ROWS);
    const truth = rides(({ distance }) => ({ distance_twice: distance + 1 }));
    await assert.rejects(packed(await folderWith(t, 'held-out.csv', truth, 'held-out.csv')), {
      message: /If it is what was true, name the other: expect: \{ distance_twice: <column> \}/,
    });
  });

  for (const [what, key, message] of [
    ['that is not there', '{ file: absent.csv }', /absent\.csv/],
    ['without answers', 'held-out.csv', /no column holds what the library answers; name them: examples: \{ file/],
    [
      'without a column that is named',
      '{ file: held-out.csv, expect: { label: words } }',
      /held-out\.csv: there is no column words/,
    ],
    [
      'for an output that is none',
      '{ file: held-out.csv, expect: { minutes: twice } }',
      /the signature has no output minutes to expect/,
    ],
    [
      'whose answers are of another kind',
      '{ file: held-out.csv, expect: { distance_twice: text } }',
      /held-out\.csv, row 1: text: expected a number/,
    ],
  ] as const) {
    test(`a table ${what} is refused`, async (t) => {
      await assert.rejects(packed(await folderWith(t, 'held-out.csv', rides(), key)), { message });
    });
  }

  test('a table without rows is refused, and so is a misspelt key', async (t) => {
    const folder = modelFolder(t, {
      ...naming(`{ file: empty.csv, expect: ${EXPECT} }`),
      'empty.csv': 'distance,pickup,payment,twice,text\n',
    });
    await assert.rejects(packed(folder), { code: 'BAD_EXAMPLES', message: 'empty.csv: there are no rows.' });
    const misspelt = modelFolder(t, naming('{ file: empty.csv, expects: {} }'));
    await assert.rejects(packed(misspelt), { code: 'BAD_MANIFEST', message: /expects/ });
  });
});

test('NaN among golden examples in JSON is told with its line and what to write', async (t) => {
  const folder = modelFolder(t, { 'examples.json': '[{"input": {"distance": NaN},\n "output": {"label": "x"}}]' });
  await assert.rejects(packed(folder), {
    code: 'BAD_EXAMPLES',
    message: /examples\.json is not valid JSON: NaN is not JSON, write null where a value is missing.*line 1/,
  });
});

test('reference.csv beside model.yaml is found, and pack says so; one that is named is not said', async (t) => {
  const unnamed = modelFolder(t, yamlWith('reference: reference.csv\n', ''));
  const named = modelFolder(t);
  const found = await packed(unnamed);
  assert.deepEqual(found.reference, { file: 'reference.csv', isFound: true, rows: 3 });
  assert.equal(found.package.digest, (await packed(named)).package.digest);
  const { stderr } = await runCli(['pack', '.', '--no-register'], { cwd: unnamed });
  assert.match(stderr, /^reference\.csv beside model\.yaml is the reference: 3 rows$/m);
  assert.doesNotMatch((await runCli(['pack', '.', '--no-register'], { cwd: named })).stderr, /beside model\.yaml/);
});

test('a reference may name its truth', async (t) => {
  const folder = modelFolder(
    t,
    yamlWith('reference: reference.csv', 'reference: { file: reference.csv, truth: { distance_twice: distance } }'),
  );
  assert.equal((await packed(folder)).reference?.rows, 3);
});

test('pack says how many rows were held', async (t) => {
  const folder = await folderWith(t, 'held-out.csv', rides());
  const { code, stderr, stdout } = await runCli(['pack', '.', '--no-register', '--json'], { cwd: folder });
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout).held_out, { file: 'held-out.csv', rows: ROWS });
  const told = await runCli(['pack', '.', '--no-register'], { cwd: folder });
  assert.match(told.stderr, /^250 rows of held-out\.csv hold, 63 golden examples of them in the package;/m);
});
