import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { ModelSession } from '../../src/core/types.ts';
import type { NumberReference, Reference } from '../../src/monitor/profile/reference.ts';
import { loadScorer, openPackage } from '../../src/package/open.ts';
import { packFolder } from '../../src/package/pack.ts';
import { openOnnxNode } from '../../src/runtimes/onnx.node.ts';
import { openOnnxWeb } from '../../src/runtimes/onnx.web.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';
import { files, modelFolder, packed, yamlWith } from './model-folder.ts';

const profileOf = (bytes: Uint8Array | undefined): Reference =>
  JSON.parse(new TextDecoder().decode(bytes)) as Reference;
const examplesWith = (from: string, to: string) => {
  const text = String(files['examples.json']);
  assert.ok(text.includes(from));
  return { 'examples.json': text.replace(from, to) };
};

describe('packing', () => {
  test('gives a file from which the same answers come', async (t) => {
    const { tar } = await packed(modelFolder(t));
    const scorer = await loadScorer(await openPackage(tar), openOnnxNode);
    t.after(() => scorer.close());
    assert.deepEqual(await scorer.score([{ distance: 5, pickup: '2024-03-01T08:15', payment: 'card' }]), [
      { output: { distance_twice: 10, hour_twice: 16, label: 'card 5' } },
    ]);
  });

  test('keeps what model.yaml says of the model', async (t) => {
    const { manifest } = (await packed(modelFolder(t))).package;
    assert.deepEqual(
      [manifest.metadata, manifest.provenance],
      [
        { city: 'New York', zones: 2 },
        { trainer: 'by hand', metrics: { mae: 0.5, rows: 3 } },
      ],
    );
    assert.deepEqual(Object.keys(manifest.inputs), ['distance', 'pickup', 'payment']);
    assert.ok(!('model' in manifest) && !('transform' in manifest));
  });

  for (const [what, change, message] of [
    [
      'a number',
      examplesWith('"distance_twice": 7', '"distance_twice": 7.000001'),
      /example 0: distance_twice: expected 7\.000001, got 7 \(off by 0\.00000100, 0\.00 allowed\)/,
    ],
    ['an integer', examplesWith('"hour_twice": 34', '"hour_twice": 35'), /example 0: hour_twice: expected 35, got 34/],
    ['a text', examplesWith('"cash 3.5"', '"cash 3,5"'), /example 0: label: expected "cash 3,5", got "cash 3\.5"/],
    [
      'null',
      examplesWith('"distance_twice": 0', '"distance_twice": null'),
      /example 1: distance_twice: expected null, got 0/,
    ],
    [
      'an input that is refused',
      examplesWith('"distance": 3.5', '"distance": 300'),
      /example 0: distance: expected a number from 0 to 100 \(mile\), got 300/,
    ],
    [
      'a row that the transform cannot take',
      {
        'transform.ts':
          "export const prepare = () => { throw new Error('no table'); }; export const finish = () => ({});",
      },
      /2 of 2 golden examples are off:\n {2}example 0: transform: expected an object from prepare, got no table \(thrown\)/,
    ],
  ] as const)
    test(`is refused when a golden example is off by ${what}`, async (t) => {
      await assert.rejects(packed(modelFolder(t, change)), { code: 'EXAMPLE_OFF', message });
    });

  test('allows what the tolerance of the example, else of the model, else of Millrace allows', async (t) => {
    const off = (by: string, tolerance: string) => {
      const { 'examples.json': text } = examplesWith('"distance_twice": 7', `"distance_twice": ${by}`);
      return {
        'examples.json': tolerance.startsWith('"') ? text.replace('"input"', `${tolerance}, "input"`) : text,
        ...(tolerance.startsWith('t') && yamlWith('tolerance: { atol: 0, rtol: 0 }', tolerance)),
        ...(tolerance === '' && yamlWith('tolerance: { atol: 0, rtol: 0 }\n', '')),
      };
    };
    for (const [by, tolerance] of [
      ['7.1', '"atol": 0.2'],
      ['7.1', '"rtol": 0.02'],
      ['7.1', 'tolerance: { atol: 0.2 }'],
      ['7.00001', ''],
    ] as const)
      await packed(modelFolder(t, off(by, tolerance)));
    for (const [by, tolerance] of [
      ['7.3', '"atol": 0.2'],
      ['7.1', 'tolerance: { atol: 0.01, rtol: 0.001 }'],
      ['7.001', ''],
    ] as const)
      await assert.rejects(packed(modelFolder(t, off(by, tolerance))), { code: 'EXAMPLE_OFF' });
  });

  test('shows a few of many examples that are off, and how many more there are', async (t) => {
    const [example] = JSON.parse(String(files['examples.json']));
    const wrong = { ...example, output: { hour_twice: 1 } };
    await assert.rejects(packed(modelFolder(t, { 'examples.json': JSON.stringify(new Array(20).fill(wrong)) })), {
      code: 'EXAMPLE_OFF',
      message: /^20 of 20 golden examples are off:(\n {2}example \d: .*){5}\n {2}and 15 more$/,
    });
  });

  test('is refused for a model that mixes the rows of its batch', async (t) => {
    const mixing = buildOnnx({
      inputs: [{ name: 'x', dims: ['rows', 2] }],
      outputs: [{ name: 'y', dims: ['rows', 2] }],
      nodes: [
        { op: 'ReduceSum', inputs: ['x', 'axes'], outputs: ['sum'], attributes: { keepdims: 1n } },
        { op: 'Add', inputs: ['x', 'sum'], outputs: ['y'] },
      ],
      constants: [{ name: 'axes', dims: [1], data: BigInt64Array.of(0n) }],
    });
    const rows = JSON.parse(String(files['examples.json'])) as readonly { readonly input: object }[];
    const loose = rows.map(({ input }) => ({ input, output: { hour_twice: 0 }, atol: 1e9 }));
    const change = { 'model.onnx': mixing, 'examples.json': JSON.stringify(loose) };
    // A runtime that takes the graph for one that may run in any batch.
    const trusting = async (file: Uint8Array): Promise<ModelSession> => ({
      ...(await openOnnxNode(file)),
      batchInvariant: true,
    });
    const pack = (open: typeof trusting) =>
      packFolder(modelFolder(t, { ...change, ...yamlWith('reference: reference.csv\n', ''), 'reference.csv': null }), {
        load: (draft) => loadScorer(draft, open),
        readReference: () => assert.fail('it has no reference'),
      });
    await assert.rejects(pack(trusting), {
      code: 'BAD_MODEL',
      message: /Example 1 gets another answer alone than among the others: the model mixes rows/,
    });
    // The list of operators knows better: rows run one at a time, and every answer is its own.
    await pack(openOnnxNode);
  });

  for (const [what, change, message] of [
    ['no ONNX file', { 'model.onnx': 'not a model' }, /not an ONNX file/],
    [
      'a model that is cut off',
      { 'model.onnx': (files['model.onnx'] as Uint8Array).slice(0, 60) },
      /is the beginning of an ONNX file, cut off after 60 bytes/,
    ],
  ] as const)
    test(`is refused for ${what}`, async (t) => {
      await assert.rejects(packed(modelFolder(t, change)), { code: 'BAD_MODEL', message });
    });

  for (const name of ['model.yaml', 'model.onnx'])
    test(`is refused without ${name}`, async (t) => {
      await assert.rejects(packed(modelFolder(t, { [name]: null })), {
        code: 'FILE_NOT_FOUND',
        message: new RegExp(name),
      });
    });
});

describe('the reference', () => {
  const reference = (text: string) => ({ 'reference.csv': text });
  for (const [what, change, message] of [
    [
      'a row that does not fit',
      reference('distance,pickup,payment\n1,2024-03-01T08:00,cash\n-1,2024-03-01T08:00,cash\n'),
      /reference\.csv, row 2: distance: expected a number from 0 to 100 \(mile\), got "?-1"?\. The training data must fit the signature/,
    ],
    [
      'an unknown category',
      reference('distance,pickup,payment\n1,2024-03-01T08:00,cheque\n'),
      /row 1: payment: expected one of "cash", "card"/,
    ],
    ['a column that is missing', reference('distance,payment\n1,cash\n'), /row 1: pickup: .* got nothing/],
    ['no column of the signature', reference('miles,when\n1,2\n'), /has none of the inputs of the signature/],
    ['no rows', reference('distance,pickup,payment\n'), /has no rows/],
    ['no file', { 'reference.csv': null }, /reference\.csv cannot be read/],
  ] as const)
    test(`with ${what} is refused`, async (t) => {
      await assert.rejects(packed(modelFolder(t, change)), { code: 'BAD_REFERENCE', message });
    });

  test('may have columns that the signature lacks, even where rows may not', async (t) => {
    const text = 'tip,distance,pickup,payment\n1,1.5,2024-03-01T08:00,cash\n';
    const strict = yamlWith('name: doubling', 'name: doubling\nextraFields: reject');
    const { package: made } = await packed(modelFolder(t, { ...reference(text), ...strict }));
    assert.equal(profileOf(made.files.get('profile.json')).rows, 1);
  });

  test('is profiled: inputs, and what the model answers for them', async (t) => {
    const { inputs, outputs, rows } = profileOf((await packed(modelFolder(t))).package.files.get('profile.json'));
    assert.equal(rows, 3);
    const distance = inputs.distance as NumberReference;
    assert.deepEqual([distance.count, distance.missing, distance.min, distance.max], [3, 0, 1.5, 4]);
    assert.ok(Math.abs(distance.mean - 8 / 3) < 1e-12);
    assert.deepEqual(inputs.payment, {
      kind: 'category',
      count: 2,
      missing: 1,
      distinct: 2,
      once: 2,
      twice: 0,
      counts: { card: 1, cash: 1 },
      other: 0,
    });
    const hours = outputs.hour_twice as NumberReference;
    assert.deepEqual([hours.min, hours.max, hours.quantiles[3]], [16, 20, 18]);
    assert.deepEqual(Object.keys(outputs), ['distance_twice', 'hour_twice', 'label', 'label alphabet']);
  });

  test('has the same bytes from a runtime whose kernels differ in the last bits', async (t) => {
    const folder = join(import.meta.dirname, '../fixtures/models/sk-mlp');
    const yaml = `${readFileSync(join(folder, 'model.yaml'), 'utf8')}\nreference: reference.csv\n`;
    // Numbers without a pattern, the same on every run.
    const rows = Array.from({ length: 2000 }, (_, row) => [1, 2, 3, 4].map((k) => Math.sin(row * k * 12.9898) * 2));
    const change = {
      ...Object.fromEntries(Object.keys(files).map((name) => [name, null])),
      'model.yaml': yaml,
      'model.onnx': readFileSync(join(folder, 'model.onnx')),
      'examples.json': readFileSync(join(folder, 'examples.json')),
      'reference.csv': `a,b,c,d\n${rows.join('\n')}\n`,
    };
    const source = modelFolder(t, change);
    const raw: number[][] = [];
    const profiles = [];
    for (const open of [openOnnxNode, (file: Uint8Array) => openOnnxWeb(file)]) {
      const { package: made } = await packFolder(source, {
        load: (draft) => loadScorer(draft, open),
        async *readReference() {
          yield {
            columns: Object.fromEntries(
              ['a', 'b', 'c', 'd'].map((name, at) => [name, Float64Array.from(rows, (row) => row[at] ?? 0)]),
            ),
            coerce: false,
          };
        },
      });
      profiles.push(new TextDecoder().decode(made.files.get('profile.json')));
      const scorer = await loadScorer(made, open);
      const { columns } = await scorer.scoreColumns(
        Object.fromEntries(['a', 'b', 'c', 'd'].map((name, at) => [name, rows.map((row) => row[at])])),
      );
      raw.push([...(columns.y as Float64Array)]);
      await scorer.close();
    }
    const differ = raw[0]?.filter((value, row) => !Object.is(value, raw[1]?.[row])).length ?? 0;
    assert.ok(differ > 100, `the two runtimes differ in ${differ} of 2000 answers`);
    assert.equal(profiles[0], profiles[1]);
  });
});
