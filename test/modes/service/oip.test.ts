import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { capital, columnsRequest, infer, type Metadata, served, tensor } from './oip-client.ts';
import { get, models } from './serving.ts';

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
