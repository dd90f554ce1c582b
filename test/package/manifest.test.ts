import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { MillraceError } from '../../src/core/errors.ts';
import { serve } from '../modes/service/serving.ts';
import { type Files, modelFolder, modelYaml, packed, yamlWith } from './model-folder.ts';

const refused = async (work: Promise<unknown>, code: string): Promise<string> => {
  const reason: unknown = await work.then(
    () => assert.fail('it was packed'),
    (error: unknown) => error,
  );
  assert.ok(reason instanceof MillraceError, inspect(reason));
  assert.equal(reason.code, code, reason.message);
  return reason.message;
};

const place = 'kind: number, unit: mile, min: 0, max: 100';
const outputs = '  label: { kind: text }';
const inInputs = (field: string) => yamlWith('  payment:', `  extra: ${field}\n  payment:`);

describe('a model.yaml that is wrong is refused with line, column and what was meant', () => {
  for (const [what, change, message] of [
    [
      'an unknown key',
      yamlWith('license:', 'licence:'),
      /model\.yaml:4:1: unknown key 'licence', did you mean 'license'\?/,
    ],
    ['a key that is missing', yamlWith('version: 1.0.0\n', ''), /'version' is missing/],
    ['a version that is none', yamlWith('1.0.0', 'v1.0'), /model\.yaml:2:10: version: expected A semantic version/],
    ['a name with capitals', yamlWith('doubling', 'Doubling'), /model\.yaml:1:7: name: expected Lower-case/],
    ['a wrong type', yamlWith('license: Apache-2.0', 'license: 5'), /model\.yaml:4:10: license: expected text, got 5/],
    ['no kind', yamlWith('{ kind: text }', '{ nullable: true }'), /outputs\.label: 'kind' is missing/],
    [
      'a kind that is none',
      yamlWith('kind: category', 'kind: categroy'),
      /model\.yaml:9:20: .*got "categroy"; did you mean category\?/,
    ],
    [
      'a kind that is to come',
      yamlWith('kind: category', 'kind: hologram'),
      /expected one of number, .*image, got "hologram"/,
    ],
    [
      'an unknown key in a number',
      yamlWith(place, 'kind: number, units: mile'),
      /model\.yaml:7:29: inputs\.distance: unknown key 'units', did you mean 'unit'\?/,
    ],
    ['labels of a number', yamlWith(place, 'kind: number, labels: [a]'), /inputs\.distance: unknown key 'labels'/],
    [
      'an unknown key in an integer',
      inInputs('{ kind: integer, mim: 0 }'),
      /inputs\.extra: unknown key 'mim', did you mean 'min'\?/,
    ],
    ['an unknown key in a boolean', inInputs('{ kind: boolean, nulable: true }'), /did you mean 'nullable'\?/],
    ['an unknown key in a category', inInputs('{ kind: category, label: [a] }'), /did you mean 'labels'\?/],
    ['an unknown key in a text', inInputs('{ kind: text, maxlength: 5 }'), /did you mean 'maxLength'\?/],
    ['an unknown key in a datetime', inInputs('{ kind: datetime, tz: UTC }'), /inputs\.extra: unknown key 'tz'/],
    ['an unknown key in a tensor', inInputs('{ kind: tensor, dtype: float32, shap: [1] }'), /did you mean 'shape'\?/],
    ['a tensor without a shape', inInputs('{ kind: tensor, dtype: float32 }'), /inputs\.extra: 'shape' is missing/],
    ['a dtype that is none', inInputs('{ kind: tensor, dtype: float, shape: [1] }'), /expected one of float32, /],
    ['from in an input', inInputs('{ kind: number, from: x }'), /inputs\.extra: unknown key 'from'/],
    ['labels twice', inInputs('{ kind: category, labels: [a, a] }'), /without repetitions/],
    ['a word for unknown that is none', inInputs('{ kind: category, unknown: alow }'), /did you mean allow\?/],
    [
      'a name that objects have',
      inInputs('{ kind: number }\n  constructor: { kind: number }'),
      /'constructor' cannot be a name here/,
    ],
    [
      'an empty list of inputs',
      yamlWith(modelYaml.slice(modelYaml.indexOf('inputs:'), modelYaml.indexOf('outputs:')), 'inputs: {}\n'),
      /inputs: expected 1 or more entries/,
    ],
    ['an unknown key in provenance', yamlWith('trainer: by hand', 'traner: by hand'), /did you mean 'trainer'\?/],
    ['a metric that is a text', yamlWith('mae: 0.5', 'mae: low'), /provenance\.metrics\.mae: expected a number/],
    [
      'metadata that is a list',
      yamlWith('zones: 2', 'zones: [1]'),
      /metadata\.zones: expected text or a number or true or false/,
    ],
    ['an unknown key in the tolerance', yamlWith('{ atol: 0,', '{ atoll: 0,'), /did you mean 'atol'\?/],
    ['a tolerance below zero', yamlWith('atol: 0', 'atol: -1'), /tolerance\.atol: expected 0 or more/],
    [
      'a policy that is none',
      yamlWith('name: doubling', 'name: doubling\nextraFields: refuse'),
      /extraFields: expected one of ignore, reject/,
    ],
    [
      'a key twice',
      yamlWith('license:', 'description: again\nlicense:'),
      /model\.yaml:4:1: this key stands here a second time/,
    ],
    ['what is not YAML', { 'model.yaml': 'name: [' }, /model\.yaml:1:\d+: /],
    [
      'a step that does not exist',
      yamlWith('- hour:', '- hours:'),
      /model\.yaml:15:5: prepare\[0\]: unknown key 'hours', did you mean 'hour'\?/,
    ],
    [
      'a setting that does not exist',
      yamlWith('as: hour }', 'as: hour, zon: UTC }'),
      /prepare\[0\]\.hour: unknown key 'zon', did you mean 'zone'\?/,
    ],
    [
      'a setting that is missing',
      yamlWith('{ of: pickup, as: hour }', '{ of: pickup }'),
      /prepare\[0\]\.hour: 'as' is missing/,
    ],
    [
      'two steps in one',
      yamlWith(
        '  - hour: { of: pickup, as: hour }',
        '  - { hour: { of: pickup, as: hour }, month: { of: pickup, as: m } }',
      ),
      /at most 1 entries/,
    ],
    [
      'another file than ONNX',
      { ...yamlWith('model.onnx', 'model.pkl'), 'model.pkl': Uint8Array.of(1, 4) },
      /model\.yaml:5:8: model\.pkl is no model that is known: an \.onnx file, what XGBoost saves as \.json or \.ubj, what LightGBM saves as \.txt, or what CatBoost saves as \.json/,
    ],
    // What only the core can tell keeps its place too.
    [
      'a range upside down',
      yamlWith('min: 0, max: 100', 'min: 100, max: 0'),
      /model\.yaml:7:3: .*distance: min 100 is above max 0/,
    ],
    [
      'a zone that does not exist',
      yamlWith('America/New_York', 'America/New_Yrok'),
      /There is no time zone "America\/New_Yrok"/,
    ],
    [
      'an example that does not fit',
      yamlWith('max: 100', 'max: 100, example: far'),
      /model\.yaml:7:3: The example of distance: expected a number/,
    ],
    [
      'a nullable tensor of integers',
      inInputs('{ kind: tensor, dtype: int32, shape: [1], nullable: true }'),
      /model\.yaml:9:3: extra: a int32 tensor cannot be nullable/,
    ],
    [
      'a step over what is not there',
      yamlWith('of: pickup', 'of: pickpu'),
      /model\.yaml:14:5: prepare\[0\] \(hour\): there is no "pickpu"/,
    ],
    [
      'features that are too few',
      yamlWith('[miles, hour]', '[miles]'),
      /model\.yaml:16:5: prepare\[1\] \(concat\): the model's input x takes 2 features, not 1/,
    ],
    ['a graph input that nothing feeds', yamlWith('as: x,', 'as: z,'), /Nothing feeds the model's input x/],
    [
      'an output that the graph lacks',
      yamlWith('from: y, at: 0', 'from: z, at: 0'),
      /model\.yaml:11:3: outputs\.distance_twice: the model has no output "z"/,
    ],
    [
      'a column that the graph lacks',
      yamlWith('at: 1', 'at: 2'),
      /model\.yaml:12:3: outputs\.hour_twice: at: 2 is outside y, which has 2 values a row/,
    ],
    ['no word on which column', yamlWith(', at: 1', ''), /say which with at: 0 … 1/],
  ] as const)
    test(what, async (t) => {
      // Without a transform, nothing but the steps can feed the graph.
      const plain = what.includes('step over') || what.includes('nothing feeds');
      const folder = modelFolder(t, plain ? withoutTransform(change) : change);
      assert.match(await refused(packed(folder), 'BAD_MANIFEST'), message);
    });
});

/** The same model.yaml, fed by its steps alone. */
function withoutTransform(change: Files) {
  const text = String(change['model.yaml'])
    .replace('transform: transform.ts\n', '')
    .replace('reference: reference.csv\n', '')
    .replace(`${outputs}\n`, '')
    .replace('[miles, hour]', '[distance, hour]');
  return { 'model.yaml': text };
}

describe('examples that cannot be read are refused', () => {
  for (const [what, text, message] of [
    ['no JSON', '[{', /examples\.json of 2 characters is not valid JSON/],
    [
      'NaN, with what to write',
      '[{"input": {"distance": NaN}, "output": {"y": 1}}]',
      /examples\.json is not valid JSON: .*NaN.*line 1/s,
    ],
    [
      'a key twice',
      '[{"input": {"distance": 1, "distance": 2}, "output": {"y": 1}}]',
      /"distance" twice in one object/,
    ],
    ['UTF-16', '\ufeff[\u0000', /examples\.json/],
    [
      'bytes that are not UTF-8',
      new Uint8Array([0x5b, 0x22, 0xe9, 0x22, 0x5d]),
      /is not UTF-8: other bytes from byte 2 on/,
    ],
    ['no list', '{}', /expected array, got an object/],
    ['an example without output', '[{"input": {}}]', /expected a value at \[0\]\.output/],
    ['an example with no output', '[{"input": {}, "output": {}}]', /\[0\]\.output/],
    ['an unknown key', '[{"input": {}, "output": {"y": 1}, "atoll": 1}]', /expected atol at \[0\], got "atoll"/],
    ['a tolerance that is none', '[{"input": {}, "output": {"y": 1}, "atol": "x"}]', /\[0\]\.atol, got "x"/],
    [
      'an output that the signature lacks',
      '[{"input": {}, "output": {"minutes": 1}}]',
      /Example 0 has an output minutes that the signature lacks/,
    ],
  ] as const)
    test(what, async (t) => {
      assert.match(await refused(packed(modelFolder(t, { 'examples.json': text })), 'BAD_EXAMPLES'), message);
    });

  test('a file that is named but absent is refused; one that is only usual may be absent', async (t) => {
    assert.match(await refused(packed(modelFolder(t, { 'examples.json': null })), 'FILE_NOT_FOUND'), /examples\.json/);
    const { package: made } = await packed(
      modelFolder(t, { ...yamlWith('examples: examples.json\n', ''), 'examples.json': null }),
    );
    assert.deepEqual(made.examples, []);
    assert.equal(made.files.has('examples.json'), false);
  });
});

test('a long integer of an example keeps its digits, from the file into the package, the document and the page of a service', async (t) => {
  const folder = modelFolder(t, {
    'model.yaml': `${modelYaml.replace('labels: [cash, card], ', '')}coerce: true\n`,
    'examples.json': `[{
      "input": { "distance": -0, "pickup": "2024-03-01T17:30", "payment": 9007199254740993 },
      "output": { "label": "9007199254740993 0" }
    }]`,
  });
  const { package: made } = await packed(folder);
  assert.deepEqual(made.examples[0].input, { distance: -0, pickup: '2024-03-01T17:30', payment: 9007199254740993n });
  const { url } = await serve(t, [folder]);
  for (const path of ['/openapi.json', '/docs']) {
    const text = await (await fetch(url + path)).text();
    assert.match(text, /"payment":\s*9007199254740993\b/, path);
  }
});
