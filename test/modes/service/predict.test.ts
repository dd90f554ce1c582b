import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { get, models, post, type Reply, type Served, serve } from './serving.ts';

const ride = {
  pickup_zone: 'Upper East Side North',
  dropoff_zone: 'Midtown Center',
  pickup_borough: 'Manhattan',
  dropoff_borough: 'Manhattan',
  pickup: '2019-03-05T08:30:00',
  distance: 2.5,
  passengers: 1,
};

describe('POST /predict/{model}', () => {
  let served: Served;
  const cleanups: (() => unknown)[] = [];
  const predict = (body: unknown, headers?: Record<string, string>) =>
    post(`${served.url}/predict/ride-duration`, body, headers);
  const alone = async (row: unknown) => {
    const scorer = await served.app.scorer(models.ride);
    const [answer] = await scorer.score([row]);
    await scorer.close();
    return answer;
  };
  before(async () => {
    served = await serve({ after: (cleanup) => cleanups.push(cleanup as () => unknown) }, [models.ride]);
  });
  after(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });

  it('answers a row with its prediction and who made it', async () => {
    const { status, json } = await predict(ride);
    const { digest } = await served.service.plane.models.get('ride-duration');
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(json), ['id', 'model', 'version', 'digest', 'prediction']);
    assert.deepEqual([json.model, json.version, json.digest], ['ride-duration', '1.0.0', digest]);
    assert.deepEqual(json.prediction, (await alone(ride)).output);
  });

  it('answers rows in their order, a bad one with its own error', async () => {
    const { status, json } = await predict({ rows: [ride, { ...ride, distance: -1 }, { ...ride, distance: 9 }] });
    assert.equal(status, 200);
    assert.deepEqual(json.predictions[0].prediction, (await alone(ride)).output);
    assert.deepEqual(json.predictions[1].error, (await alone({ ...ride, distance: -1 })).error);
    assert.deepEqual(json.predictions[2].prediction, (await alone({ ...ride, distance: 9 })).output);
  });

  it('gives every prediction an id of its own', async () => {
    const replies = await Promise.all([predict({ rows: [ride, ride] }), predict(ride), predict(ride)]);
    const ids = replies.flatMap(({ json }) => json.predictions?.map(({ id }: { id: string }) => id) ?? [json.id]);
    assert.equal(new Set(ids).size, 4);
  });

  it('answers no rows with no predictions', async () => {
    const { status, json } = await predict({ rows: [] });
    assert.deepEqual([status, json.predictions], [200, []]);
  });

  it('refuses a row that does not fit with 422, the field, what was expected and what came', async () => {
    const { status, json } = await predict({ ...ride, distance: 'far' });
    assert.equal(status, 422);
    const { code, field, expected, got } = json.error;
    assert.deepEqual([code, field, got], ['WRONG_TYPE', 'distance', '"far"']);
    assert.match(expected ?? '', /number/);
  });

  it('takes the version from the address, and knows which there are', async () => {
    const good = await post(`${served.url}/predict/ride-duration/versions/1.0.0`, ride);
    assert.equal(good.json.version, '1.0.0');
    const bad = await post(`${served.url}/predict/ride-duration/versions/7.0.0`, ride);
    assert.deepEqual(
      [bad.status, bad.json.error.code, bad.json.error.expected],
      [404, 'UNKNOWN_VERSION', 'one of 1.0.0'],
    );
  });

  const refusals: readonly (readonly [string, () => Promise<Reply>, number, string])[] = [
    ['an address that leads nowhere', () => get(`${served.url}/predictions`), 404, 'NOT_FOUND'],
    ['a model that is not served', () => post(`${served.url}/predict/ride`, ride), 404, 'UNKNOWN_MODEL'],
    [
      'a method that is not for the address',
      () => get(`${served.url}/predict/ride-duration`),
      405,
      'METHOD_NOT_ALLOWED',
    ],
    ['a type that is not read', () => predict('x', { 'content-type': 'text/html' }), 415, 'UNSUPPORTED_MEDIA'],
    ['a compression that is not read', () => predict('x', { 'content-encoding': 'snappy' }), 415, 'UNSUPPORTED_MEDIA'],
    ['a body that is not compressed', () => predict('x', { 'content-encoding': 'gzip' }), 400, 'BAD_REQUEST'],
    ['what is not JSON', () => predict('{"distance":'), 400, 'BAD_JSON'],
    ['an empty body', () => predict(''), 400, 'BAD_JSON'],
    ['JSON that is no row', () => predict('[1]'), 422, 'NOT_A_ROW'],
    ['deep nesting', () => predict('['.repeat(5000) + ']'.repeat(5000)), 400, 'BAD_JSON'],
    ['a body over the limit', () => predict(`{"a":"${'x'.repeat(17 * 2 ** 20)}"}`), 413, 'TOO_LARGE'],
    ['too many rows', () => predict({ rows: new Array(100_001).fill(1) }), 413, 'TOO_MANY_ROWS'],
    ['a timeout that is none', () => predict(ride, { 'x-request-timeout': 'soon' }), 400, 'BAD_REQUEST'],
  ];
  for (const [what, send, status, code] of refusals) {
    it(`refuses ${what} with ${status} in the same shape`, async () => {
      const reply = await send();
      assert.equal(reply.status, status);
      assert.equal(reply.json.error.code, code);
      assert.equal(typeof reply.json.error.message, 'string');
      assert.deepEqual(Object.keys(reply.json), ['error']);
    });
  }

  const told: readonly (readonly [string, () => Promise<Reply>, RegExp])[] = [
    ['an empty body', () => predict(''), /^The body is empty; expected JSON, as \/openapi\.json describes it\.$/],
    ['a body that was cut', () => predict('{"distance":'), /not valid JSON: it ends before it is complete\.$/],
    ['a body that goes wrong', () => predict('{"distance" 1}'), /it goes wrong at position 12 \(line 1 column 13\)\.$/],
    ['a list', () => predict([ride, ride]), /one row as an object, or many as \{"rows": .*, got an array of 2\.$/],
    ['rows that are no list', () => predict({ rows: 5 }), /^rows: expected a list of rows, .*, got 5\.$/],
    ['rows that are one row', () => predict({ rows: ride }), /^rows: expected a list of rows, .*, got an object\.$/],
    [
      'a version that is not there',
      () => post(`${served.url}/predict/ride-duration/versions/7.0.0`, ride),
      /^ride-duration is not served in version 7\.0\.0; it is in 1\.0\.0\.$/,
    ],
    [
      'a form, as curl sends it',
      () => predict('{}', { 'content-type': 'application/x-www-form-urlencoded' }),
      /^Expected content-type: application\/json or text\/csv, got "application\/x-www-form-urlencoded"\.$/,
    ],
  ];
  for (const [what, send, message] of told) {
    it(`says of ${what} what was expected and what came`, async () => {
      assert.match((await send()).json.error.message, message);
    });
  }

  it('takes a row with a field called rows as a row', async () => {
    const { status, json } = await predict({ ...ride, rows: 3 });
    assert.deepEqual([status, json.prediction], [200, (await alone(ride)).output]);
  });

  it('says which methods an address takes', async () => {
    const { headers } = await get(`${served.url}/predict/ride-duration`);
    assert.equal(headers.get('allow'), 'OPTIONS, POST');
  });

  it('takes __proto__ and constructor as fields that nobody asked for', async () => {
    const { status, json } = await predict(
      JSON.stringify(ride).replace('{', '{"__proto__":{"distance":100},"constructor":{"prototype":{"distance":7}},'),
    );
    assert.equal(status, 200);
    assert.deepEqual(json.prediction, (await alone(ride)).output);
    assert.equal(({} as { distance?: number }).distance, undefined);
  });

  it('reads no field out of a prototype', async () => {
    const { distance: _, ...rest } = ride;
    const { json } = await predict(JSON.stringify(rest).replace('{', '{"__proto__":{"distance":2.5},'));
    assert.deepEqual([json.error.code, json.error.field], ['MISSING_FIELD', 'distance']);
  });
});
