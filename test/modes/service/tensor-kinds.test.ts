import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { anyLengthModel, gridModel, halvesModel } from '../../tensor-models.ts';
import { bytesOf, type Client, open, refusal } from './grpc-client.ts';
import type { Inferred, Metadata } from './oip-client.ts';
import { get, post, type Served } from './serving.ts';

const HALF = Uint16Array.of(0x3c01, 0x8000, 0x0001, 0xfbff);
const HALF_VALUES = [1 + 2 ** -10, -0, 2 ** -24, -65504];
const BRAIN = Uint16Array.of(0x3f81, 0x8000, 0x0001, 0xff7f);
const BRAIN_VALUES = [1 + 2 ** -7, -0, 2 ** -133, -(2 ** 128 - 2 ** 120)];

describe('tensors of other kinds, over every protocol', () => {
  let client: Client;
  let served: Served;
  const cleanups: (() => unknown)[] = [];
  before(async () => {
    const home = mkdtempSync(join(tmpdir(), 'millrace-kinds-'));
    cleanups.push(() => rmSync(home, { recursive: true, force: true }));
    const opened = await open({ after: (cleanup) => cleanups.push(cleanup) }, [
      anyLengthModel(home),
      halvesModel(home),
      gridModel(home),
    ]);
    [client, served] = [opened.client, opened];
  });
  after(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });
  const infer = (model: string, inputs: readonly object[]) =>
    post<Inferred>(`${served.url}/v2/models/${model}/infer`, { inputs });
  const halves = (rows: number) => [
    { name: 'half', datatype: 'FP16', shape: [rows, 2] },
    { name: 'brain', datatype: 'BF16', shape: [rows, 2] },
  ];

  it('of CSV are JSON in a cell, or a column an element', async () => {
    const ask = async (model: string, body: string): Promise<string> => {
      const headers = { 'content-type': 'text/csv' };
      const response = await fetch(`${served.url}/predict/${model}`, { method: 'POST', headers, body });
      return (await response.text()).replaceAll(/^[^,]*-[^,]*,/gm, '');
    };
    assert.equal(
      await ask('any-length', 'tokens\n"[1,2,3]"\n[4]\n"[1,"\n'),
      'id,twice,error\n"[2,4,6]",\n[8],\n,"WRONG_TYPE: tokens: expected a int64 tensor of shape [any] (at most 1048576 elements), got ""[1,""."\n',
    );
    assert.equal(
      await ask('grid', 'grid_0,grid_1,grid_2,grid_3,flags_0,flags_1,words\n1,2,3,,true,false,"[""a"",""b""]"\n'),
      'id,twice,flags_out,words_out,error\n"[[2,4],[6,null]]","[true,false]","[""a"",""b""]",\n',
    );
  });

  it('are told as what they are', async () => {
    const { json } = await get<Metadata>(`${served.url}/v2/models/halves`);
    assert.deepEqual(json.inputs, [
      { name: 'half', datatype: 'FP16', shape: [-1, 2] },
      { name: 'brain', datatype: 'BF16', shape: [-1, 2] },
    ]);
    const any = await get<Metadata>(`${served.url}/v2/models/any-length`);
    assert.deepEqual(any.json.inputs, [{ name: 'tokens', datatype: 'INT64', shape: [-1, -1] }]);
    const message = await client.call<{ outputs: readonly { datatype: string }[] }>('ModelMetadata', {
      name: 'halves',
    });
    assert.deepEqual(
      message.outputs.map(({ datatype }) => datatype),
      ['FP16', 'BF16'],
    );
  });

  it('halves in JSON are the nearest numbers, once rounded, and come back exact', async () => {
    const data = [0.1, 2049, 1 + 2 ** -8 + 2 ** -40, -3];
    const inputs = halves(2).map((input) => ({ ...input, data }));
    const { status, json } = await infer('halves', inputs);
    assert.equal(status, 200, json.error);
    assert.deepEqual(json.outputs, [
      { name: 'half_out', datatype: 'FP16', shape: [2, 2], data: [0.0999755859375, 2048, 1 + 2 ** -8, -3] },
      { name: 'brain_out', datatype: 'BF16', shape: [2, 2], data: [0.10009765625, 2048, 1 + 2 ** -7, -3] },
    ]);
    const { json: row } = await post(`${served.url}/predict/halves`, { half: [0.1, 2049], brain: [0.1, 2049] });
    assert.deepEqual(row.prediction, { half_out: [0.0999755859375, 2048], brain_out: [0.10009765625, 2048] });
    for (const [name, most] of [
      ['half', 65520],
      ['brain', 3.4e38],
    ] as const) {
      const more = inputs.map((input) => (input.name === name ? { ...input, data: [0, 0, 0, most] } : input));
      const refused = await infer('halves', more);
      assert.deepEqual([refused.status, refused.json.code], [422, 'OUT_OF_RANGE'], name);
    }
  });

  it('halves in binary keep every bit', async () => {
    const json = Buffer.from(
      JSON.stringify({
        parameters: { binary_data_output: true },
        inputs: halves(2).map((input) => ({ ...input, parameters: { binary_data_size: 8 } })),
      }),
    );
    const response = await fetch(`${served.url}/v2/models/halves/infer`, {
      method: 'POST',
      body: Buffer.concat([json, bytesOf(HALF), bytesOf(BRAIN)]),
      headers: { 'inference-header-content-length': `${json.length}` },
    });
    const body = Buffer.from(await response.arrayBuffer());
    assert.equal(response.status, 200, body.toString());
    assert.deepEqual(body.subarray(-16), Buffer.concat([bytesOf(HALF), bytesOf(BRAIN)]));
  });

  it('halves over gRPC keep every bit, and come back raw to who brings wider numbers in typed contents', async () => {
    const given = halves(2);
    const raw = await client.infer({
      model_name: 'halves',
      inputs: given,
      raw_input_contents: [bytesOf(HALF), bytesOf(BRAIN)],
    });
    const expected = [Buffer.from(bytesOf(HALF)), Buffer.from(bytesOf(BRAIN))];
    assert.deepEqual(raw.raw_output_contents, expected);
    const typed = await client.infer({
      model_name: 'halves',
      inputs: [
        { name: 'half', datatype: 'FP64', shape: [2, 2], contents: { fp64_contents: HALF_VALUES } },
        { name: 'brain', datatype: 'FP32', shape: [2, 2], contents: { fp32_contents: BRAIN_VALUES } },
      ],
    });
    assert.deepEqual(typed.raw_output_contents, expected);
    const refused = client.infer({
      model_name: 'halves',
      inputs: given.map((input) => ({ ...input, contents: { fp32_contents: HALF_VALUES } })),
    });
    const [code, own, message] = await refusal(refused);
    assert.deepEqual([code, own], ['INVALID_ARGUMENT', 'BAD_REQUEST']);
    assert.match(message, /FP16 in raw_input_contents/);
  });

  it('tensors of any length have one length a request in V2, and each its own in /predict', async () => {
    const { json } = await infer('any-length', [
      { name: 'tokens', datatype: 'INT64', shape: [2, 3], data: [1, 2, 3, 4, 5, 6] },
    ]);
    assert.deepEqual(json.outputs, [{ name: 'twice', datatype: 'INT64', shape: [2, 3], data: [2, 4, 6, 8, 10, 12] }]);
    const tokens = BigInt64Array.of(7n, 8n, 9n, 2n ** 60n);
    const raw = await client.infer({
      model_name: 'any-length',
      inputs: [{ name: 'tokens', datatype: 'INT64', shape: [1, 4] }],
      raw_input_contents: [bytesOf(tokens)],
    });
    assert.deepEqual(raw.outputs[0].shape.map(Number), [1, 4]);
    assert.deepEqual(raw.raw_output_contents, [Buffer.from(bytesOf(tokens.map((token) => token * 2n)))]);
    const rows = [[1], [2, 3, 4], []].map((one) => ({ tokens: one }));
    const { json: told } = await post(`${served.url}/predict/any-length`, { rows });
    assert.deepEqual(
      told.predictions.map(({ prediction, error }) => error?.code ?? prediction.twice),
      [[2], [4, 6, 8], 'BAD_SHAPE'],
    );
  });
});
