import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { credentials } from '@grpc/grpc-js';
import { InferenceClient } from '../../src/modes/service/grpc/messages.ts';
import { metric, models, until } from '../modes/service/serving.ts';

const bin = join(import.meta.dirname, '../../bin/millrace.js');
const mebi = 2 ** 20;
const size = 15 * mebi;
const many = (text: string, bytes = size): string => text.repeat(Math.floor(bytes / text.length));
const list = (count: number, of: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => of(at)).join();

const ride = '/predict/ride-duration';
const tensors = '/v2/models/trees-100x6/infer';
const shapes: readonly (readonly [string, string, string, () => string, number])[] = [
  ['100,000 columns', ride, 'text/csv', () => `${list(100_000, (at) => `c${at}`)}\n${list(100_000, () => '1')}\n`, 400],
  ['900,000 names like integers', ride, 'application/json', () => `{${list(900_000, (at) => `"${at}":1`)}}`, 400],
  ['brackets that only open', ride, 'application/json', () => many('['), 400],
  ['objects that only open', ride, 'application/json', () => many('{"a":'), 400],
  ['millions of empty rows', ride, 'application/json', () => `{"rows":[${many('{},')}{}]}`, 413],
  ['millions of empty lines', ride, 'text/csv', () => `distance\n${many('\n')}`, 413],
  ['millions of quotes', ride, 'text/csv', () => `distance\n${many('"a\n')}`, 413],
  [
    'millions of numbers',
    tensors,
    'application/json',
    () => `{"inputs":[{"name":"f0","shape":[1,9],"datatype":"FP64","data":[${many('1,')}1]}]}`,
    422,
  ],
  [
    'millions of lists',
    tensors,
    'application/json',
    () => `{"inputs":[{"name":"f0","shape":[1,9],"datatype":"FP64","data":[${many('[1],', size / 2)}[1]]}]}`,
    422,
  ],
  ['millions of tensors', tensors, 'application/json', () => `{"inputs":[${many('{"name":"a"},')}{"name":"a"}]}`, 400],
];

describe('hostile callers', () => {
  let url = '';
  let grpc = '';
  let child: ChildProcess;
  let home = '';
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'millrace-hostile-'));
    const words = [bin, 'serve', models.trees, models.ride, '--port', '0', '--max-connections', '12000'];
    child = spawn('sh', ['-c', 'ulimit -n 16000; exec "$0" "$@"', process.execPath, ...words], {
      env: { ...process.env, MILLRACE_HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      grpc ||= /^gRPC on (\S+)$/.exec(line)?.[1] ?? '';
      url = /^ready on (http:[^;]+);/.exec(line)?.[1] ?? '';
      if (url !== '') break;
    }
  });
  after(async () => {
    child.kill('SIGKILL');
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });

  const memory = async (): Promise<number> =>
    Number(/^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024;
  /** How often the service says that it is alive before `work` is done. */
  const livesDuring = async (work: Promise<unknown>): Promise<number> => {
    let done = false;
    const end = work.finally(() => {
      done = true;
    });
    let lives = 0;
    while (!done) {
      assert.equal((await fetch(`${url}/livez`)).status, 200);
      if (!done) lives++;
    }
    await end;
    return lives;
  };

  for (const [what, path, type, make, status] of shapes) {
    it(`with ${what} hold up nobody, and are refused`, async () => {
      const headers = { 'content-type': type };
      const refused = fetch(`${url}${path}`, { method: 'POST', headers, body: make() }).then(async (response) => {
        assert.equal(response.status, status, await response.text());
      });
      assert.ok((await livesDuring(refused)) > 0);
    });
  }

  it('with 3,000,000 empty texts over gRPC hold up nobody', async (t) => {
    const client = new InferenceClient(grpc, credentials.createInsecure());
    t.after(() => client.close());
    const contents = { bytes_contents: new Array(3_000_000).fill(Buffer.alloc(0)) };
    const inputs = [{ name: 'pickup_zone', datatype: 'BYTES', shape: [3_000_000], contents }];
    const refused = new Promise<void>((resolve) => {
      client.ModelInfer({ model_name: 'ride-duration', inputs }, (error: { readonly code: number } | null) => {
        assert.equal(error?.code, 3);
        resolve();
      });
    });
    assert.ok((await livesDuring(refused)) > 0);
  });

  it('with 120 bodies that never end leave memory bounded', async () => {
    const idle = await memory();
    const sockets = Array.from({ length: 120 }, () => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.on('error', () => {}).resume();
      socket.write(
        `POST ${ride} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${16 * mebi}\r\n\r\n`,
      );
      socket.write(Buffer.alloc(15 * mebi, ' '));
      return socket;
    });
    await until(async () => (await metric(url, 'millrace_rejected_total{reason="BODIES_FULL"}')) >= 100);
    assert.ok((await metric(url, 'millrace_bodies_bytes')) <= 256 * mebi);
    const grown = (await memory()) - idle;
    assert.ok(grown < 1024 * mebi, `${grown} bytes more`);
    for (const socket of sockets) socket.destroy();
    await until(async () => (await metric(url, 'millrace_bodies_bytes')) === 0);
  });

  it('do not keep the service from ending', async () => {
    const exited = once(child, 'exit');
    const last = fetch(`${url}${ride}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: many('['),
    });
    child.kill('SIGTERM');
    await Promise.allSettled([last]);
    assert.equal((await exited)[0], 0);
  });
});
