import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { callerOf } from '../../../src/modes/service/connections.ts';
import { get, metric, models, type Served, sendBytes, serve, type Told, until } from './serving.ts';

const path = '/predict/trees-100x6';

describe('methods', () => {
  let served: Served;
  const cleanups: (() => unknown)[] = [];
  before(async () => {
    served = await serve({ after: (cleanup) => cleanups.push(cleanup as () => unknown) }, [models.trees], {
      origins: ['https://app.example', 'http://localhost:3000'],
    });
  });
  after(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });

  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'QUERY', 'PROPFIND', 'SEARCH', 'LOCK']) {
    it(`${method} gets 405 with what the address takes, before its body is read`, async () => {
      const head = 'host: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 9';
      const text = await sendBytes(served.url, `${method} ${path}?a=1 HTTP/1.1\r\n${head}\r\n\r\n`);
      assert.match(text, /^HTTP\/1\.1 405 [\s\S]*allow: OPTIONS, POST\r\n[\s\S]*"code":"METHOD_NOT_ALLOWED"/);
    });
  }

  it('an address with a slash behind it is another, where there is nothing', async () => {
    for (const method of ['POST', 'GET', 'OPTIONS']) {
      const response = await fetch(`${served.url}${path}/`, { method });
      assert.deepEqual([response.status, response.headers.get('allow')], [404, null], method);
    }
  });

  it('CONNECT gets 405', async () => {
    const text = await sendBytes(served.url, 'CONNECT other:80 HTTP/1.1\r\nhost: x\r\n\r\n');
    assert.match(text, /^HTTP\/1\.1 405 [\s\S]*"code":"METHOD_NOT_ALLOWED"/);
  });

  it('OPTIONS gets 204 with what the address takes, and 404 where there is nothing', async () => {
    const response = await fetch(`${served.url}/v2/models/trees-100x6/versions/1.0.0/ready`, { method: 'OPTIONS' });
    assert.deepEqual([response.status, response.headers.get('allow')], [204, 'GET, HEAD, OPTIONS']);
    assert.equal((await fetch(`${served.url}/nowhere`, { method: 'OPTIONS' })).status, 404);
  });

  it('of a page of an origin that may call are answered beforehand', async () => {
    const ask = async (origin: string) => {
      const headers = { origin, 'access-control-request-method': 'POST' };
      const response = await fetch(`${served.url}${path}`, { method: 'OPTIONS', headers });
      const of = (name: string) => response.headers.get(`access-control-allow-${name}`);
      return [response.status, of('origin'), of('methods'), of('headers')?.includes('content-type'), of('credentials')];
    };
    assert.deepEqual(await ask('http://localhost:3000'), [204, 'http://localhost:3000', 'OPTIONS, POST', true, null]);
    assert.deepEqual(await ask('https://evil.example'), [204, null, null, undefined, null]);
  });

  it('of a page get answers and errors that it may read, and caches tell origins apart', async () => {
    for (const place of ['/livez', '/nowhere', '/predict/unknown']) {
      const { headers } = await fetch(`${served.url}${place}`, { headers: { origin: 'https://app.example' } });
      assert.equal(headers.get('access-control-allow-origin'), 'https://app.example', place);
      assert.match(headers.get('access-control-expose-headers') ?? '', /x-request-id/);
      assert.equal(headers.get('vary'), 'origin');
    }
  });

  it('of pages of all origins may be allowed, and are not unless that was said', async (t) => {
    const origin = { headers: { origin: 'https://any.example' } };
    const open = await serve(t, [models.trees], { origins: ['*'] });
    const { headers } = await fetch(`${open.url}/livez`, origin);
    assert.deepEqual([headers.get('access-control-allow-origin'), headers.get('vary')], ['*', null]);
    const closed = await serve(t, [models.trees]);
    assert.equal((await fetch(`${closed.url}/livez`, origin)).headers.get('access-control-allow-origin'), null);
  });
});

describe('shapes of tensors', () => {
  it('past what a computer counts are told as what they are', async (t) => {
    const { url } = await serve(t, [models.trees]);
    const told = async (shape: string) => {
      const body = `{"inputs":[{"name":"f0","shape":${shape},"datatype":"FP64","data":[1]}]}`;
      const { json } = await get<Told & { readonly error: string }>(`${url}/v2/models/trees-100x6/infer`, {
        method: 'POST',
        body,
      });
      return String(json.error);
    };
    assert.match(
      await told('[4611686018427387904]'),
      /whole sizes from 0 to 9007199254740991, got 4611686018427387904/,
    );
    assert.match(await told('[-1]'), /whole sizes from 0 .* got -1/);
    assert.match(await told('[1.5]'), /whole sizes from 0 .* got 1.5/);
    assert.match(await told('[4503599627370496, 4]'), /at most 9007199254740991 elements, got \[4503599627370496, 4\]/);
    assert.match(await told(`[${new Array(40).fill(1)}]`), /at most 32 sizes, got more/);
  });
});

describe('connections', () => {
  it('that never ask, or never end what they ask, are gone soon after their time is up', async (t) => {
    const { url, service } = await serve(t, [models.trees], { limits: { arrivalMs: 200 } });
    const grpc = await service.listenGrpc({ host: '127.0.0.1', port: 0 });
    const half = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
    const body = [`${half}content-length: 9\r\n\r\n{`, `${half}transfer-encoding: chunked\r\n\r\n9\r\n{`];
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
    const said = {
      http: ['', 'P', half, ...body, preface],
      grpc: ['', 'PRI', preface, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'],
    };
    const ports = { http: Number(new URL(url).port), grpc: Number(grpc.split(':')[1]) };
    for (const door of ['http', 'grpc'] as const) {
      for (const text of said[door]) {
        // Its own side stays open whatever the service does.
        const socket = connect({ port: ports[door], host: '127.0.0.1', allowHalfOpen: true });
        t.after(() => socket.destroy());
        socket.on('error', () => {}).resume();
        socket.write(text);
      }
      await until(() => service.places[door].open > 0);
    }
    for (const door of ['http', 'grpc'] as const) await until(() => service.places[door].open === 0);
    assert.equal((await get(`${url}/livez`)).status, 200);
  });

  it('of gRPC whose message never ends lose the call, and its bytes are given back', async (t) => {
    const { url, service } = await serve(t, [models.trees], { limits: { arrivalMs: 300 } });
    const grpc = await service.listenGrpc({ host: '127.0.0.1', port: 0 });
    const client = connectHttp2(`http://${grpc}`);
    t.after(() => client.destroy());
    const call = (method: string, bytes: number) => {
      const stream = client.request({
        ':method': 'POST',
        ':path': `/inference.GRPCInferenceService/${method}`,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream.on('error', () => {});
      const head = Buffer.alloc(5);
      head.writeUInt32BE(10_000, 1);
      if (bytes > 0) stream.write(Buffer.concat([head, Buffer.alloc(bytes)]));
      return stream;
    };
    const waiting = call('ModelStreamInfer', 0);
    const unfinished = [call('ModelInfer', 5000), call('ModelInfer', 0), call('ModelStreamInfer', 2000)];
    await until(async () => (await metric(url, 'millrace_bodies_bytes')) === 7010);
    await Promise.all(unfinished.map((stream) => new Promise((resolve) => stream.on('close', resolve))));
    await until(async () => (await metric(url, 'millrace_bodies_bytes')) === 0);
    assert.ok(!waiting.closed, 'a stream may wait for its caller');
    assert.equal(await metric(url, 'millrace_rejected_total{reason="TOO_SLOW"}'), 3);
  });

  it('of gRPC share the room for bodies, compressed messages with all that they may become', async (t) => {
    const limits = { bodyBytes: 1_000_000, bodiesBytes: 1_200_000 };
    const { url, service } = await serve(t, [models.trees], { limits });
    const grpc = await service.listenGrpc({ host: '127.0.0.1', port: 0 });
    const client = connectHttp2(`http://${grpc}`);
    t.after(() => client.destroy());
    const begin = (compressed: number, length: number) => {
      const stream = client.request({
        ':method': 'POST',
        ':path': '/inference.GRPCInferenceService/ModelInfer',
        'content-type': 'application/grpc',
        'grpc-encoding': 'gzip',
        te: 'trailers',
      });
      stream.on('error', () => {});
      const head = Buffer.alloc(5);
      head[0] = compressed;
      head.writeUInt32BE(length, 1);
      stream.write(Buffer.concat([head, Buffer.alloc(100)]));
      return new Promise<number | undefined>((resolve) => stream.on('close', () => resolve(stream.rstCode)));
    };
    void begin(1, 10_000);
    await until(async () => (await metric(url, 'millrace_bodies_bytes')) > 1_000_000);
    const enhanceYourCalm = 11;
    assert.equal(await begin(1, 10_000), enhanceYourCalm);
    assert.equal(await metric(url, 'millrace_rejected_total{reason="BODIES_FULL"}'), 1);
  });

  it('of one address cannot take every place', async (t) => {
    const { url, service } = await serve(t, [models.trees], { limits: { connections: 10, connectionsPerAddress: 5 } });
    const grpc = await service.listenGrpc({ host: '127.0.0.1', port: 0 });
    for (const [door, port] of [
      ['http', Number(new URL(url).port)],
      ['grpc', Number(grpc.split(':')[1])],
    ] as const) {
      const from = (localAddress: string) => {
        const socket = connect({ port, host: '127.0.0.1', localAddress });
        socket.on('error', () => {});
        t.after(() => socket.destroy());
        return socket;
      };
      const many = Array.from({ length: 8 }, () => from('127.0.0.1'));
      await until(() => many.filter(({ closed }) => closed).length === 3);
      const others = Array.from({ length: 2 }, () => from('127.0.0.2'));
      await until(() => service.places[door].open === 7);
      assert.ok(others.every(({ closed }) => !closed));
      for (const socket of [...many, ...others]) socket.destroy();
      await until(() => service.places[door].open === 0);
    }
    assert.equal(await metric(url, 'millrace_rejected_total{reason="TOO_MANY_CONNECTIONS"}'), 6);
  });

  it('are counted by address, of IPv6 by its network', () => {
    assert.equal(callerOf('192.0.2.1'), '192.0.2.1');
    assert.equal(callerOf('::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(callerOf('2001:db8:1:2:3:4:5:6'), callerOf('2001:db8:1:2::9'));
    assert.notEqual(callerOf('2001:db8:1:2::9'), callerOf('2001:db8:1:3::9'));
    assert.equal(callerOf('fe80::1%eth0'), callerOf('fe80::2'));
    assert.equal(callerOf('::1'), callerOf('0:0:0:0:0:0:0:1'));
  });
});
