import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createPredictionIds, createRequestIds } from '../../../src/modes/service/ids.ts';
import { get, models, post, serve } from './serving.ts';

const { input } = JSON.parse(readFileSync(join(models.trees, 'examples.json'), 'utf8'))[0];

describe('ids', () => {
  it('of predictions carry 128 random bits and more, and are unique', () => {
    const makers = [createPredictionIds(), createPredictionIds()];
    const secrets = Array.from(
      { length: 40_000 },
      (_, at) => /^[0-9a-z]+-([\w-]{22})$/.exec(makers[at % 2]())?.[1] ?? '',
    );
    assert.equal(new Set(secrets).size, secrets.length);
    // Each of 22 places has each of 64 characters about as often: 625 times, give or take six standard deviations.
    for (let place = 0; place < 22; place++) {
      const counts = [...Map.groupBy(secrets, (secret) => secret[place]).values()].map(({ length }) => length);
      assert.equal(counts.length, 64);
      assert.ok(Math.min(...counts) > 475 && Math.max(...counts) < 775, `place ${place}: ${counts}`);
    }
  });

  it('of requests are unique over processes', () => {
    const makers = [createRequestIds(), createRequestIds()];
    assert.equal(new Set(Array.from({ length: 1000 }, (_, at) => makers[at % 2]())).size, 1000);
  });

  it('of predictions have nothing in common with those of requests, nor with what a caller says', async (t) => {
    const { url } = await serve(t, [models.trees]);
    const before = (await get(`${url}/livez`)).headers.get('x-request-id') ?? '';
    const { json, headers } = await post(`${url}/predict/trees-100x6`, input, { 'x-request-id': 'order-77' });
    const next = await post(`${url}/predict/trees-100x6`, { rows: [input] });
    assert.equal(headers.get('x-request-id'), 'order-77');
    const parts = (id: string): readonly string[] => id.split(/[-.]/).filter((part) => part.length > 2);
    for (const id of [json.id, next.json.predictions[0].id]) {
      assert.deepEqual(
        parts(id)
          .slice(1)
          .filter((part) => before.includes(part) || 'order-77'.includes(part)),
        [],
      );
    }
    assert.notEqual(json.id.slice(-22), next.json.predictions[0].id.slice(-24, -2));
  });

  it('stand beside MLflow’s answers, which have no place for them', async (t) => {
    const { url } = await serve(t, [models.trees]);
    const { headers } = await post(`${url}/invocations`, { dataframe_records: [input] });
    assert.match(headers.get('x-prediction-id') ?? '', /^[0-9a-z]+-[\w-]{22}$/);
    assert.notEqual(headers.get('x-prediction-id'), headers.get('x-request-id'));
  });
});
