import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { capital, columnsRequest, type Inferred, infer, raw, served, type Tensor } from './oip-client.ts';

describe('infer with binary tensors', () => {
  const typed: Readonly<Record<string, (values: readonly unknown[]) => Uint8Array>> = {
    FP32: (values) => new Uint8Array(Float32Array.from(values as number[]).buffer),
    FP64: (values) => new Uint8Array(Float64Array.from(values as number[]).buffer),
    INT64: (values) => new Uint8Array(BigInt64Array.from(values as number[], BigInt).buffer),
    BOOL: (values) => Uint8Array.from(values as boolean[], Number),
    BYTES: (values) =>
      Buffer.concat(
        (values as string[]).flatMap((value) => {
          const length = Buffer.alloc(4);
          length.writeUInt32LE(Buffer.byteLength(value));
          return [length, Buffer.from(value)];
        }),
      ),
  };
  const send = async (model: string, inputs: readonly Tensor[], rest: object, claim?: (json: number) => number) => {
    const bytes = inputs.map(({ datatype, data }) => typed[datatype](data as unknown[]));
    const json = Buffer.from(
      JSON.stringify({
        ...rest,
        inputs: inputs.map(({ data: _, ...head }, at) => ({
          ...head,
          parameters: { binary_data_size: bytes[at].length },
        })),
      }),
    );
    const length = claim ? claim(json.length) : json.length;
    return raw(`/v2/models/${model}/infer`, Buffer.concat([json, ...bytes]), {
      'inference-header-content-length': `${length}`,
      'content-type': 'application/octet-stream',
    });
  };
  const read = async (response: Response) => {
    const body = Buffer.from(await response.arrayBuffer());
    const length = Number(response.headers.get('inference-header-content-length') ?? body.length);
    const json = JSON.parse(body.subarray(0, length).toString()) as Inferred;
    let at = length;
    const binary = new Map(
      (json.outputs ?? []).map(({ name, parameters }) => {
        const size = Number(parameters?.binary_data_size ?? 0);
        at += size;
        return [name, body.subarray(at - size, at)];
      }),
    );
    return { json, binary, left: body.length - at };
  };

  it('reads binary inputs as it reads JSON', async () => {
    const inputs = columnsRequest(3);
    const response = await send('sk-pipeline-columns', inputs, {});
    const { json } = await read(response);
    assert.equal(response.status, 200, json.error);
    assert.match(response.headers.get('content-type') ?? '', /json/);
    assert.deepEqual(json.outputs, (await infer('sk-pipeline-columns', { inputs })).json.outputs);
  });

  it('writes binary outputs with their sizes, the same bits as in JSON', async () => {
    const inputs = capital(['France', 'Japan', 'Atlantis']);
    const told = (await infer('bool-and-string-out', { inputs })).json.outputs;
    const response = await send('bool-and-string-out', inputs, { id: 'b', parameters: { binary_data_output: true } });
    const { json, binary, left } = await read(response);
    assert.equal(response.headers.get('content-type'), 'application/octet-stream');
    assert.equal(left, 0);
    assert.equal(json.id, 'b');
    for (const { name, datatype, data } of told) {
      assert.deepEqual(binary.get(name), Buffer.from(typed[datatype](data as unknown[])), name);
    }
  });

  it('mixes binary and JSON outputs as each of them asks', async () => {
    const outputs = [{ name: 'label' }, { name: 'p_stay', parameters: { binary_data: true } }];
    const { json, binary } = await read(await send('sk-pipeline-columns', columnsRequest(2), { outputs }));
    assert.deepEqual(Object.keys(json.outputs[0]).includes('data'), true);
    assert.deepEqual(json.outputs[1].parameters, { binary_data_size: 16 });
    const told = (await infer('sk-pipeline-columns', { inputs: columnsRequest(2) })).json.outputs[2];
    assert.deepEqual(binary.get('p_stay'), Buffer.from(typed.FP64(told.data as number[])));
  });

  it('takes a request without a content type', async () => {
    const json = Buffer.from(JSON.stringify({ inputs: columnsRequest(1) }));
    const response = await fetch(`${served.url}/v2/models/sk-pipeline-columns/infer`, {
      method: 'POST',
      body: new Blob([json]),
      headers: {},
    });
    assert.equal(response.status, 200);
  });

  const lies: readonly (readonly [string, () => Promise<Response>])[] = [
    ['a JSON length past the body', () => send('sk-pipeline-columns', columnsRequest(1), {}, () => 1e9)],
    ['a JSON length that is no number', () => send('sk-pipeline-columns', columnsRequest(1), {}, () => Number.NaN)],
    [
      'a JSON length that cuts the JSON',
      () => send('sk-pipeline-columns', columnsRequest(1), {}, (length) => length - 1),
    ],
    [
      'a JSON length that takes a byte of a tensor',
      () => send('sk-pipeline-columns', columnsRequest(1), {}, (length) => length + 1),
    ],
    [
      'a tensor of fewer bytes than its shape',
      () =>
        send(
          'sk-pipeline-columns',
          columnsRequest(1).map((one) => ({ ...one, shape: [2, 1] })),
          {},
        ),
    ],
  ];
  const frame = (sizes: unknown, bytes: Buffer) => {
    const json = Buffer.from(
      JSON.stringify({
        inputs: [{ name: 'age', shape: [1], datatype: 'FP32', parameters: { binary_data_size: sizes } }],
      }),
    );
    return raw('/v2/models/sk-pipeline-columns/infer', Buffer.concat([json, bytes]), {
      'inference-header-content-length': `${json.length}`,
    });
  };
  const sizes: readonly (readonly [string, unknown, number])[] = [
    ['more bytes than there are', 8, 4],
    ['fewer bytes than there are', 4, 8],
    ['a negative size', -4, 4],
    ['a size that is no number', '4', 4],
    ['an enormous size', 2 ** 53 - 1, 4],
  ];
  for (const [what, lie] of [
    ...lies,
    ...sizes.map(
      ([what, size, bytes]) => [`binary_data_size: ${what}`, () => frame(size, Buffer.alloc(bytes))] as const,
    ),
  ]) {
    it(`refuses ${what}`, async () => {
      const response = await lie();
      assert.ok([400, 422].includes(response.status), `${response.status}`);
      assert.equal(typeof ((await response.json()) as Inferred).error, 'string');
    });
  }
});
