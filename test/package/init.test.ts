import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nameFrom } from '../../src/package/init-folder.ts';
import { draftOfGraph } from '../../src/runtimes/onnx-draft.ts';
import { readOnnx } from '../../src/runtimes/onnx-graph.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';
import { files, modelFolder, packed } from './model-folder.ts';

const nothing = Object.fromEntries(Object.keys(files).map((name) => [name, null]));
const yamlOf = (file: Uint8Array, name = 'model.onnx'): string =>
  draftOfGraph(readOnnx(file), { model: name, name: nameFrom(name, ['.onnx']) });

const zipped = (
  labels: { readonly classlabels_strings: readonly string[] } | { readonly classlabels_int64s: readonly bigint[] },
) =>
  buildOnnx({
    inputs: [{ name: 'x', dims: ['rows', 2] }],
    outputs: [
      { name: 'probabilities', zipped: 'classlabels_strings' in labels ? 'string' : 'int64' },
      { name: 'again', zipped: 'classlabels_strings' in labels ? 'string' : 'int64' },
    ],
    nodes: ['probabilities', 'again'].map((name) => ({
      op: 'ZipMap',
      domain: 'ai.onnx.ml',
      inputs: ['x'],
      outputs: [name],
      attributes: labels as Record<string, readonly string[] | readonly bigint[]>,
    })),
  });
const identity = (inputs: Parameters<typeof buildOnnx>[0]['inputs']) =>
  buildOnnx({
    inputs,
    outputs: inputs.map((input) => ({ ...input, name: `${input.name} out` })),
    nodes: inputs.map(({ name }) => ({ op: 'Identity', inputs: [name], outputs: [`${name} out`] })),
  });

describe('the model.yaml that init writes packs without an edit for', () => {
  for (const [what, file, expected] of [
    [
      'one tensor of features',
      identity([{ name: 'x', dims: ['rows', 3] }]),
      /f0: \{ kind: number \}[\s\S]*concat: \{ fields: \[f0, f1, f2\], as: x, dtype: float32 \}/,
    ],
    [
      'several tensors of features',
      identity([
        { name: 'x', dims: ['n', 2] },
        { name: 'z', dims: ['n', 2] },
      ]),
      /x_0: [\s\S]*z_1: /,
    ],
    [
      'tensors whose columns would be called like another input',
      identity([
        { name: 'x', dims: ['n', 2] },
        { name: 'x_0', dims: ['n', 1] },
      ]),
      /x_0_1: \{ kind: number \}[\s\S]* {2}x_0: \{ kind: number \}/,
    ],
    [
      'one input a column, of every type',
      identity([
        { name: 'age', dims: ['n', 1] },
        { name: 'visits', dtype: 'int64', dims: ['n', 1] },
        { name: 'plan', dtype: 'string', dims: ['n', 1] },
        { name: 'active', dtype: 'bool', dims: ['n'] },
        { name: 'exact', dtype: 'float64', dims: ['n', 1] },
      ]),
      /visits: \{ kind: integer \}[\s\S]*plan: \{ kind: category \}[\s\S]*active: \{ kind: boolean \}/,
    ],
    [
      'a tensor of texts',
      identity([{ name: 'cats', dtype: 'string', dims: ['n', 2] }]),
      /f0: \{ kind: category \}[\s\S]*dtype: string/,
    ],
    ['a tensor of booleans', identity([{ name: 'flags', dtype: 'bool', dims: ['n', 2] }]), /f1: \{ kind: boolean \}/],
    [
      'a tensor of more dimensions',
      identity([{ name: 'image', dims: ['n', 3, 'height', 2] }]),
      /kind: tensor, dtype: float32, shape: \[3, null, 2\] \} {2}# null: any length/,
    ],
    [
      'ids of tokens, as many as there are',
      buildOnnx({
        inputs: [{ name: 'ids', dtype: 'int64', dims: ['n', 'length'] }],
        outputs: [{ name: 'vectors', dims: ['n', 'length', 2] }],
        constants: [{ name: 'table', dims: [4, 2], data: Float32Array.of(0, 0, 1, 0, 0, 1, 1, 1) }],
        nodes: [{ op: 'Gather', inputs: ['table', 'ids'], outputs: ['vectors'] }],
      }),
      /ids: \{ kind: tensor, dtype: int64, shape: \[null\] \}[\s\S]*vectors: \{ kind: tensor, dtype: float32, shape: \[null, 2\]/,
    ],
    [
      'names that YAML would read otherwise',
      identity(
        ['yes', 'null', '1e3', 'a: b', '- c', '#d', 'e\nf', 'g"h', ' i', 'j:', '~', 'ö→', 'x{y}'].map((name) => ({
          name,
          dims: ['n', 1],
        })),
      ),
      /"yes":[\s\S]*"a: b":/,
    ],
    [
      'names that every object has',
      identity([
        { name: 'constructor', dims: ['n', 1] },
        { name: 'x', dims: ['n', 2] },
      ]),
      /constructor_field: \{ kind: number, to: constructor \}/,
    ],
    ['names longer than a field may have', identity([{ name: 'n'.repeat(200), dims: ['n', 1] }]), /to: n{200} \}/],
    [
      'labels that are texts, in two outputs',
      zipped({ classlabels_strings: ['no', 'yes: or no'] }),
      /again_no: [\s\S]*"again_yes: or no": .*at: 1/,
    ],
    [
      'labels that are negative integers',
      zipped({ classlabels_int64s: [-1n, 1n] }),
      /probabilities_-1.*at: 0[\s\S]*probabilities_1.*at: 1/,
    ],
  ] as const)
    test(what, async (t) => {
      const yaml = yamlOf(file);
      assert.match(yaml, expected);
      const { package: made } = await packed(modelFolder(t, { ...nothing, 'model.yaml': yaml, 'model.onnx': file }));
      assert.ok(Object.keys(made.manifest.inputs).length > 0);
    });

  test('a file with a name of its own', async (t) => {
    const file = identity([{ name: 'x', dims: ['n', 1] }]);
    const name = 'Été (final) #2: best.ONNX';
    const { package: made } = await packed(
      modelFolder(t, { ...nothing, 'model.yaml': yamlOf(file, name), [name]: file }),
    );
    assert.equal(made.manifest.name, 't-final-2-best');
  });
});

test('a package’s name is made of what a name may have', () => {
  for (const [file, name] of [
    ['model.onnx', 'model'],
    ['My Model.v2.onnx', 'my-model.v2'],
    ['___.onnx', 'model'],
    ['模型.onnx', 'model'],
    [`${'a'.repeat(300)}.onnx`, 'a'.repeat(128)],
    [`${'a'.repeat(127)}-b.onnx`, 'a'.repeat(127)],
    ['a-.onnx', 'a'],
    ['a..onnx', 'a'],
  ] as const)
    assert.equal(nameFrom(file, ['.onnx']), name);
});
