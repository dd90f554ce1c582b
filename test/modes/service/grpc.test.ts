import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { credentials } from '@grpc/grpc-js';
import type { Row, Scorer } from '../../../src/core/types.ts';
import { InferenceClient, type StreamAnswer } from '../../../src/modes/service/grpc/messages.ts';
import { elementsOfRaw } from '../../../src/modes/service/oip/raw.ts';
import {
  type Answer,
  bytesOf,
  type Client,
  type InferCall,
  names,
  open,
  raw,
  refusal,
  rowsOf,
  typed,
} from './grpc-client.ts';
import { models, post, type Served } from './serving.ts';

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
