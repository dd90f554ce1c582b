import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { type Client, type ClientDuplexStream, type ClientReadableStream, credentials } from '@grpc/grpc-js';
import { healthProtocol } from '../../../src/modes/service/grpc/health.ts';
import { reflectionProtocols } from '../../../src/modes/service/grpc/reflection.ts';
import { models, serve, until } from './serving.ts';

type Answered = { readonly code?: number; readonly answer?: { readonly status: string } };
type Asking = Client & Record<string, (request: object, callback: (error: unknown, answer: unknown) => void) => void>;

const open = async (t: TestContext) => {
  const { service } = await serve(t, [models.trees, models.ride]);
  const address = await service.listenGrpc({ host: '127.0.0.1', port: 0 });
  const client = <T extends Client>(protocol: { readonly Client: new (...args: never[]) => Client }): T => {
    const made = new protocol.Client(...([address, credentials.createInsecure()] as never[]));
    t.after(() => made.close());
    return made as T;
  };
  return { service, client };
};

describe('grpc.health.v1.Health', () => {
  it('checks the service, its protocol and each model', async (t) => {
    const { service, client } = await open(t);
    const health = client<Asking>(healthProtocol);
    const check = (name: string): Promise<Answered> =>
      new Promise((resolve) =>
        health.Check({ service: name }, (error, answer) => resolve({ ...(error as object), answer } as Answered)),
      );
    for (const name of ['', 'inference.GRPCInferenceService', 'trees-100x6', 'ride-duration']) {
      assert.equal((await check(name)).answer?.status, 'SERVING', name);
    }
    assert.equal((await check('nobody')).code, 5);
    await service.plane.models.unload('ride-duration');
    assert.equal((await check('ride-duration')).answer?.status, 'NOT_SERVING');
    assert.equal((await check('')).answer?.status, 'SERVING');
    service.unready();
    assert.equal((await check('')).answer?.status, 'NOT_SERVING');
  });

  it('tells who watches of each change, and of the end', async (t) => {
    const { service, client } = await open(t);
    const health = client<Client & { Watch(request: object): ClientReadableStream<{ status: string }> }>(
      healthProtocol,
    );
    const told: string[] = [];
    const watch = health.Watch({ service: 'ride-duration' });
    watch.on('data', ({ status }) => told.push(status));
    watch.on('error', () => {});
    await until(() => told.length === 1);
    await service.plane.models.unload('ride-duration');
    await until(() => told.length === 2);
    await service.plane.models.load('ride-duration');
    await until(() => told.length === 3);
    const ended = once(watch, 'end');
    await service.close({ lingerMs: 0 });
    await ended;
    assert.deepEqual(told, ['SERVING', 'NOT_SERVING', 'SERVING', 'NOT_SERVING']);
  });
});

type Reflected = {
  readonly list_services_response?: { readonly service: readonly { readonly name: string }[] };
  readonly file_descriptor_response?: { readonly file_descriptor_proto: readonly Buffer[] };
  readonly error_response?: { readonly error_code: number };
};

describe('gRPC reflection', () => {
  for (const protocol of reflectionProtocols) {
    it(`as ${protocol.name} tells of services, and of the files that define them`, async (t) => {
      const { client } = await open(t);
      const reflection = client<Client & { ServerReflectionInfo(): ClientDuplexStream<object, Reflected> }>(protocol);
      const stream = reflection.ServerReflectionInfo();
      stream.on('error', () => {});
      const ask = async (request: object): Promise<Reflected> => {
        stream.write(request);
        const [told] = await once(stream, 'data');
        return told as Reflected;
      };
      const { list_services_response: list } = await ask({ list_services: '*' });
      assert.deepEqual(list?.service.map(({ name }) => name).sort(), [
        'grpc.health.v1.Health',
        'grpc.reflection.v1.ServerReflection',
        'grpc.reflection.v1alpha.ServerReflection',
        'inference.GRPCInferenceService',
      ]);
      for (const symbol of [
        'inference.GRPCInferenceService',
        'inference.GRPCInferenceService.ModelInfer',
        'inference.ModelInferRequest',
        'grpc.health.v1.Health',
      ]) {
        const { file_descriptor_response: found } = await ask({ file_containing_symbol: symbol });
        assert.equal(found?.file_descriptor_proto.length, 1, symbol);
        const [file] = found?.file_descriptor_proto ?? [];
        const name = file.toString('utf8', 2, 2 + file[1]);
        assert.deepEqual((await ask({ file_by_filename: name })).file_descriptor_response, found);
      }
      for (const nothing of ['__proto__', 'nothing.Here', '']) {
        assert.equal((await ask({ file_containing_symbol: nothing })).error_response?.error_code, 5, nothing);
      }
      stream.end();
    });
  }
});
