import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Inferred, infer, type Metadata, served, tensor } from './oip-client.ts';
import { get, models, serve } from './serving.ts';

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
