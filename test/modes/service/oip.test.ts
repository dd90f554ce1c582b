import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { get, models, type Reply, type Served, serve } from './serving.ts';

interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data?: unknown;
  readonly parameters?: Readonly<Record<string, unknown>>;
}
interface Inferred {
  readonly model_name: string;
  readonly model_version: string;
  readonly id?: string;
  readonly outputs: readonly Tensor[];
  readonly error: string;
  readonly code: string;
}
interface Metadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

let served: Served;
const cleanups: (() => unknown)[] = [];
before(async () => {
  const refs = [models.ride, models.columns, models.capitals, models.integers, models.trees];
  served = await serve({ after: (cleanup) => cleanups.push(cleanup as () => unknown) }, refs);
});
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

const raw = async (path: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${served.url}${path}`, { method: 'POST', body, headers });
const infer = async (model: string, request: unknown): Promise<Reply<Inferred>> => {
  const response = await raw(
    `/v2/models/${model}/infer`,
    typeof request === 'string' ? request : JSON.stringify(request),
  );
  return { status: response.status, headers: response.headers, json: (await response.json()) as Inferred };
};
const tensor = (name: string, datatype: string, data: readonly unknown[], shape = [data.length]): Tensor => ({
  name,
  datatype,
  shape,
  data,
});
const capital = (countries: readonly unknown[]): readonly Tensor[] => [
  tensor('country', 'BYTES', countries),
  tensor(
    'score',
    'FP32',
    countries.map((_, at) => at),
  ),
  tensor(
    'member',
    'BOOL',
    countries.map((_, at) => at % 2 === 0),
  ),
];
const columnsRequest = (rows: number): readonly Tensor[] => {
  const of = (name: string, datatype: string, value: unknown) =>
    tensor(name, datatype, new Array(rows).fill(value), [rows, 1]);
  return [
    of('age', 'FP32', 41),
    of('income', 'FP32', 30_000),
    of('visits', 'INT64', 3),
    of('plan', 'BYTES', 'plus'),
    of('region', 'BYTES', 'north'),
    of('active', 'BOOL', true),
  ];
};

describe('the protocol’s health and metadata', () => {
  it('says who answers and which extensions there are', async () => {
    const { json } = await get<{ name: string; version: string; extensions: string[] }>(`${served.url}/v2`);
    assert.equal(json.name, 'millrace');
    assert.match(json.version, /^\d/);
    assert.deepEqual(json.extensions, ['binary_tensor_data', 'model_repository']);
  });

  it('is live and ready, and so are its models', async () => {
    for (const path of [
      'health/live',
      'health/ready',
      'models/ride-duration/ready',
      'models/ride-duration/versions/1.0.0/ready',
    ]) {
      assert.equal((await get(`${served.url}/v2/${path}`)).status, 200, path);
    }
  });

  it('maps fields to tensors: number FP64, integer INT64, the others BYTES', async () => {
    const { json } = await get<Metadata>(`${served.url}/v2/models/ride-duration`);
    assert.deepEqual([json.name, json.versions], ['ride-duration', ['1.0.0']]);
    const types = Object.fromEntries(json.inputs.map(({ name, datatype, shape }) => [name, [datatype, shape]]));
    assert.deepEqual(types.distance, ['FP64', [-1]]);
    assert.deepEqual(types.passengers, ['INT64', [-1]]);
    assert.deepEqual(types.pickup, ['BYTES', [-1]]);
    assert.deepEqual(types.pickup_zone, ['BYTES', [-1]]);
    assert.deepEqual(json.outputs, [{ name: 'minutes', datatype: 'FP64', shape: [-1] }]);
  });

  it('keeps names, types and shapes of the graph where the signature mirrors it', async () => {
    const { json } = await get<Metadata>(`${served.url}/v2/models/sk-pipeline-columns/versions/1.0.0`);
    const types = json.inputs.map(({ name, datatype, shape }) => [name, datatype, shape]);
    assert.deepEqual(types, [
      ['age', 'FP32', [-1, 1]],
      ['income', 'FP32', [-1, 1]],
      ['visits', 'INT64', [-1, 1]],
      ['plan', 'BYTES', [-1, 1]],
      ['region', 'BYTES', [-1, 1]],
      ['active', 'BOOL', [-1, 1]],
    ]);
  });

  it('refuses in the protocol’s shape, whatever is wrong', async () => {
    const replies = await Promise.all([
      get<Inferred>(`${served.url}/v2/models/nothing`),
      get<Inferred>(`${served.url}/v2/models/ride-duration/versions/9.9.9`),
      get<Inferred>(`${served.url}/v2/nothing`),
      get<Inferred>(`${served.url}/v2/models/ride-duration/infer`),
      infer('ride-duration', '{'),
      infer('ride-duration', { inputs: [] }),
    ]);
    assert.deepEqual(
      replies.map(({ status, json }) => [status, typeof json.error]),
      [404, 404, 404, 405, 400, 422].map((status) => [status, 'string']),
    );
  });
});

describe('infer in JSON', () => {
  it('answers what /predict answers, with the id echoed', async () => {
    const [row] = (await served.app.open(models.ride)).examples.map(({ input }) => input);
    const { json: metadata } = await get<Metadata>(`${served.url}/v2/models/ride-duration`);
    const inputs = metadata.inputs.map(({ name, datatype }) => tensor(name, datatype, [row[name]]));
    const { status, json } = await infer('ride-duration', { id: 'ride 7', inputs });
    const scorer = await served.app.scorer(models.ride);
    const [alone] = await scorer.score([row]);
    await scorer.close();
    assert.equal(status, 200);
    assert.deepEqual([json.id, json.model_name, json.model_version], ['ride 7', 'ride-duration', '1.0.0']);
    assert.deepEqual(json.outputs, [{ name: 'minutes', datatype: 'FP64', shape: [1], data: [alone.output?.minutes] }]);
  });

  it('takes nested and flat data alike', async () => {
    const nested = columnsRequest(3).map((one) => ({ ...one, data: (one.data as unknown[]).map((value) => [value]) }));
    const [a, b] = [
      await infer('sk-pipeline-columns', { inputs: columnsRequest(3) }),
      await infer('sk-pipeline-columns', { inputs: nested }),
    ];
    assert.equal(a.status, 200);
    assert.deepEqual(a.json.outputs, b.json.outputs);
  });

  it('returns the outputs that were asked for, in that order', async () => {
    const outputs = [{ name: 'p_stay' }, { name: 'label' }];
    const { json } = await infer('sk-pipeline-columns', { inputs: columnsRequest(2), outputs });
    assert.deepEqual(
      json.outputs.map(({ name, datatype, shape }) => [name, datatype, shape]),
      [
        ['p_stay', 'FP64', [2]],
        ['label', 'BYTES', [2]],
      ],
    );
  });

  it('gives BOOL and BYTES outputs their JSON types and the graph’s shapes', async () => {
    const { json } = await infer('bool-and-string-out', { inputs: capital(['France', 'Japan']) });
    const types = json.outputs.map(({ name, datatype, data }) => [
      name,
      datatype,
      (data as unknown[]).map((one) => typeof one),
    ]);
    assert.deepEqual(types, [
      ['capital', 'BYTES', ['string', 'string']],
      ['passed', 'BOOL', ['boolean', 'boolean']],
      ['tier', 'BYTES', ['string', 'string']],
      ['invited', 'BOOL', ['boolean', 'boolean']],
    ]);
  });

  it('keeps integers exact up to 2^53 - 1 and refuses those past it rather than round them', async () => {
    const total = async (units: string) =>
      infer(
        'int-inputs',
        `{"inputs":[{"name":"units","shape":[1],"datatype":"INT64","data":[${units}]},{"name":"price","shape":[1],"datatype":"INT32","data":[1]}]}`,
      );
    const { json } = await total('9007199254740991');
    assert.deepEqual(json.outputs[0].data, [9007199254740991]);
    const past = await total('9007199254740993');
    assert.deepEqual([past.status, past.json.code], [422, 'UNSAFE_INTEGER']);
  });

  it('takes every numeric datatype for a number, if its elements are of it', async () => {
    const good = {
      BOOL: undefined,
      INT8: -3,
      UINT8: 3,
      INT16: -3,
      UINT16: 3,
      INT32: -3,
      UINT32: 3,
      INT64: -3,
      UINT64: 3,
      FP16: 1.5,
      FP32: 1.5,
      FP64: 1.5,
    };
    const bad = {
      INT8: 128,
      UINT8: -1,
      INT16: 40_000,
      UINT16: 70_000,
      INT32: 2 ** 31,
      UINT32: -1,
      INT64: 1.5,
      UINT64: -1,
      FP64: 'x',
    };
    const others = columnsRequest(1).filter(({ name }) => name !== 'age');
    const send = (datatype: string, value: unknown) =>
      infer('sk-pipeline-columns', { inputs: [tensor('age', datatype, [value]), ...others] });
    for (const [datatype, value] of Object.entries(good)) {
      if (value === undefined) continue;
      const { status, json } = await send(datatype, Math.abs(value));
      assert.equal(status, 200, `${datatype}: ${json.error}`);
    }
    for (const [datatype, value] of Object.entries(bad)) {
      const { status, json } = await send(datatype, value);
      assert.deepEqual([status, json.code], [422, 'WRONG_TYPE'], datatype);
    }
    assert.equal((await send('BYTES', 'x')).json.code, 'WRONG_TYPE');
  });

  it('refuses the whole request for one bad row, and says which', async () => {
    const inputs = columnsRequest(3).map((one) => (one.name === 'income' ? { ...one, data: [1, 2, -5] } : one));
    const { status, json } = await infer('sk-pipeline-columns', { inputs });
    assert.equal(status, 422);
    assert.match(json.error, /^Row 2: income/);
  });

  const bad: readonly (readonly [string, unknown, number])[] = [
    ['no inputs', {}, 400],
    ['inputs that are no array', { inputs: 1 }, 400],
    ['an input that is no object', { inputs: [1] }, 400],
    ['an input without a name', { inputs: [{ shape: [1], datatype: 'FP64', data: [1] }] }, 400],
    ['an unknown input', { inputs: [tensor('nothing', 'FP64', [1])] }, 400],
    ['an unknown datatype', { inputs: [tensor('age', 'FP128', [1])] }, 400],
    ['an input twice', { inputs: [tensor('age', 'FP64', [1]), tensor('age', 'FP64', [1])] }, 400],
    ['a negative size', { inputs: [tensor('age', 'FP64', [1], [-1])] }, 400],
    ['a size with a fraction', { inputs: [tensor('age', 'FP64', [1], [1.5])] }, 400],
    ['a shape that is larger than any data', { inputs: [tensor('age', 'FP64', [1], [2 ** 52, 2 ** 52])] }, 422],
    ['fewer elements than the shape', { inputs: [tensor('age', 'FP64', [1], [2])] }, 422],
    ['nested data of another shape', { inputs: [tensor('age', 'FP64', [[1, 2]], [2, 1])] }, 422],
    ['different numbers of rows', { inputs: [tensor('age', 'FP64', [1]), tensor('income', 'FP64', [1, 2])] }, 422],
    ['another rank', { inputs: [tensor('age', 'FP64', [1], [1, 1, 1])] }, 422],
    ['an unknown output', { inputs: columnsRequest(1), outputs: [{ name: 'nothing' }] }, 400],
    ['an id that is no text', { id: 7, inputs: columnsRequest(1) }, 400],
    ['shared memory', { inputs: [{ ...columnsRequest(1)[0], parameters: { shared_memory_region: 'x' } }] }, 400],
    ['more rows than the limit', { inputs: [tensor('age', 'FP64', new Array(100_001).fill(1))] }, 413],
  ];
  it('says which inputs it expects, and how', async () => {
    const none = await infer('sk-pipeline-columns', { inputs: [] });
    const names = columnsRequest(1).map(({ name }) => name);
    assert.deepEqual([none.status, none.json.code], [422, 'MISSING_FIELD']);
    for (const name of names) assert.ok(none.json.error.includes(name), none.json.error);
    const absent = await infer('sk-pipeline-columns', {});
    assert.match(absent.json.error, /^inputs: expected an array of tensors, such as \[\{"name".*, got nothing\.$/);
    const empty = await infer('sk-pipeline-columns', '');
    assert.match(empty.json.error, /^The body is empty; expected JSON/);
  });

  for (const [what, request, status] of bad) {
    it(`refuses ${what} with ${status}`, async () => {
      const reply = await infer('sk-pipeline-columns', request);
      assert.equal(reply.status, status, reply.json.error);
      assert.equal(typeof reply.json.error, 'string');
    });
  }
});

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

describe('the model repository', () => {
  it('lists, unloads and loads', async (t) => {
    const { url } = await serve(t, [models.integers, models.capitals], { modelControl: true });
    const post = (path: string) => fetch(`${url}${path}`, { method: 'POST' });
    const index = async () =>
      ((await (await post('/v2/repository/index')).json()) as { name: string; state: string }[]).map(
        ({ name, state }) => [name, state],
      );
    assert.deepEqual(await index(), [
      ['int-inputs', 'READY'],
      ['bool-and-string-out', 'READY'],
    ]);
    assert.equal((await post('/v2/repository/models/int-inputs/unload')).status, 200);
    assert.deepEqual(await index(), [
      ['int-inputs', 'UNAVAILABLE'],
      ['bool-and-string-out', 'READY'],
    ]);
    assert.equal((await get(`${url}/v2/models/int-inputs/ready`)).status, 404);
    assert.equal((await post('/v2/repository/models/int-inputs/load')).status, 200);
    assert.equal((await get(`${url}/v2/models/int-inputs/ready`)).status, 200);
    assert.equal((await post('/v2/repository/models/..%2F..%2Fetc/load')).status, 404);
  });

  it('is closed to callers unless somebody opens it', async (t) => {
    const { url } = await serve(t, [models.integers]);
    const response = await fetch(`${url}/v2/repository/models/int-inputs/unload`, { method: 'POST' });
    assert.equal(response.status, 403);
    assert.equal((await get(`${url}/v2/models/int-inputs/ready`)).status, 200);
  });

  it('keeps so many models loaded as it may, and loads one again when it is asked for', async (t) => {
    const { url, service } = await serve(t, [models.integers, models.capitals, models.columns], { maxModels: 2 });
    const states = () => service.plane.models.slots.map(({ state }) => state);
    assert.deepEqual(states(), ['evicted', 'ready', 'ready']);
    const request = { inputs: [tensor('units', 'INT64', [2]), tensor('price', 'INT32', [3])] };
    const body = JSON.stringify(request);
    const replies = await Promise.all(
      [1, 2, 3].map(() => fetch(`${url}/v2/models/int-inputs/infer`, { method: 'POST', body })),
    );
    assert.deepEqual(
      replies.map(({ status }) => status),
      [200, 200, 200],
    );
    assert.deepEqual(states(), ['ready', 'evicted', 'ready']);
  });
});
