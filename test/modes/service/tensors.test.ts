import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { buildOnnx } from '../../runtimes/onnx-builder.ts';
import { tempFolder } from '../../temp-folder.ts';
import { post, type Served, serve } from './serving.ts';

type Cleaning = Parameters<typeof tempFolder>[0];

/** A model that answers the tensor it is given, of texts or else of numbers that may be missing, and a number beside it. */
const echoing = (
  t: Cleaning,
  name: string,
  shape: readonly number[],
  dtype: 'string' | 'float32' | 'int64' = 'string',
): string => {
  const folder = tempFolder(t);
  const dims = ['rows', ...shape];
  const model = buildOnnx({
    inputs: [
      { name: 'words', dtype, dims },
      { name: 'x', dims: ['rows', 1] },
    ],
    outputs: [
      { name: 'words out', dtype, dims },
      { name: 'x out', dims: ['rows', 1] },
    ],
    nodes: ['words', 'x'].map((input) => ({ op: 'Identity', inputs: [input], outputs: [`${input} out`] })),
  });
  const tensor = `kind: tensor, dtype: ${dtype}, shape: [${shape}], nullable: ${dtype === 'float32'}`;
  const manifest = [
    `name: ${name}`,
    'version: 1.0.0',
    'description: Answers what it is given',
    'license: Apache-2.0',
    'model: model.onnx',
    `inputs: { words: { ${tensor} }, x: { kind: number } }`,
    `outputs: { same: { ${tensor}, from: words out }, y: { kind: number, from: x out } }`,
    'examples: examples.json',
  ];
  const nest = ([size, ...inner]: readonly number[], at: string): unknown =>
    size === undefined
      ? dtype === 'string'
        ? at
        : at.length
      : Array.from({ length: size }, (_, index) => nest(inner, `${at}${index}`));
  const words = nest(shape, 'w');
  writeFileSync(join(folder, 'model.onnx'), model);
  writeFileSync(join(folder, 'model.yaml'), `${manifest.join('\n')}\n`);
  writeFileSync(
    join(folder, 'examples.json'),
    JSON.stringify([{ input: { words, x: 1 }, output: { same: words, y: 1 } }]),
  );
  return folder;
};

interface Inferred {
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[]; readonly data: unknown }[];
  readonly error: string;
  readonly code: string;
  readonly parameters: { readonly prediction_id: string };
}

describe('tensors', () => {
  let served: Served;
  const cleanups: (() => unknown)[] = [];
  const t = { after: (cleanup: () => unknown) => cleanups.push(cleanup) } as unknown as Cleaning;
  before(async () => {
    served = await serve(t, [
      echoing(t, 'one', [1]),
      echoing(t, 'two', [2]),
      echoing(t, 'square', [2, 2]),
      echoing(t, 'numbers', [2], 'float32'),
      echoing(t, 'whole', [2], 'int64'),
    ]);
  });
  after(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });
  const infer = (model: string, shape: readonly number[], words: readonly unknown[], datatype = 'BYTES') =>
    post<Inferred>(`${served.url}/v2/models/${model}/infer`, {
      inputs: [
        { name: 'words', datatype, shape, data: words },
        { name: 'x', datatype: 'FP32', shape: [shape[0]], data: Array.from({ length: shape[0] }, (_, row) => row) },
      ],
    });
  const texts = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `text ${at}`);

  for (const [model, inner, size] of [
    ['one', [1], 1],
    ['two', [2], 2],
    ['square', [2, 2], 4],
  ] as const) {
    for (const rows of [1, 2, 3, 700]) {
      it(`of texts of shape [${inner}] come back as they went, row by row, ${rows} at a time`, async () => {
        const shape = [rows, ...inner];
        const data = texts(rows * size);
        const { status, json } = await infer(model, shape, data);
        assert.equal(status, 200, json.error);
        const [same, y] = json.outputs;
        assert.deepEqual([same.shape, same.data], [shape, data]);
        assert.deepEqual(
          y.data,
          data.filter((_, at) => at % size === 0).map((_, row) => row),
        );
      });
    }
  }

  it('of 64-bit integers have all their digits, or are refused', async () => {
    const sent = async (digits: string) => {
      const words = `{"name":"words","datatype":"INT64","shape":[1,2],"data":[${digits},1]}`;
      const x = '{"name":"x","datatype":"FP32","shape":[1],"data":[0]}';
      const headers = { 'content-type': 'application/json' };
      const body = `{"inputs":[${words},${x}]}`;
      const answer = await fetch(`${served.url}/v2/models/whole/infer`, { method: 'POST', headers, body });
      return [answer.status, await answer.text()] as const;
    };
    const [status, text] = await sent('9007199254740993');
    assert.equal(status, 200, text);
    assert.match(text, /"data":\[9007199254740993,1\]/);
    for (const digits of ['9007199254740993.0', '9.007199254740993e15', '-90071992547409930e-1']) {
      const [code, why] = await sent(digits);
      assert.deepEqual([code, JSON.parse(why).code], [422, 'UNSAFE_INTEGER'], digits);
    }
  });

  it('of texts share a run with others, and keep their places', async () => {
    const calls = Array.from({ length: 20 }, (_, call) => texts(2 * (1 + (call % 3))).map((text) => `${call} ${text}`));
    const replies = await Promise.all(calls.map((data) => infer('two', [data.length / 2, 2], data)));
    assert.deepEqual(
      replies.map(({ json }) => json.outputs[0].data),
      calls,
    );
  });

  it('of texts may have no missing element', async () => {
    const { status, json } = await infer('two', [1, 2], ['a', null]);
    assert.deepEqual([status, json.code], [422, 'NULL_VALUE'], json.error);
  });

  it('of numbers may have missing elements where they are nullable', async () => {
    const data = [1.5, null, null, -2];
    const { status, json } = await infer('numbers', [2, 2], data, 'FP32');
    assert.deepEqual([status, json.outputs?.[0].data], [200, data], json.error);
  });

  it('of texts are one array a row in columns, so that no row can be taken for part of another', async () => {
    const scorer = await served.app.scorer(served.service.plane.models.slots[1].ref);
    const x = [1, 2];
    const { columns, errors } = await scorer.scoreColumns({
      words: [
        ['a', 'b'],
        ['c', 'd'],
      ],
      x,
    });
    assert.deepEqual([columns.same, errors.size], [['a', 'b', 'c', 'd'], 0]);
    const flat = await scorer.scoreColumns({ words: ['a', 'b'], x });
    assert.deepEqual([flat.rows, [...flat.errors.values()].map(({ code }) => code)], [2, ['WRONG_TYPE', 'WRONG_TYPE']]);
    await scorer.close();
  });
});
