import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { backoffMs } from '../src/core/backoff.ts';
import { MillraceError } from '../src/core/errors.ts';
import { readRetryAfter } from '../src/webhook/retry.ts';
import { createSign } from '../src/webhook/signature.ts';
import { createWebhook, sendWebhook, type WebhookCall, type WebhookOptions } from '../src/webhook/webhook.ts';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A server on this machine that gives these answers, one after another, the last of them again and again. */
const receiver = async (t: TestContext, ...answers: readonly Answer[]): Promise<Receiver> => {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: (await buffer(request)).toString() });
    answers[Math.min(received.length, answers.length) - 1]?.(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received };
};

/** A port on which nobody listens. */
const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const status =
  (code: number, headers: Record<string, string> = {}, body = ''): Answer =>
  (response) =>
    response.writeHead(code, headers).end(body);
const hangUp: Answer = (_, request) => request.socket.destroy();
const silence: Answer = () => {};

/** Time that does not pass while it is slept through, and a chance that is always half. */
const noTime = () => {
  const sleeps: number[] = [];
  let now = Date.parse('2026-11-20T10:00:00Z');
  const time = {
    now: () => now,
    sleep: async (milliseconds: number) => {
      sleeps.push(milliseconds);
      now += milliseconds;
    },
    random: () => 0.5,
  };
  return { sleeps, time };
};

const secret = `whsec_${randomBytes(32).toString('base64')}`;
const call: WebhookCall = { event: 'ride.decided', body: { ride: 7 }, idempotencyKey: 'decision-7' };

/** Calls, and gives back the error that must come of it. */
const refusal = async (options: WebhookOptions, more: Partial<WebhookCall> = {}): Promise<MillraceError> => {
  const error = await createWebhook(options)
    .send({ ...call, ...more })
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  assert.ok(error instanceof MillraceError, `expected a refusal, got ${inspect(error)}`);
  return error;
};

describe('a webhook', { timeout: 30_000 }, () => {
  it('posts what happened as JSON, under an id, signed over id, time and payload', async (t) => {
    const { url, received } = await receiver(t, status(204));
    const { time } = noTime();
    const delivery = await sendWebhook({ url, secret, time, ...call, at: Date.parse('2026-11-20T09:59:58.250Z') });
    assert.deepEqual(delivery, { status: 204, attempts: 1 });
    const [{ headers, body }] = received;
    assert.deepEqual(JSON.parse(body), {
      type: 'ride.decided',
      timestamp: '2026-11-20T09:59:58.250Z',
      data: { ride: 7 },
    });
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['webhook-id'], 'decision-7');
    assert.equal(headers['idempotency-key'], '"decision-7"');
    assert.equal(headers['webhook-timestamp'], String(time.now() / 1000));
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signed = `decision-7.${time.now() / 1000}.${body}`;
    assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  });

  it('signs as the libraries of Standard Webhooks check it', () => {
    const sign = createSign('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    assert.equal(
      sign('msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, Buffer.from('{"test": 2432232314}')),
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  it('signs once for each secret while secrets are changed', () => {
    const other = `whsec_${randomBytes(24).toString('base64')}`;
    const payload = Buffer.from('{}');
    assert.equal(
      createSign(`${secret} ${other}`)('a', 1, payload),
      `${createSign(secret)('a', 1, payload)} ${createSign(other)('a', 1, payload)}`,
    );
  });

  it('is not signed without a secret', async (t) => {
    const { url, received } = await receiver(t, status(200));
    await sendWebhook({ url, ...call });
    assert.equal(received[0].headers['webhook-signature'], undefined);
    assert.equal(received[0].headers['webhook-id'], 'decision-7');
  });

  it('comes again under the same id and a new time after 429, 5xx, a broken connection and silence', async (t) => {
    const { url, received } = await receiver(t, status(503), status(429), hangUp, silence, status(500), status(200));
    const { time, sleeps } = noTime();
    const webhook = createWebhook({ url, secret, time, attempts: 6, timeoutMs: 250 });
    assert.deepEqual(await webhook.send(call), { status: 200, attempts: 6 });
    assert.deepEqual([...new Set(received.map(({ headers }) => headers['webhook-id']))], ['decision-7']);
    assert.deepEqual([...new Set(received.map(({ body }) => body))].length, 1);
    const times = received.map(({ headers }) => Number(headers['webhook-timestamp']));
    assert.ok(
      times.every((one, i) => i === 0 || one >= times[i - 1]),
      `${times}`,
    );
    assert.ok(times[5] > times[0]);
    assert.equal(new Set(received.map(({ headers }) => headers['webhook-signature'])).size, new Set(times).size);
    assert.deepEqual(sleeps, [375, 750, 1500, 3000, 6000]);
  });

  it('comes so often and no oftener', async (t) => {
    const { url, received } = await receiver(t, status(500));
    const error = await refusal({ url, attempts: 3, time: noTime().time });
    assert.equal(error.code, 'WEBHOOK_FAILED');
    assert.equal(error.problem.got, '500');
    assert.equal(received.length, 3);
  });

  it('says so when nobody listens there', async () => {
    const error = await refusal({ url: `http://127.0.0.1:${await freePort()}/hook`, time: noTime().time });
    assert.equal(error.code, 'WEBHOOK_FAILED');
    assert.equal(error.problem.got, 'ECONNREFUSED');
    assert.match(error.message, /try 5 of 5/);
  });

  for (const code of [400, 401, 404, 409, 410, 422]) {
    it(`takes ${code} for the last word`, async (t) => {
      const { url, received } = await receiver(t, status(code), status(200));
      const error = await refusal({ url, time: noTime().time });
      assert.equal(error.problem.got, `${code}`);
      assert.equal(received.length, 1);
    });
  }

  it('does not follow to another address', async (t) => {
    const elsewhere = await receiver(t, status(200));
    for (const code of [301, 302, 303, 307, 308]) {
      const { url, received } = await receiver(t, status(code, { location: elsewhere.url }));
      assert.equal((await refusal({ url, time: noTime().time })).problem.got, `${code}`);
      assert.equal(received.length, 1);
    }
    assert.equal(elsewhere.received.length, 0);
  });

  it('waits as long as the receiver asks for', async (t) => {
    const { url } = await receiver(t, status(429, { 'retry-after': '7' }), status(200));
    const { time, sleeps } = noTime();
    await sendWebhook({ url, time, ...call });
    assert.deepEqual(sleeps, [7000]);
  });

  it('does not come back before the receiver wants it, even if that means never', async (t) => {
    const { url, received } = await receiver(t, status(503, { 'retry-after': '3600' }), status(200));
    const error = await refusal({ url, time: noTime().time });
    assert.match(error.message, /asks to wait 3600 s/);
    assert.equal(received.length, 1);
  });

  it('is refused before it is sent when it is too large', async (t) => {
    const { url, received } = await receiver(t, status(200));
    const error = await refusal({ url, largestBytes: 1000 }, { body: 'x'.repeat(1000) });
    assert.equal(error.code, 'TOO_LARGE');
    assert.equal(received.length, 0);
  });

  it('does not read more of an answer than it must', async (t) => {
    let ended = false;
    const { url } = await receiver(t, (response, request) => {
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384)));
      };
      response.writeHead(200).on('drain', pour);
      request.socket.on('close', () => {
        ended = true;
      });
      pour();
    });
    assert.equal((await sendWebhook({ url, ...call })).status, 200);
    while (!ended) await new Promise((resolve) => setImmediate(resolve));
  });

  it('is given up at once when its caller stops, also in the middle of a wait', async (t) => {
    const stop = new AbortController();
    const { url, received } = await receiver(t, (response) => {
      response.writeHead(503).end();
      response.on('close', () => setTimeout(() => stop.abort(), 20));
    });
    const error = await refusal({ url, retry: { firstMs: 60_000, mostMs: 60_000 } }, { signal: stop.signal });
    assert.equal(error.code, 'CANCELLED');
    assert.equal(received.length, 1);
    assert.equal((await refusal({ url }, { signal: stop.signal })).code, 'CANCELLED');
    assert.equal(received.length, 1);
  });

  it('never tells a secret, a path or a query', async (t) => {
    const { url } = await receiver(t, status(400, {}, 'token-in-the-answer'));
    const hidden = [secret, secret.slice(6), 'token-in-the-path', 'token-in-the-query', 'token-in-the-answer', '/hook'];
    const tokens = `${url}/token-in-the-path?key=token-in-the-query`;
    const errors = [
      await refusal({ url: tokens, secret }),
      await refusal({ url: tokens, secret, largestBytes: 1 }),
      await refusal({ url: tokens.replace(/:\d+/, `:${await freePort()}`), secret, attempts: 1 }),
    ];
    for (const bad of [
      { url: 'ftp://example.org/token-in-the-path' },
      { url: 'token-in-the-path' },
      { url: tokens.replace('//', '//user:token-in-the-path@') },
      { url: tokens, secret: secret.slice(6) },
      { url: tokens, secret: 'whsec_c2hvcnQ=' },
    ]) {
      assert.throws(
        () => createWebhook(bad),
        (error: MillraceError) => {
          errors.push(error);
          return error.code === 'BAD_PROJECT';
        },
      );
    }
    for (const error of errors) {
      const all = inspect(error, { depth: 10, showHidden: true });
      for (const text of hidden) assert.ok(!all.includes(text), `${text} in ${all}`);
    }
  });

  it('needs an id in which no full stop can stand', async () => {
    for (const idempotencyKey of ['', 'a.1', 'a b', 'ä', 'x'.repeat(129)]) {
      await assert.rejects(sendWebhook({ url: 'http://127.0.0.1:1', ...call, idempotencyKey }), TypeError);
    }
  });
});

describe('waiting for another try', () => {
  it('doubles up to the longest wait, and lies between a half and all of it', () => {
    const retry = { firstMs: 100, mostMs: 1000 };
    assert.deepEqual(
      [1, 2, 3, 4, 5, 60].map((failed) => backoffMs(retry, failed, () => 0)),
      [50, 100, 200, 400, 500, 500],
    );
    assert.deepEqual(
      [1, 2, 3, 4, 5, 60].map((failed) => backoffMs(retry, failed, () => 1)),
      [100, 200, 400, 800, 1000, 1000],
    );
  });

  it('reads seconds and dates, and nothing else', () => {
    const now = Date.parse('2026-11-20T10:00:00Z');
    assert.equal(readRetryAfter('120', now), 120_000);
    assert.equal(readRetryAfter('Fri, 20 Nov 2026 10:00:30 GMT', now), 30_000);
    assert.equal(readRetryAfter('Fri, 20 Nov 2026 09:00:00 GMT', now), 0);
    for (const other of [null, '', '-1', '1.5', 'soon', '9'.repeat(400)]) {
      assert.equal(readRetryAfter(other, now), undefined, `${other}`);
    }
  });
});
