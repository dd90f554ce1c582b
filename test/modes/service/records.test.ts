import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { credentials } from '@grpc/grpc-js';
import type { Row } from '../../../src/core/types.ts';
import { type InferAnswer, InferenceClient } from '../../../src/modes/service/grpc/messages.ts';
import { replay } from '../../../src/monitor/replay.ts';
import { examplesOf, type Recording, record } from './recording.ts';
import { get, models, openApp, post, serveApp } from './serving.ts';

const fares = join(import.meta.dirname, '../../../examples/taxi/models/ride-fare');
const doubles = join(import.meta.dirname, '../../fixtures/models/sk-double-linear');

interface KeptJson {
  readonly id: string;
  readonly at: string;
  readonly deployment: string;
  readonly digest: string;
  readonly ms: number;
  readonly input: Row;
  readonly prediction?: Row;
  readonly error?: { readonly code: string };
  readonly label?: Row;
  readonly labelled?: string;
}
const fetchKept = (url: string, id: string) => get<KeptJson>(`${url}/predictions/${id}`);

/** Every record with the given ids is there, and comes out the same when it is made again. */
const assertReplays = async ({ app, recorder }: Recording, folder: string, ids: readonly string[]): Promise<void> => {
  const scorer = await app.scorer(folder);
  for (const id of ids) {
    const kept = await recorder.find(id);
    assert.ok(kept, `${id} is recorded`);
    assert.equal(kept.digest, scorer.digest);
    const replayed = await replay(kept, scorer);
    assert.ok(replayed.same, `${id}: ${JSON.stringify(replayed)}`);
  }
  await scorer.close();
};

describe('records', () => {
  it('keep a prediction with its input, its answer and who made it', async (t) => {
    const { url, service } = await record(t, [models.ride]);
    const [{ input }] = examplesOf(models.ride);
    const { json } = await post(`${url}/predict/ride-duration`, input);
    const { status, json: kept } = await fetchKept(url, json.id);
    const { digest } = await service.plane.models.get('ride-duration');
    assert.equal(status, 200);
    // Served from a folder, whose path is nobody else's business.
    assert.deepEqual([kept.id, kept.deployment, kept.digest], [json.id, `${json.model}@${json.version}`, digest]);
    assert.deepEqual([kept.input, kept.prediction], [input, json.prediction]);
    assert.ok(Math.abs(Date.now() - Date.parse(kept.at)) < 60_000 && kept.ms > 0);
  });

  it('keep of an image its digest alone, whichever way it came', async (t) => {
    const folder = join(import.meta.dirname, '../../fixtures/models/image-means');
    const { url, recorder } = await record(t, [folder]);
    const [{ input }] = examplesOf(folder);
    const digest = createHash('sha256').update(String(input.photo)).digest('hex');
    const { json: one } = await post(`${url}/predict/image-means`, input);
    const { json: many } = await post(`${url}/predict/image-means`, { rows: [input, input] });
    const tensor = { name: 'photo', datatype: 'BYTES', shape: [1], data: [input.photo] };
    const { json: inferred } = await post<{ parameters: { prediction_id: string } }>(
      `${url}/v2/models/image-means/infer`,
      { inputs: [tensor] },
    );
    for (const id of [one.id, many.predictions[1].id, inferred.parameters.prediction_id]) {
      const kept = await recorder.find(id);
      assert.deepEqual(JSON.parse(String(kept?.input)), { photo: `sha256:${digest}` });
    }
  });

  it('of streams and batch runs, whose ids can be guessed, are neither read nor labelled through a service', async (t) => {
    const { app, url, recorder } = await record(t, [models.ride]);
    const [{ input }] = examplesOf(models.ride);
    const { json } = await post(`${url}/predict/ride-duration`, input);
    const kept = await recorder.find(json.id);
    assert.ok(kept);
    await (await app.records()).append([{ ...kept, id: 'rides/trips/0/1' }]);
    for (const path of ['rides%2Ftrips%2F0%2F1', 'rides%2Ftrips%2F0%2F1/events']) {
      assert.equal((await get(`${url}/predictions/${path}`)).status, 404);
    }
    assert.equal((await post(`${url}/predictions/rides%2Ftrips%2F0%2F1/label`, { minutes: 3 })).status, 404);
    assert.equal((await fetchKept(url, json.id)).status, 200);
  });

  for (const [name, folder] of Object.entries(models)) {
    it(`${name}: can be made again, bit by bit, whichever way the row came`, async (t) => {
      const recording = await record(t, [folder]);
      const { url, service } = recording;
      const grpc = new InferenceClient(
        await service.listenGrpc({ host: '127.0.0.1', port: 0 }),
        credentials.createInsecure(),
      );
      t.after(() => grpc.close());
      const [{ card }] = service.plane.models.slots;
      assert.ok(card);
      const rows = examplesOf(folder).map(({ input }) => input);
      const ids: string[] = [];

      for (const row of rows) ids.push((await post(`${url}/predict/${card.name}`, row)).json.id);
      const many = await post(`${url}/predict/${card.name}`, { rows: [...rows, { nonsense: 1 }, 7] });
      assert.equal(many.json.predictions.length, rows.length + 2);
      ids.push(...many.json.predictions.map(({ id }) => id));

      const fields = Object.keys(card.manifest.inputs).filter((field) => rows.every((row) => row[field] != null));
      const cell = (value: unknown) => `"${String(value).replaceAll('"', '""')}"`;
      const lines = rows.map((row) => fields.map((field) => cell(row[field])).join(','));
      const csv = await fetch(`${url}/predict/${card.name}`, {
        method: 'POST',
        headers: { 'content-type': 'text/csv', accept: 'application/json' },
        body: [fields.join(','), lines[0], `${lines[0]},"one cell too many"`, ...lines.slice(1)].join('\n'),
      });
      const answered = ((await csv.json()) as typeof many.json).predictions;
      assert.equal(answered.length, rows.length + 1);
      ids.push(...answered.filter((_, at) => at !== 1).map(({ id }) => id));

      const inputs = card.tensors.inputs
        .filter(({ name: field }) => fields.includes(field))
        .map(({ name: field, datatype, shape }) => ({
          name: field,
          datatype,
          shape: [rows.length, ...shape.slice(1)],
          data: rows.map((row) => row[field]),
        }));
      const rest = await post<{ parameters: { prediction_id: string } }>(`${url}/v2/models/${card.name}/infer`, {
        inputs,
      });
      const list = { BYTES: 'bytes', BOOL: 'bool', INT64: 'int64', INT32: 'int', FP32: 'fp32', FP64: 'fp64' } as const;
      const typed = inputs.map(({ data, ...input }) => ({
        ...input,
        contents: {
          [`${list[input.datatype as keyof typeof list]}_contents`]:
            input.datatype === 'BYTES' ? data.map((value) => Buffer.from(String(value))) : data,
        },
      }));
      const overGrpc = await new Promise<InferAnswer>((resolve, reject) => {
        const call = (grpc as unknown as Record<string, (...words: readonly unknown[]) => void>).ModelInfer;
        call.call(grpc, { model_name: card.name, inputs: typed }, (error: unknown, answer: InferAnswer) =>
          error ? reject(error) : resolve(answer),
        );
      });
      for (const id of [rest.json.parameters.prediction_id, overGrpc.parameters.prediction_id.string_param]) {
        ids.push(...rows.map((_, row) => `${id}.${row}`));
      }

      await assertReplays(recording, folder, ids);
      assert.equal(new Set(ids).size, ids.length);
      assert.deepEqual(recording.recorder.figures.dropped, { full: 0, too_large: 0, failed: 0 });
    });
  }

  for (const wait of [false, true]) {
    it(`are whole for calls of very many rows, which are handed over in parts${wait ? ', also where answers wait' : ''}`, async (t) => {
      const app = await openApp(t);
      const recorder = await app.recorder({ share: 1, days: 1, most: 100_000, wait });
      t.after(() => recorder.close());
      const { url } = await serveApp(t, app, [models.integers], { recorder, recordsApi: true });
      const units = Array.from({ length: 3001 }, (_, at) => at);
      const { json } = await post(`${url}/predict/int-inputs`, {
        rows: units.map((at) => (at === 1500 ? { units: 'x', price: 1 } : { units: at, price: 1 })),
      });
      const data = (name: string, of: (at: number) => number) => ({
        name,
        datatype: 'FP64',
        shape: [3001],
        data: units.map(of),
      });
      const tensors = await post<{ parameters: { prediction_id: string } }>(`${url}/v2/models/int-inputs/infer`, {
        inputs: [data('units', (at) => at), data('price', () => 2)],
      });
      const [rows, columns] = [json.predictions[0].id.slice(0, -2), tensors.json.parameters.prediction_id];
      for (const at of [0, 1023, 1024, 1500, 2048, 3000]) {
        const kept = await recorder.find(`${rows}.${at}`);
        if (at === 1500) assert.match(kept?.error ?? '', /WRONG_TYPE/);
        else assert.equal(JSON.parse(kept?.input ?? '').units, at);
        assert.equal(JSON.parse((await recorder.find(`${columns}.${at}`))?.input ?? '').units, at);
      }
      assert.deepEqual([recorder.figures.written, recorder.figures.dropped.full], [6002, 0]);
    });
  }

  it('change no byte of an answer, whatever there is to be said of its numbers', async (t) => {
    const without = await serveApp(t, await openApp(t), [doubles, models.integers]);
    const recording = await record(t, [doubles, models.integers]);
    const answerOf = async (url: string, model: string, row: string) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}/predict/${model}`, { method: 'POST', headers, body: row });
      const text = await response.text();
      return { id: JSON.parse(text).id as string | undefined, text: text.replace(/"id":"[^"]*"/, '') };
    };
    for (const [model, row, said, kept] of [
      ['sk-double-linear', '{"a":1e308,"b":1e308}', '"BAD_OUTPUT"', undefined],
      ['sk-double-linear', '{"a":0.5,"b":0.25}', '"y":', '{"y":'],
      ['int-inputs', '{"units":-4503599627370497,"price":2047}', '"UNSAFE_INTEGER"', undefined],
      ['int-inputs', '{"units":3,"price":1999}', '"total":5997', '{"total":5997'],
    ] as const) {
      const answer = await answerOf(recording.url, model, row);
      assert.equal(answer.text, (await answerOf(without.url, model, row)).text);
      assert.ok(answer.text.includes(said), answer.text);
      const output = answer.id && (await recording.recorder.find(answer.id))?.output;
      assert.equal(output?.slice(0, kept?.length), kept);
    }
  });

  it('keep the truth that is told later', async (t) => {
    const { url } = await record(t, [models.ride]);
    const { json } = await post(`${url}/predict/ride-duration`, examplesOf(models.ride)[0].input);
    const address = `${url}/predictions/${json.id}/label`;
    const told = await post<KeptJson>(address, { minutes: 17.25 });
    assert.equal(told.status, 200);
    const { json: kept } = await fetchKept(url, json.id);
    assert.deepEqual([kept.label, typeof kept.labelled], [{ minutes: 17.25 }, 'string']);
    const wrong = await post(address, { minuts: 1 });
    assert.deepEqual([wrong.status, wrong.json.error.code], [400, 'BAD_REQUEST']);
    assert.match(wrong.json.error.message, /Did you mean minutes/);
    const bare = await post(address, 31);
    assert.equal(bare.status, 400);
    assert.match(bare.json.error.message, /an object with some of minutes, such as \{"minutes": …\}, got 31\.$/);
    assert.equal((await post(`${url}/predictions/nobody/label`, { minutes: 1 })).status, 404);
  });

  it('are told to be missing, and why, by a service that keeps none', async (t) => {
    const app = await openApp(t);
    const { url } = await serveApp(t, app, [models.trees]);
    for (const reply of [await get(`${url}/predictions/x`), await post(`${url}/predictions/x/label`, { a: 1 })]) {
      assert.deepEqual([reply.status, reply.json.error.code], [404, 'NOT_FOUND']);
      assert.match(reply.json.error.message, /--record/);
    }
  });

  it('are described by a service that keeps them, and by no other', async (t) => {
    const { url } = await record(t, [models.trees]);
    const paths = async (base: string) =>
      Object.keys((await get<{ paths: object }>(`${base}/openapi.json`)).json.paths).filter((path) =>
        path.startsWith('/predictions/'),
      );
    assert.deepEqual(await paths(url), ['/predictions/{id}', '/predictions/{id}/label']);
    const other = await serveApp(t, await openApp(t), [models.trees]);
    assert.deepEqual(await paths(other.url), []);
  });

  it('are kept of the part that was asked for', async (t) => {
    let turn = 0;
    const { url, recorder } = await record(t, [models.trees], { share: 0.25, random: () => (turn++ % 4) / 4 });
    const [{ input }] = examplesOf(models.trees);
    const ids: string[] = [];
    for (let call = 0; call < 12; call++) ids.push((await post(`${url}/predict/trees-100x6`, input)).json.id);
    const found = await Promise.all(ids.map((id) => recorder.find(id)));
    assert.deepEqual(
      found.map((kept) => kept !== undefined),
      ids.map((_, call) => call % 4 === 0),
    );
    assert.equal(recorder.figures.written, 3);
  });

  it('are counted in profiles, whichever way they came, also where none of them is kept', async (t) => {
    const app = await openApp(t);
    const { url, service, recorder } = await record(t, [fares], { share: 0 }, app);
    const [{ input }] = examplesOf(fares);
    const address = `${url}/predict/ride-fare`;
    for (let call = 0; call < 3; call++) assert.equal((await post(address, input)).status, 200);
    const many = { rows: [...Array.from({ length: 2999 }, () => input), { ...input, distance: 'far' }] };
    assert.equal((await post(address, many)).status, 200);
    await service.close();
    await recorder.close();
    assert.equal(recorder.figures.written, 0);
    const profiles = await app.profiles();
    const found = await profiles.of(fares, new Date(Date.now() - 3_600_000));
    assert.equal(found.length, 1);
    const [{ model, rows, refused, inputs, outputs }] = found;
    assert.deepEqual([model, rows, refused], ['ride-fare', 3003, 1]);
    const [fare] = Object.values(outputs);
    assert.deepEqual([fare.count, fare.missing], [3002, 0]);
    assert.ok(Object.values(inputs).some((field) => field.count === 3003));
  });

  it('outlive the service, and go with their time', async (t) => {
    const app = await openApp(t);
    const first = await record(t, [models.trees], {}, app);
    const [{ input }] = examplesOf(models.trees);
    const { json } = await post(`${first.url}/predict/trees-100x6`, { rows: Array.from({ length: 30 }, () => input) });
    await first.service.close();
    await first.recorder.close();
    const second = await record(t, [models.trees], { most: 10 }, app);
    const found = await Promise.all(json.predictions.map(({ id }) => second.recorder.find(id)));
    assert.deepEqual(
      found.map((kept) => kept !== undefined),
      found.map((_, row) => row >= 20),
    );
  });
});
