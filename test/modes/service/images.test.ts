import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Row } from '../../../src/core/types.ts';
import { type Client, open } from './grpc-client.ts';
import { models } from './serving.ts';

const fixtures = join(import.meta.dirname, '../../fixtures');
const folder = join(fixtures, 'models/image-means');
const image = (name: string): Buffer<ArrayBuffer> => readFileSync(join(fixtures, 'images', name));
const [{ output: golden }] = JSON.parse(readFileSync(join(folder, 'examples.json'), 'utf8')) as readonly {
  readonly output: Readonly<Record<string, number>>;
}[];
/** What the golden answer is for. */
const photo = image('rgb-420.jpg');

const near = (got: Row): void => {
  for (const [name, value] of Object.entries(golden)) assert.ok(Math.abs(Number(got[name]) - value) < 1e-5, name);
};

describe('an image comes in at every door', () => {
  let url = '';
  let client: Client;
  const ended: (() => unknown)[] = [];
  before(async () => {
    const hooks = { after: (cleanup: () => unknown) => void ended.unshift(cleanup) };
    ({ url, client } = await open(hooks, [folder, models.ride]));
  });
  after(async () => {
    for (const end of ended) await end();
  });
  const post = (body: BodyInit, type?: string, model = 'image-means') =>
    fetch(`${url}/predict/${model}`, { method: 'POST', body, headers: type ? { 'content-type': type } : {} });
  const answered = async (response: Response): Promise<Row> => {
    const body = (await response.json()) as { readonly prediction: Row };
    assert.equal(response.status, 200, JSON.stringify(body));
    return body.prediction;
  };
  const infer = async (body: BodyInit, headers: Record<string, string> = {}): Promise<Row> => {
    const response = await fetch(`${url}/v2/models/image-means/infer`, { method: 'POST', body, headers });
    const told = (await response.json()) as { outputs: readonly { name: string; data: readonly number[] }[] };
    assert.equal(response.status, 200, JSON.stringify(told));
    return Object.fromEntries(told.outputs.map(({ name, data }) => [name, data[0]]));
  };
  const binary = (datatype: string, shape: readonly number[], bytes: Uint8Array): Promise<Row> => {
    const parameters = { binary_data_size: bytes.length };
    const json = JSON.stringify({
      inputs: [{ name: 'photo', datatype, shape, parameters }],
      parameters: { binary_data_output: false },
    });
    return infer(Buffer.concat([Buffer.from(json), bytes]), { 'inference-header-content-length': `${json.length}` });
  };
  const withLength = (bytes: Uint8Array): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const base64 = photo.toString('base64');

  it('as base64 and as a data URL in JSON', async () => {
    for (const value of [base64, `data:image/jpeg;base64,${base64}`, photo.toString('base64url')])
      near(await answered(await post(JSON.stringify({ photo: value }), 'application/json')));
  });

  it('as base64 in CSV', async () => {
    const response = await post(`photo\n${base64}\n`, 'text/csv');
    const [head, line] = (await response.text()).split('\n').map((one) => one.trim().split(','));
    near(Object.fromEntries(head.map((name, at) => [name, Number(line[at])])));
  });

  it('as the body itself', async () => {
    near(await answered(await post(photo, 'image/jpeg')));
  });

  it('as a part of a form, whatever it is called there, and several as a list', async () => {
    const form = new FormData();
    form.append('file', new Blob([photo], { type: 'image/jpeg' }), 'scan.jpg');
    near(await answered(await post(form)));
    form.append('file', new Blob([image('rgb.png')]), 'other.png');
    form.append('file', new Blob(['no image']), 'third.png');
    const { predictions } = (await (await post(form)).json()) as {
      predictions: readonly { prediction?: Row; error?: { code: string } }[];
    };
    near(predictions[0].prediction ?? {});
    assert.deepEqual(
      predictions.map(({ error }) => error?.code),
      [undefined, undefined, 'BAD_IMAGE'],
    );
  });

  it('as BYTES and UINT8 in the Open Inference Protocol', async () => {
    near(await infer(JSON.stringify({ inputs: [{ name: 'photo', datatype: 'BYTES', shape: [1], data: [base64] }] })));
    const levels = { name: 'photo', datatype: 'UINT8', shape: [1, photo.length], data: [...photo] };
    near(await infer(JSON.stringify({ inputs: [levels] })));
    near(await binary('BYTES', [1], withLength(photo)));
    near(await binary('UINT8', [1, photo.length], photo));
  });

  it('over gRPC, raw and typed', async () => {
    const input = { name: 'photo', datatype: 'BYTES', shape: [1] };
    const typed = { ...input, contents: { bytes_contents: [photo] } };
    const raw = { inputs: [input], raw_input_contents: [withLength(photo)] };
    for (const request of [{ inputs: [typed] }, raw]) {
      const { outputs, raw_output_contents } = await client.infer({ model_name: 'image-means', ...request });
      const row = outputs.map(({ name, contents }, at) => {
        const value = raw_output_contents[at]?.readDoubleLE(0) ?? contents?.fp64_contents?.[0];
        return [name, value];
      });
      near(Object.fromEntries(row));
    }
  });

  it('and is refused with what is wrong with it, alone', async () => {
    const refused = async (response: Response) => {
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      return [response.status, error.code, error.message];
    };
    const wrong: readonly (readonly [BodyInit, string, string, string])[] = [
      [image('half.jpg'), 'image/jpeg', 'BAD_IMAGE', 'ends too early'],
      [image('half.png'), 'image/png', 'BAD_IMAGE', 'ends too early'],
      [image('cmyk.jpg'), 'image/jpeg', 'BAD_IMAGE', 'CMYK'],
      [image('text.jpg'), 'image/jpeg', 'BAD_IMAGE', 'none of these'],
      [image('bomb.png'), 'image/png', 'IMAGE_TOO_LARGE', '30000 × 30000'],
      [JSON.stringify({ photo: '…' }), 'application/json', 'BAD_IMAGE', 'no base64'],
    ];
    for (const [body, type, code, words] of wrong) {
      const [status, got, message] = await refused(await post(body, type));
      assert.deepEqual([status, got], [422, code]);
      assert.ok(String(message).includes(words), String(message));
    }
    assert.deepEqual((await refused(await post(photo, 'image/jpeg', 'ride-duration'))).slice(0, 2), [
      415,
      'UNSUPPORTED_MEDIA',
    ]);
    assert.equal((await refused(await post('no form', 'multipart/form-data; boundary=x')))[0], 400);
    near(await answered(await post(photo, 'image/jpeg')));
  });
});
