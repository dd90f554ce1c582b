import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import {
  type ClientDuplexStream,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { Row, Scorer } from '../../../src/core/types.ts';
import {
  type Contents,
  type InferAnswer,
  InferenceClient,
  inferenceService,
  type StreamAnswer,
} from '../../../src/modes/service/grpc/messages.ts';
import { codeKey } from '../../../src/modes/service/grpc/status.ts';
import { elementsOfRaw } from '../../../src/modes/service/oip/raw.ts';
import { models, post, type Served, serve } from './serving.ts';

interface Input {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly contents?: Contents;
  readonly parameters?: object;
}
interface InferCall {
  readonly model_name: string;
  readonly id?: string;
  readonly model_version?: string;
  readonly inputs?: readonly Input[];
  readonly outputs?: readonly { readonly name: string; readonly parameters?: object }[];
  readonly raw_input_contents?: readonly Uint8Array[];
  readonly parameters?: object;
}
type Answer = Omit<InferAnswer, 'raw_output_contents'> & { readonly raw_output_contents: readonly Buffer[] };

interface Client {
  readonly address: string;
  call<T = Readonly<Record<string, unknown>>>(method: string, request?: object, deadlineMs?: number): Promise<T>;
  infer(request: InferCall, deadlineMs?: number): Promise<Answer>;
  stream(): ClientDuplexStream<InferCall, StreamAnswer>;
  close(): void;
}

const connect = (address: string): Client => {
  const client = new InferenceClient(address, credentials.createInsecure());
  const method = (name: string) =>
    (client as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[name].bind(client);
  const call: Client['call'] = (name, request = {}, deadlineMs = 30_000) =>
    new Promise((resolve, reject) => {
      method(name)(request, { deadline: Date.now() + deadlineMs }, (error: unknown, response: never) =>
        error ? reject(error) : resolve(response),
      );
    });
  return {
    address,
    call,
    infer: (request, deadlineMs) => call('ModelInfer', request, deadlineMs),
    stream: () => method('ModelStreamInfer')() as ClientDuplexStream<InferCall, StreamAnswer>,
    close: () => client.close(),
  };
};

type Options = Parameters<typeof serve>[2] & object;
type Hooks = { after(cleanup: () => unknown): void };
const open = async (t: Hooks, refs: readonly string[], options: Options = {}): Promise<Served & { client: Client }> => {
  // On a machine that is busy with other things nobody shall be refused for it.
  const limits = { queueMs: 60_000, ...options.limits };
  const after = (cleanup: unknown) => t.after(cleanup as () => unknown);
  const served = await serve({ after }, refs, { ...options, limits });
  const client = connect(await served.service.listenGrpc({ host: '127.0.0.1', port: 0 }));
  t.after(() => client.close());
  return { ...served, client };
};

const names = Array.from({ length: 16 }, (_, at) => `f${at}`);
const rowsOf = (count: number): readonly Row[] =>
  Array.from({ length: count }, (_, row) =>
    Object.fromEntries(names.map((name, at) => [name, Math.sin(row * 16 + at)])),
  );
const columnOf = (rows: readonly Row[], name: string) => Float64Array.from(rows, (row) => row[name] as number);
const bytesOf = ({ buffer }: { readonly buffer: ArrayBufferLike }) => new Uint8Array(buffer);

const raw = (rows: readonly Row[]): Pick<InferCall, 'model_name' | 'inputs' | 'raw_input_contents'> => ({
  model_name: 'trees-100x6',
  inputs: names.map((name) => ({ name, datatype: 'FP64', shape: [rows.length] })),
  raw_input_contents: names.map((name) => bytesOf(columnOf(rows, name))),
});
const typed = (rows: readonly Row[]): Pick<InferCall, 'model_name' | 'inputs'> => ({
  model_name: 'trees-100x6',
  inputs: names.map((name) => ({
    name,
    datatype: 'FP64',
    shape: [rows.length],
    contents: { fp64_contents: [...columnOf(rows, name)] },
  })),
});

const refusal = async (answer: Promise<unknown>): Promise<readonly [code: string, millrace: unknown, text: string]> => {
  const error = (await answer.then(
    () => assert.fail('it was answered'),
    (reason) => reason,
  )) as ServiceError;
  return [status[error.code], error.metadata.get(codeKey)[0], error.details];
};

describe('gRPC', () => {
  let client: Client;
  let served: Served;
  const cleanups: (() => unknown)[] = [];
  let scorer: Scorer;
  const alone = async (rows: readonly Row[]): Promise<Float64Array> => {
    const answers = await scorer.score(rows);
    return Float64Array.from(answers, ({ output }) => output?.score as number);
  };
  before(async () => {
    const opened = await open({ after: (cleanup) => cleanups.push(cleanup) }, [
      models.trees,
      models.integers,
      models.capitals,
    ]);
    served = opened;
    client = opened.client;
    scorer = await served.app.scorer(models.trees);
    cleanups.push(() => scorer.close());
  });
  after(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });

  it('says that it lives, is ready and what it is', async () => {
    assert.deepEqual(await client.call('ServerLive'), { live: true });
    assert.deepEqual(await client.call('ServerReady'), { ready: true });
    assert.deepEqual(await client.call('ModelReady', { name: 'trees-100x6', version: '1.0.0' }), { ready: true });
    const { name, extensions } = await client.call<{ name: string; extensions: string[] }>('ServerMetadata');
    assert.deepEqual([name, extensions.includes('binary_tensor_data')], ['millrace', true]);
  });

  it("tells a model's tensors as REST does", async () => {
    for (const name of ['trees-100x6', 'int-inputs', 'bool-and-string-out']) {
      const response = await fetch(`${served.url}/v2/models/${name}`);
      // The protocol's message has no place for what this server alone has to say.
      const { parameters: _, ...rest } = (await response.json()) as Readonly<Record<string, unknown>>;
      const own = await client.call('ModelMetadata', { name });
      const tensors = (list: unknown) =>
        (list as { shape: string[] }[]).map((tensor) => ({ ...tensor, shape: tensor.shape.map(Number) }));
      assert.deepEqual({ ...own, inputs: tensors(own.inputs), outputs: tensors(own.outputs) }, rest);
    }
  });

  for (const count of [1, 64]) {
    it(`answers ${count} rows in raw contents with the bits of the scorer`, async () => {
      const rows = rowsOf(count);
      const answer = await client.infer({ ...raw(rows), id: 'a-1' });
      const [{ name, datatype, shape }] = answer.outputs;
      assert.deepEqual([answer.id, answer.model_name, answer.model_version], ['a-1', 'trees-100x6', '1.0.0']);
      assert.deepEqual([name, datatype, shape], ['score', 'FP64', [`${count}`]]);
      assert.deepEqual(elementsOfRaw('score', 'FP64', answer.raw_output_contents[0], count), await alone(rows));
    });
    it(`answers ${count} rows in typed contents with the bits of the scorer, typed too`, async () => {
      const rows = rowsOf(count);
      const answer = await client.infer(typed(rows));
      assert.deepEqual(answer.raw_output_contents, []);
      assert.deepEqual(answer.outputs[0].contents?.fp64_contents, [...(await alone(rows))]);
    });
  }

  it('reads and writes integers, booleans and texts, typed and raw', async () => {
    const answer = await client.infer({
      model_name: 'int-inputs',
      inputs: [
        { name: 'units', datatype: 'INT64', shape: [2], contents: { int64_contents: ['9007199254740', '-2'] } },
        { name: 'price', datatype: 'INT32', shape: [2], contents: { int_contents: [3, 5] } },
      ],
      outputs: [{ name: 'total' }],
    });
    assert.deepEqual(
      answer.outputs.map(({ name, contents }) => [name, contents?.int64_contents]),
      [['total', ['27021597764220', '-10']]],
    );
    const capitals = await served.app.scorer(models.capitals);
    const row = { country: 'Österreich', score: 0.75, member: true };
    const [{ output }] = await capitals.score([row]);
    await capitals.close();
    const inputs = [
      { name: 'country', datatype: 'BYTES', shape: [1, 1] },
      { name: 'score', datatype: 'FP32', shape: [1, 1] },
      { name: 'member', datatype: 'BOOL', shape: [1, 1] },
    ];
    const text = Buffer.from(row.country);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    const whole = await client.infer({
      model_name: 'bool-and-string-out',
      inputs,
      raw_input_contents: [Buffer.concat([length, text]), bytesOf(Float32Array.of(row.score)), Uint8Array.of(1)],
    });
    const decoded = Object.fromEntries(
      whole.outputs.map(({ name, datatype }, at) => {
        const [element] = elementsOfRaw(name, datatype as 'BYTES', whole.raw_output_contents[at], 1);
        return [name, datatype === 'BOOL' ? element === 1 : element];
      }),
    );
    assert.deepEqual(decoded, output);
  });

  it('answers as REST does, for the same request', async () => {
    const rows = rowsOf(3);
    const { inputs } = typed(rows);
    const body = {
      inputs: inputs?.map(({ contents, ...input }) => ({ ...input, data: contents?.fp64_contents })),
    };
    const { json } = await post<{ outputs: { data: number[] }[] }>(`${served.url}/v2/models/trees-100x6/infer`, body);
    const answer = await client.infer(typed(rows));
    assert.deepEqual(answer.outputs[0].contents?.fp64_contents, json.outputs[0].data);
  });

  const [row] = rowsOf(1);
  const refused: readonly (readonly [what: string, request: InferCall, code: string, millrace: string])[] = [
    ['a model that is not there', { ...raw([row]), model_name: 'trees' }, 'NOT_FOUND', 'UNKNOWN_MODEL'],
    ['a version that is not there', { ...raw([row]), model_version: '2.0.0' }, 'NOT_FOUND', 'UNKNOWN_VERSION'],
    [
      'a request without inputs',
      { ...raw([row]), inputs: [], raw_input_contents: [] },
      'INVALID_ARGUMENT',
      'MISSING_FIELD',
    ],
    ['too few raw contents', { ...raw([row]), raw_input_contents: [] }, 'INVALID_ARGUMENT', 'BAD_SHAPE'],
    [
      'raw contents for some inputs only',
      { ...raw([row]), raw_input_contents: [new Uint8Array(8)] },
      'INVALID_ARGUMENT',
      'BAD_REQUEST',
    ],
    [
      'contents of another size than the shape',
      { ...raw([row]), raw_input_contents: names.map(() => new Uint8Array(9)) },
      'INVALID_ARGUMENT',
      'BAD_SHAPE',
    ],
    ['an output that is not there', { ...raw([row]), outputs: [{ name: 'x' }] }, 'INVALID_ARGUMENT', 'BAD_REQUEST'],
    [
      'a datatype that is none',
      { model_name: 'int-inputs', inputs: [{ name: 'units', datatype: 'INT', shape: [1] }] },
      'INVALID_ARGUMENT',
      'BAD_REQUEST',
    ],
    [
      'contents in the wrong list',
      {
        model_name: 'int-inputs',
        inputs: [{ name: 'units', datatype: 'INT64', shape: [1], contents: { fp64_contents: [1] } }],
      },
      'INVALID_ARGUMENT',
      'BAD_REQUEST',
    ],
    [
      'an element that is too large for its datatype',
      {
        model_name: 'int-inputs',
        inputs: [
          { name: 'units', datatype: 'INT8', shape: [1], contents: { int_contents: [128] } },
          { name: 'price', datatype: 'INT8', shape: [1], contents: { int_contents: [1] } },
        ],
      },
      'INVALID_ARGUMENT',
      'WRONG_TYPE',
    ],
    [
      'a negative size',
      { model_name: 'int-inputs', inputs: [{ name: 'units', datatype: 'INT64', shape: [-1] }] },
      'INVALID_ARGUMENT',
      'BAD_REQUEST',
    ],
    [
      'shared memory',
      {
        ...raw([row]),
        outputs: [{ name: 'score', parameters: { shared_memory_region: { string_param: 'x' } } }],
      },
      'INVALID_ARGUMENT',
      'BAD_REQUEST',
    ],
  ];
  for (const [what, request, code, millrace] of refused) {
    it(`refuses ${what} with ${code}`, async () => {
      const [got, own, text] = await refusal(client.infer(request));
      assert.deepEqual([got, own], [code, millrace]);
      assert.ok(text.length > 0 && !text.includes('    at '), text);
    });
  }

  it('names the calls of Triton that it does not have', async () => {
    const [code] = await refusal(
      new Promise((_, reject) => {
        const bytes = (value: Buffer) => value;
        const other = new InferenceClient(client.address, credentials.createInsecure());
        other.makeUnaryRequest(
          '/inference.GRPCInferenceService/ModelConfig',
          bytes,
          bytes,
          Buffer.alloc(0),
          (error: unknown) => {
            other.close();
            reject(error);
          },
        );
      }),
    );
    assert.equal(code, 'UNIMPLEMENTED');
  });

  it('answers a stream in the order of its requests, an error in its place', async () => {
    const stream = client.stream();
    const got: StreamAnswer[] = [];
    stream.on('data', (answer) => got.push(answer));
    const counts = Array.from({ length: 200 }, (_, at) => 1 + (at % 7));
    for (const [at, count] of counts.entries()) {
      const request = { ...raw(rowsOf(count)), id: `${at}` };
      stream.write(at % 50 === 3 ? { ...request, model_name: 'nobody' } : request);
    }
    stream.end();
    await once(stream, 'end');
    assert.equal(got.length, counts.length);
    for (const [at, count] of counts.entries()) {
      const { error_message, infer_response } = got[at];
      if (at % 50 === 3) {
        assert.match(error_message, /No model named nobody/);
        continue;
      }
      const answer = infer_response as Answer;
      assert.deepEqual([error_message, answer.id], ['', `${at}`]);
      assert.deepEqual(
        elementsOfRaw('score', 'FP64', answer.raw_output_contents[0], count),
        await alone(rowsOf(count)),
      );
    }
  });

  it('says which answer is the last to who asks to be told', async () => {
    const parameters = { triton_enable_empty_final_response: { bool_param: true } };
    const answer = await client.infer({ ...raw([row]), parameters });
    assert.equal(answer.parameters.triton_final_response.bool_param, true);
  });
});

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
