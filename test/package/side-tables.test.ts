import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { MillraceError } from '../../src/core/errors.ts';
import { makePackage } from '../../src/package/layout.ts';
import { type Files, modelFolder, modelYaml, packed } from './model-folder.ts';

const steps = '  - hour: { of: pickup, as: hour }\n';

/** The model with labels and a table, each as it stands in model.yaml. */
const yamlOf = (labels: string, table: string): Files => ({
  'model.yaml': modelYaml
    .replace('[cash, card]', labels)
    .replace(steps, `${steps}  - lookup: { of: payment, table: ${table}, default: 0, as: code }\n`),
});
const inline = yamlOf('[cash, card]', '{ card: 2.50, cash: 1 }');
const pays = 'payment,code\ncash,1\ncard,2.50\n';
const files = (csv: string): Files => ({ ...yamlOf('pays.csv', 'pays.csv'), 'pays.csv': csv });

const refusal = async (work: Promise<unknown>, code = 'BAD_MANIFEST'): Promise<string> => {
  const reason: unknown = await work.then(
    () => assert.fail('it was packed'),
    (error: unknown) => error,
  );
  assert.ok(reason instanceof MillraceError, inspect(reason));
  assert.equal(reason.code, code, reason.message);
  return reason.message;
};

describe('labels and a table in a CSV file beside model.yaml', () => {
  test('make the very package that they make within it', async (t) => {
    const { tar } = await packed(modelFolder(t, inline));
    assert.deepEqual((await packed(modelFolder(t, files(pays)))).tar, tar);
    const alone = { ...yamlOf('names.csv', 'sub/pays.csv'), 'names.csv': 'payment\ncash\ncard', 'sub/pays.csv': pays };
    assert.deepEqual((await packed(modelFolder(t, alone))).tar, tar);
  });

  test('may be written with other line ends, quotes, separators and numerals', async (t) => {
    const { digest } = (await packed(modelFolder(t, inline))).package;
    for (const csv of [
      '\uFEFFpayment;code\r\n"cash";1.0\r\ncard;25e-1\r\n',
      'a\tb\ncash\t"1"\ncard\t+2.5',
      // The order of a table does not matter; that of labels does, which are the same here.
      'k,v\ncash,1\n\ncard,2.5\n\n',
    ]) {
      assert.equal((await packed(modelFolder(t, files(csv)))).package.digest, digest, csv);
    }
  });

  test('gives texts where its first value is no number', async (t) => {
    const texts = yamlOf('[cash, card]', 'pays.csv');
    const folder = modelFolder(t, {
      'model.yaml': String(texts['model.yaml']).replace('default: 0', 'default: none'),
      'pays.csv': 'payment,code\ncash,no card\ncard,yes\n',
    });
    const { prepare } = (await packed(folder)).package.manifest;
    assert.deepEqual(prepare?.[1], {
      lookup: { as: 'code', default: 'none', of: 'payment', table: { card: 'yes', cash: 'no card' } },
    });
  });

  for (const [what, csv, message] of [
    [
      'a key that stands twice',
      'k,v\ncash,1\ncard,2\ncash,3\n',
      /pays\.csv:4: expected each key once, got "cash", which line 2 has/,
    ],
    ['a cell too few', 'k,v\ncash,1\ncard\n', /pays\.csv:3: Expected 2 cells, as in the first line, got 1/],
    ['three columns', 'k,v,w\ncash,1,1\n', /pays\.csv:2: expected two columns, key and value, got 3/],
    ['one column', 'k\ncash\n', /pays\.csv:2: expected two columns, key and value, got 1/],
    ['no key', 'k,v\ncash,1\n,2\n', /pays\.csv:3: expected something in the first column, got an empty cell/],
    ['no value', 'k,v\ncash,1\ncard,\n', /pays\.csv:3: expected a number in the second column, got an empty cell/],
    ['a text among numbers', 'k,v\ncash,1\ncard,2,5\n', /pays\.csv:3: Expected 2 cells/],
    ['a numeral with a comma', 'k;v\ncash;1\ncard;2,5\n', /pays\.csv:3: expected a number, as in line 2, got "2,5"/],
    ['a number that is none', 'k,v\ncash,1\ncard,1e999\n', /pays\.csv:3: expected a number, as in line 2, got "1e999"/],
    [
      'a number among texts',
      'k,v\ncash,x\ncard,2\n',
      /pays\.csv:3: expected a text that is no number, as in line 2, got "2"/,
    ],
    ['a quote that is never closed', 'k,v\ncash,1\n"card,2\n', /pays\.csv:3: A quote is opened and never closed/],
    ['a name twice', 'k,k\ncash,1\n', /pays\.csv, line 1: two columns are called "k"/],
    ['no rows', 'k,v\n', /pays\.csv:1: expected lines below the first, which names the columns, got none/],
    ['nothing', '', /pays\.csv is empty: expected a first line that names each column once/],
  ] as const) {
    test(`is refused with its line: ${what}`, async (t) => {
      assert.match(await refusal(packed(modelFolder(t, files(csv)))), message);
    });
  }

  test('is refused where it is not UTF-8', async (t) => {
    const bytes = { 'pays.csv': Uint8Array.of(107, 44, 118, 10, 0xff, 44, 49) };
    assert.match(
      await refusal(packed(modelFolder(t, { ...files(''), ...bytes }))),
      /pays\.csv is not UTF-8: .* byte 4/,
    );
  });

  test('that is not there is refused with the place that names it', async (t) => {
    const absent = (labels: string, table: string) =>
      refusal(packed(modelFolder(t, yamlOf(labels, table))), 'FILE_NOT_FOUND');
    assert.match(await absent('[cash]', 'pays.csv'), /model\.yaml:16:35: The file .*pays\.csv is not there/);
    assert.match(await absent('names.csv', '{ a: 1 }'), /model\.yaml:9:38: The file .*names\.csv is not there/);
  });

  test('is told from a word that is no file', async (t) => {
    const message = await refusal(packed(modelFolder(t, yamlOf('cash', '5'))));
    assert.match(message, /inputs\.payment\.labels: expected Values that are known, or a CSV file .*, got "cash"/);
    assert.match(message, /lookup\.table: expected a mapping or text, got 5/);
  });

  test('is never named by a package', async (t) => {
    const { files: parts, manifest } = (await packed(modelFolder(t, inline))).package;
    const named = { ...manifest, prepare: [{ lookup: { of: 'payment', table: 'pays.csv', as: 'code' } }] };
    const model = new Map([...parts, ['model.json', new TextEncoder().encode(JSON.stringify(named))]]);
    assert.match(await refusal(makePackage(model), 'DAMAGED_PACKAGE'), /prepare\[0\]\.lookup\.table.* expected object/);
  });
});
