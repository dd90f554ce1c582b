import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { type ClientUnaryCall, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { InferenceClient, inferenceService, type StreamAnswer } from '../../../src/modes/service/grpc/messages.ts';
import { open, raw, refusal, rowsOf, typed } from './grpc-client.ts';
import { models, serve } from './serving.ts';

describe('a gRPC service', () => {
  it('lists, unloads and loads models, as the clients of Triton and of KServe ask', async (t) => {
    const { client } = await open(t, [models.trees], { modelControl: true });
    const states = async (ready = false) =>
      (await client.call<{ models: { name: string; state: string }[] }>('RepositoryIndex', { ready })).models.map(
        ({ name, state }) => [name, state],
      );
    assert.deepEqual(await states(), [['trees-100x6', 'READY']]);
    await client.call('RepositoryModelUnload', { model_name: 'trees-100x6' });
    assert.deepEqual([await states(), await states(true)], [[['trees-100x6', 'UNAVAILABLE']], []]);
    assert.deepEqual((await refusal(client.infer(raw(rowsOf(1)))))[1], 'UNKNOWN_MODEL');
    const loaded = await client.call('RepositoryModelLoad', { name_or_repository: 'trees-100x6' });
    assert.deepEqual(loaded, { model_name: 'trees-100x6', done: true });
    await client.infer(raw(rowsOf(1)));
  });

  it('does not load and unload unless that is opened, nor where it has a door of its own', async (t) => {
    for (const options of [{}, { modelControl: true, adminDoor: true }]) {
      const { client } = await open(t, [models.trees], options);
      for (const call of ['RepositoryModelUnload', 'RepositoryModelLoad']) {
        const request = client.call(call, { model_name: 'trees-100x6' });
        assert.deepEqual((await refusal(request)).slice(0, 2), ['PERMISSION_DENIED', 'FORBIDDEN']);
      }
    }
  });

  it('has the limits of the service', async (t) => {
    const { client } = await open(t, [models.trees], { limits: { rows: 10, bodyBytes: 20_000 } });
    await client.infer(raw(rowsOf(10)));
    const [code, millrace] = await refusal(client.infer(raw(rowsOf(11))));
    assert.deepEqual([code, millrace], ['INVALID_ARGUMENT', 'TOO_MANY_ROWS']);
    assert.equal((await refusal(client.infer(raw(rowsOf(200)))))[0], 'RESOURCE_EXHAUSTED');
  });

  it('takes no more connections than it may have', async (t) => {
    const { client } = await open(t, [models.trees], { limits: { connections: 1 } });
    await client.call('ServerLive');
    const other = new InferenceClient(client.address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
    t.after(() => other.close());
    const method = (other as unknown as Record<string, (...words: readonly unknown[]) => void>).ServerLive;
    const error = await new Promise<ServiceError>((resolve) => method.call(other, {}, resolve));
    assert.equal(status[error.code], 'UNAVAILABLE');
    assert.deepEqual(await client.call('ServerLive'), { live: true });
  });

  it('refuses a request whose time has run out, by the deadline of gRPC or by the parameter of Triton', async (t) => {
    const { client } = await open(t, [models.trees], { limits: { timeoutMs: 0 } });
    const unsaid = await refusal(client.infer(raw(rowsOf(1)), Number.POSITIVE_INFINITY));
    assert.deepEqual(unsaid.slice(0, 2), ['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED']);
    assert.equal((await client.infer(raw(rowsOf(1)), 30_000)).raw_output_contents.length, 1);
    const other = await open(t, [models.trees]);
    const parameters = { timeout: { int64_param: '1' } };
    const late = await refusal(other.client.infer({ ...raw(rowsOf(1)), parameters }));
    assert.deepEqual(late.slice(0, 2), ['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED']);
    assert.equal((await refusal(other.client.infer(raw(rowsOf(1)), -1)))[0], 'DEADLINE_EXCEEDED');
  });

  it('answers all that it has taken before it stops, and ends the streams that are open', async (t) => {
    const { client, service } = await open(t, [models.trees]);
    const stream = client.stream();
    const got: StreamAnswer[] = [];
    stream.on('data', (answer) => got.push(answer));
    for (let at = 0; at < 50; at++) stream.write({ ...raw(rowsOf(3)), id: `${at}` });
    await once(stream, 'data');
    const unary = Array.from({ length: 50 }, () => client.infer(raw(rowsOf(2))));
    await Promise.all(unary.slice(0, 1));
    const ended = once(stream, 'end');
    await service.close();
    await ended;
    const outcomes = await Promise.allSettled(unary);
    for (const outcome of outcomes) {
      // What had not reached the service when it stopped may be refused, and then so that it can be tried again.
      if (outcome.status === 'rejected') assert.equal(status[outcome.reason.code], 'UNAVAILABLE');
      else assert.equal(outcome.value.raw_output_contents[0].length, 16);
    }
    assert.deepEqual(
      got.map(({ infer_response }) => infer_response?.id),
      Array.from(got, (_, at) => `${at}`),
    );
  });

  it('survives bytes of every kind, and blames none of them on itself', async (t) => {
    const { client } = await open(t, [models.trees]);
    const other = new InferenceClient(client.address, credentials.createInsecure());
    t.after(() => other.close());
    const path = '/inference.GRPCInferenceService/ModelInfer';
    const bytes = (value: Buffer) => value;
    const send = (message: Buffer): Promise<string> =>
      new Promise((resolve) => {
        other.makeUnaryRequest(path, bytes, bytes, message, (error: ServiceError | null) =>
          resolve(status[error?.code ?? status.OK]),
        );
      });
    // Always the same ones (Numerical Recipes' generator).
    let state = 7;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const { requestSerialize } = inferenceService.ModelInfer;
    const valid = [raw(rowsOf(3)), typed(rowsOf(2))].map((request) => requestSerialize(request));
    const lies = [[2 ** 31], [2 ** 26, 2 ** 27], [0], [-5], [1, 1, 1, 1], []].map((shape) => {
      const { inputs = [], ...rest } = typed(rowsOf(1));
      return requestSerialize({ ...rest, inputs: inputs.map((input) => ({ ...input, shape })) });
    });
    const mutated = (): Buffer => {
      const message = Buffer.from(valid[random(2)]);
      for (let change = 0; change <= random(4); change++) message[random(message.length)] = random(256);
      return random(3) === 0 ? message.subarray(0, random(message.length)) : message;
    };
    const noise = (): Buffer => Buffer.from(Array.from({ length: random(200) }, () => random(256)));
    const seen = new Map<string, number>();
    for (let round = 0; round < 180; round++) {
      const messages = Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? mutated() : noise()));
      for (const code of await Promise.all([...messages, ...lies].map(send))) seen.set(code, (seen.get(code) ?? 0) + 1);
    }
    const blameless = ['OK', 'INVALID_ARGUMENT', 'NOT_FOUND'];
    assert.deepEqual(
      [...seen.keys()].filter((code) => !blameless.includes(code)),
      [],
      JSON.stringify([...seen]),
    );
    assert.equal((await client.infer(raw(rowsOf(1)))).outputs.length, 1);
  });

  it('traces its calls as children of the caller’s', async (t) => {
    const traceEnv = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
    const { service } = await serve(t, [models.trees], { traceEnv });
    const address = await service.listenGrpc({ host: '127.0.0.1', port: 0 });
    const client = new InferenceClient(address, credentials.createInsecure());
    t.after(() => client.close());
    const metadata = new Metadata();
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    metadata.set('traceparent', `00-${traceId}-00f067aa0ba902b7-01`);
    const call = (
      client as unknown as Record<string, (...words: readonly unknown[]) => ClientUnaryCall>
    ).ServerLive.call(client, {}, metadata, () => undefined);
    const [answered] = (await once(call, 'metadata')) as [Metadata];
    assert.match(String(answered.get('traceparent')[0]), new RegExp(`^00-${traceId}-(?!00f067)[0-9a-f]{16}-01$`));
  });

  it('says in words that its port is taken', async (t) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    t.after(() => taken.close());
    const { port } = taken.address() as { port: number };
    const { service } = await serve(t, [models.trees]);
    await assert.rejects(service.listenGrpc({ host: '127.0.0.1', port }), (error: Error) => {
      assert.equal((error as Error & { code: string }).code, 'CANNOT_LISTEN');
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}: another process has that port`));
      return true;
    });
  });
});
