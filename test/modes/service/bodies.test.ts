import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { brotliCompressSync, constants, createZstdCompress, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { get, metric, models, type Served, sendBytes, serve, type Told, until } from './serving.ts';

const input = JSON.parse(await readFile(join(models.trees, 'examples.json'), 'utf8'))[0].input as Record<
  string,
  number
>;
const names = Object.keys(input);
const row = JSON.stringify(input);
const csv = `${names.join(',')}\n${Object.values(input).join(',')}\n`;
const tensors = JSON.stringify({
  inputs: names.map((name) => ({ name, shape: [1], datatype: 'FP64', data: [input[name]] })),
});

const encoders = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync } as const;
const doors: readonly (readonly [string, string, string])[] = [
  ['/predict/trees-100x6', 'application/json', row],
  ['/predict/trees-100x6', 'text/csv', csv],
  ['/invocations', 'application/json', JSON.stringify({ dataframe_records: [input] })],
  ['/invocations', 'text/csv', csv],
  ['/v2/models/trees-100x6/infer', 'application/json', tensors],
];

/** The first bytes of a body of so many, on a connection that stays open. */
const begin = async (url: string, length: number, sent: number) => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  let text = '';
  socket.on('data', (data) => {
    text += data.toString('latin1');
  });
  const head = `POST /predict/trees-100x6 HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
  const framed = Number.isFinite(length)
    ? `content-length: ${length}\r\n\r\n${' '.repeat(sent)}`
    : `transfer-encoding: chunked\r\n\r\n${sent.toString(16)}\r\n${' '.repeat(sent)}\r\n`;
  socket.write(head + framed);
  return { socket, told: () => text };
};

describe('bodies', () => {
  let served: Served;
  const cleanups: (() => unknown)[] = [];
  const send = async (path: string, type: string, body: Uint8Array, encoding: string) => {
    const headers = { 'content-type': type, 'content-encoding': encoding, accept: 'application/json' };
    const response = await fetch(`${served.url}${path}`, { method: 'POST', body: body as BodyInit, headers });
    return { status: response.status, headers: response.headers, json: (await response.json()) as Told };
  };
  before(async () => {
    served = await serve({ after: (cleanup) => cleanups.push(cleanup as () => unknown) }, [models.trees], {
      limits: { bodyBytes: 100_000 },
    });
  });
  after(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });

  for (const [path, type, body] of doors) {
    it(`may come compressed at ${path} as ${type}`, async () => {
      const plain = await send(path, type, Buffer.from(body), 'identity');
      assert.equal(plain.status, 200);
      const told = ({ json }: { readonly json: Told }) =>
        JSON.stringify(json, (key, value) => (/id$/.test(key) ? undefined : value));
      for (const [encoding, encode] of Object.entries(encoders)) {
        const compressed = await send(path, type, encode(Buffer.from(body)), encoding);
        assert.deepEqual([compressed.status, told(compressed)], [200, told(plain)], encoding);
      }
    });

    it(`are refused at ${path} as ${type} when they are not what they say, cut, or too large`, async () => {
      for (const [encoding, encode] of Object.entries(encoders)) {
        const refused = async (bytes: Uint8Array) => {
          const { status, json } = await send(path, type, bytes, encoding);
          const { error, code } = json as Told & { readonly code?: string };
          return [status, code ?? error.code];
        };
        assert.deepEqual(await refused(Buffer.from(body)), [400, 'BAD_REQUEST'], encoding);
        assert.deepEqual(await refused(encode(Buffer.from(body)).subarray(0, 20)), [400, 'BAD_REQUEST'], encoding);
        assert.deepEqual(await refused(encode(Buffer.alloc(1_000_000))), [413, 'TOO_LARGE'], encoding);
      }
    });
  }

  it('of a compression that is not read are refused, with those that are', async () => {
    const { status, headers, json } = await send(
      '/predict/trees-100x6',
      'application/json',
      Buffer.from(row),
      'snappy',
    );
    assert.deepEqual([status, json.error.code], [415, 'UNSUPPORTED_MEDIA']);
    assert.equal(headers.get('accept-encoding'), 'gzip, deflate, br, zstd');
  });

  it('in zstd may not make the reader remember more than 8 MiB', async () => {
    const wide = Readable.from([row]).pipe(createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: 27 } }));
    const { status } = await send('/predict/trees-100x6', 'application/json', await buffer(wide), 'zstd');
    assert.equal(status, 400);
  });

  it('that are too large are answered to callers who send all of it before they read', async () => {
    const length = 3_000_000;
    const answer = await new Promise<string>((resolve, reject) => {
      const { hostname, port } = new URL(served.url);
      const socket = connect(Number(port), hostname);
      let text = '';
      socket.pause();
      socket.on('error', reject);
      socket.on('data', (data) => {
        text += data.toString('latin1');
      });
      socket.on('close', () => resolve(text));
      const head = `host: x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\n`;
      socket.write(`POST /predict/trees-100x6 HTTP/1.1\r\n${head}`);
      let left = length;
      const more = (): void => {
        if (left === 0) {
          socket.resume();
          return;
        }
        const size = Math.min(left, 50_000);
        left -= size;
        socket.write(Buffer.alloc(size, ' '), () => setTimeout(more, 1));
      };
      more();
    });
    assert.match(answer, /^HTTP\/1\.1 413 [\s\S]*"code":"TOO_LARGE"/);
  });

  it('that are too large are refused to callers who ask before they send', async () => {
    const head = 'content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: 200000';
    const text = await sendBytes(served.url, `POST /predict/trees-100x6 HTTP/1.1\r\nhost: x\r\n${head}\r\n\r\n`);
    assert.match(text, /^HTTP\/1\.1 413 /);
  });
});

describe('all bodies together', () => {
  it('are bounded: one more is refused with 503 and Retry-After, before it is sent or as it comes', async (t) => {
    const limits = { bodyBytes: 1_000_000, bodiesBytes: 1_500_000 };
    const { url } = await serve(t, [models.trees], { limits });
    const held = await begin(url, 1_000_000, 900_000);
    await until(async () => (await metric(url, 'millrace_bodies_bytes')) === 900_000);

    const known = await begin(url, 700_000, 0);
    await until(() => known.told().includes('\r\n\r\n{'));
    assert.match(known.told(), /^HTTP\/1\.1 503 [\s\S]*retry-after: 1\r\n[\s\S]*"code":"BODIES_FULL"/);
    const unknown = await begin(url, Number.NaN, 700_000);
    await until(() => unknown.told().includes('\r\n\r\n{'));
    assert.match(unknown.told(), /^HTTP\/1\.1 503 [\s\S]*"code":"BODIES_FULL"/);
    assert.equal(await metric(url, 'millrace_rejected_total{reason="BODIES_FULL"}'), 2);

    assert.equal((await get(`${url}/livez`)).status, 200);
    for (const { socket } of [known, unknown, held]) socket.destroy();
    await until(async () => (await metric(url, 'millrace_bodies_bytes')) === 0);
  });

  it('are given back when large requests are answered', async (t) => {
    const { url } = await serve(t, [models.trees], { limits: { bodiesBytes: 400_000 } });
    const body = row + ' '.repeat(300_000);
    for (let times = 0; times < 4; times++) {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}/predict/trees-100x6`, { method: 'POST', body, headers });
      assert.equal(response.status, 200);
      await response.text();
    }
    await until(async () => (await metric(url, 'millrace_bodies_bytes')) === 0);
  });
});
