import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import pino from 'pino';
import { createHostile, type Hostile, random } from './hostile.ts';
import { get, metric, models, post, serve, until } from './serving.ts';

const requests = 110_000;
const connections = 24;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** Bytes that are still used after everything else has been thrown away. */
const usedBytes = (): number => {
  for (let times = 0; times < 3; times++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

interface Seen {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** The answers in what came over a connection; the last one may be cut. */
const answersIn = (text: string, method: string): { readonly seen: readonly Seen[]; readonly whole: boolean } => {
  const seen: Seen[] = [];
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf('\r\n\r\n', at);
    if (end < 0) return { seen, whole: false };
    const head = text.slice(at, end);
    const length = method === 'HEAD' ? 0 : Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (text.length < end + 4 + length) return { seen, whole: false };
    seen.push({ status: Number(head.slice(9, 12)), head, body: text.slice(end + 4, end + 4 + length) });
    at = end + 4 + length;
  }
  return { seen, whole: true };
};

/** Traces of a program's inside: frames of a stack, paths, names of modules. */
const inside = /\n\s+at |node:internal|node_modules|\/src\/|file:\/\/|\.ts:\d|TypeError|RangeError|ReferenceError/;

test(`${requests.toLocaleString('en')} hostile requests: no crash, no 5xx, nothing of the inside in an answer, no leak`, {
  timeout: 280_000,
}, async (t) => {
  const faults: string[] = [];
  const { url, service, app } = await serve(t, [models.trees, models.ride, models.capitals], {
    log: pino({ level: 'error' }, { write: (line) => faults.push(line) }),
  });
  const port = Number(new URL(url).port);
  const rows = await Promise.all(
    [models.trees, models.ride, models.capitals].map(async (model) => (await app.open(model)).examples[0].input),
  );
  const good = rows.map((row) => JSON.stringify(row));
  const hostile = createHostile(random(20_261_120), [...good, JSON.stringify({ rows: [rows[0], rows[1]] })]);
  const before = await post(`${url}/predict/ride-duration`, rows[1]);

  const statuses = new Map<number, number>();
  const check = ({ status, head, body }: Seen, { bytes }: Hostile): void => {
    assert.ok(status >= 100, head);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const sent = () => bytes.toString('latin1').slice(0, 2000);
    assert.ok(status < 500, `${status} for ${sent()}\n${faults.join('')}`);
    assert.doesNotMatch(body, inside, sent());
    // What is not for a person says in JSON what is wrong.
    if (status >= 400 && body !== '' && !head.includes('text/html')) assert.ok('error' in JSON.parse(body), sent());
  };

  let left = requests;
  const open = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket));
      socket.once('error', reject);
    });
  /** Sends one request; answers whether the connection can take another. */
  const send = (socket: Socket, request: Hostile): Promise<boolean> =>
    new Promise((resolve, reject) => {
      let text = '';
      const method = request.bytes.toString('latin1', 0, 4).trim();
      const done = (more: boolean): void => {
        socket.removeAllListeners();
        socket.on('error', () => {});
        if (!more) socket.destroy();
        try {
          const answers = answersIn(text, method).seen.filter(({ status }) => status !== 100);
          // Where HTTP is broken, nobody can say what the second request was to which the second answer belongs.
          for (const one of request.framed ? answers : answers.slice(0, 1)) check(one, request);
          resolve(more);
        } catch (error) {
          reject(error);
        }
      };
      socket.on('data', (data) => {
        text += data.toString('latin1');
        if (request.framed && answersIn(text, method).whole) done(!/\r\nconnection: close/i.test(text));
      });
      socket.on('error', () => done(false));
      socket.on('close', () => done(false));
      socket.write(request.bytes);
      // Nothing follows: what waits for more of it is not to wait for ever.
      if (!request.framed) socket.end();
    });
  const attack = async (): Promise<void> => {
    let socket = await open();
    while (left-- > 0) {
      const request = hostile();
      if (!(await send(socket, request))) socket = await open();
    }
    socket.destroy();
  };

  const attackFor = async (amount: number): Promise<number> => {
    left = amount;
    await Promise.all(Array.from({ length: connections }, attack));
    await until(() =>
      service.plane.models.slots.every((slot) =>
        'model' in slot ? (slot.model as { batcher: { inFlight: number } }).batcher.inFlight === 0 : true,
      ),
    );
    return usedBytes();
  };
  const early = await attackFor(requests / 2);
  const late = await attackFor(requests / 2);
  t.diagnostic(
    `answers by status: ${[...statuses]
      .sort(([a], [b]) => a - b)
      .map(([status, count]) => `${status} × ${count}`)
      .join(', ')}`,
  );
  t.diagnostic(
    `memory in use: ${(early / 2 ** 20).toFixed(1)} MiB after half of them, ${(late / 2 ** 20).toFixed(1)} MiB after all`,
  );

  const answered = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  assert.ok(answered > requests * 0.9, `${answered} answers`);
  for (const status of [200, 400, 404, 405, 413, 415, 422, 431])
    assert.ok(status === 413 || statuses.has(status), `no ${status}`);
  assert.ok(late - early < 8 * 2 ** 20, `${late - early} bytes more after as many requests again`);
  assert.deepEqual(faults, []);
  assert.equal((await get(`${url}/readyz`)).status, 200);
  assert.deepEqual((await post(`${url}/predict/ride-duration`, rows[1])).json.prediction, before.json.prediction);
  assert.equal(await metric(url, 'millrace_queue_depth{model="ride-duration",version="1.0.0",variant="stable"}'), 0);
  assert.equal(({} as { f0?: number }).f0, undefined);
});
