import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Row } from '../../../src/core/types.ts';
import { get, models, post, type Served, serve } from './serving.ts';

let served: Served;
let examples: readonly Row[];
let minutes: readonly unknown[];
const cleanups: (() => unknown)[] = [];
before(async () => {
  served = await serve({ after: (cleanup) => cleanups.push(cleanup as () => unknown) }, [models.ride]);
  examples = (await served.app.open(models.ride)).examples.map(({ input }) => input);
  const scorer = await served.app.scorer(models.ride);
  minutes = (await scorer.score(examples)).map(({ output }) => output?.minutes);
  await scorer.close();
});
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

const names = () => Object.keys(examples[0]);
const cell = (value: unknown): string => (value === null ? '' : `"${String(value).replaceAll('"', '""')}"`);
const csvOf = (rows: readonly Row[]): string =>
  [
    names().join(','),
    ...rows.map((row) =>
      names()
        .map((name) => cell(row[name]))
        .join(','),
    ),
  ].join('\r\n');

describe('CSV on /predict', () => {
  const send = async (body: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${served.url}/predict/ride-duration`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/csv', ...headers },
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  it('goes in and comes out, each line with its id, and the same numbers as from JSON', async () => {
    const { status, headers, text } = await send(csvOf(examples));
    assert.equal(status, 200);
    assert.match(headers.get('content-type') ?? '', /^text\/csv/);
    assert.match(headers.get('x-model') ?? '', /^ride-duration@1\.0\.0 sha256:/);
    const [first, ...lines] = text.trimEnd().split('\n');
    assert.equal(first, 'id,minutes,error');
    assert.deepEqual(
      lines.map((line) => Number(line.split(',')[1])),
      minutes,
    );
    assert.equal(new Set(lines.map((line) => line.split(',')[0])).size, examples.length);
  });

  it('is answered in JSON to who wants that', async () => {
    const { text } = await send(csvOf(examples), { accept: 'application/json' });
    const { predictions } = JSON.parse(text) as { predictions: { prediction: { minutes: number } }[] };
    assert.deepEqual(
      predictions.map(({ prediction }) => prediction.minutes),
      minutes,
    );
  });

  it('is answered to JSON too, if it is wanted', async () => {
    const response = await fetch(`${served.url}/predict/ride-duration`, {
      method: 'POST',
      body: JSON.stringify({ rows: examples }),
      headers: { 'content-type': 'application/json', accept: 'text/csv' },
    });
    const lines = (await response.text()).trimEnd().split('\n').slice(1);
    assert.deepEqual(
      lines.map((line) => Number(line.split(',')[1])),
      minutes,
    );
  });

  it('answers a bad row and a bad line with why, at their places, and the others as ever', async () => {
    const [header, a, b] = csvOf([examples[0], examples[1]]).split('\r\n');
    const far = a.replace(/"2\.5"/, '"far"');
    const { status, text } = await send([header, a, 'too,few', far, b].join('\n'));
    assert.equal(status, 200);
    const lines = text.trimEnd().split('\n').slice(1);
    assert.equal(Number(lines[0].split(',')[1]), minutes[0]);
    assert.match(lines[1], /,,.*BAD_LINE/);
    assert.match(lines[2], /,,.*WRONG_TYPE: distance/);
    assert.equal(Number(lines[3].split(',')[1]), minutes[1]);
  });

  it('needs a first line that names the fields', async () => {
    for (const body of ['', '\n', 'a,a\n1,2']) {
      const { status, text } = await send(body);
      assert.deepEqual([status, JSON.parse(text).error.code], [400, 'BAD_REQUEST'], JSON.stringify(body));
    }
  });
});

describe('MLflow’s /invocations', () => {
  const invoke = (body: unknown) => post<{ predictions: unknown[] }>(`${served.url}/invocations`, body);
  const formats: Readonly<Record<string, () => unknown>> = {
    dataframe_split: () => ({
      columns: names(),
      index: examples.map((_, at) => at),
      data: examples.map(Object.values),
    }),
    dataframe_records: () => examples,
    instances: () => examples,
    inputs: () => Object.fromEntries(names().map((name) => [name, examples.map((row) => row[name])])),
  };
  for (const [format, body] of Object.entries(formats)) {
    it(`answers ${format}`, async () => {
      const { status, json } = await invoke({ [format]: body() });
      assert.equal(status, 200);
      assert.deepEqual(json, { predictions: minutes });
    });
  }

  it('answers CSV', async () => {
    const response = await fetch(`${served.url}/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: csvOf(examples),
    });
    assert.deepEqual(await response.json(), { predictions: minutes });
  });

  it('takes values without names in the order of the fields', async () => {
    const { json } = await invoke({ instances: examples.map(Object.values) });
    assert.deepEqual(json, { predictions: minutes });
  });

  it('answers objects where a model has several outputs, and needs to know which model where there are several', async (t) => {
    const { url } = await serve(t, [models.integers, models.capitals]);
    const rows = { dataframe_records: [{ units: 3, price: 4 }] };
    const unnamed = await post<{ error_code: string; message: string }>(`${url}/invocations`, rows);
    assert.deepEqual([unnamed.status, unnamed.json.error_code], [400, 'BAD_REQUEST']);
    const { json } = await post<{ predictions: unknown[] }>(`${url}/invocations?model=int-inputs`, rows);
    assert.deepEqual(json, { predictions: [{ total: 12, over: false }] });
  });

  it('refuses in the shape that MLflow’s clients read, with ours beside it', async () => {
    const bad = [
      {},
      { instances: 1 },
      { instances: [], inputs: [] },
      { dataframe_split: { data: [[1]] } },
      { inputs: { distance: [1], passengers: [1, 2] } },
      { instances: [[1]] },
    ];
    for (const body of bad) {
      const { status, json } = await post<{ error_code: string; message: string; error: { code: string } }>(
        `${served.url}/invocations`,
        body,
      );
      assert.equal(status, 400, JSON.stringify(body));
      assert.deepEqual(
        [json.error_code, typeof json.message, json.error.code],
        ['BAD_REQUEST', 'string', 'BAD_REQUEST'],
      );
    }
    const { status, json } = await post<{ error_code: string; message: string }>(`${served.url}/invocations`, {
      dataframe_records: [examples[0], { ...examples[0], distance: -1 }],
    });
    assert.deepEqual([status, json.error_code], [422, 'OUT_OF_RANGE']);
    assert.match(json.message, /^Row 1: distance/);
  });

  it('has MLflow’s ping, health and version', async () => {
    for (const path of ['/ping', '/health', '/version']) {
      const response = await fetch(`${served.url}${path}`);
      assert.equal(response.status, 200);
      await response.text();
    }
    assert.equal((await get(`${served.url}/livez`)).status, 200);
  });
});
