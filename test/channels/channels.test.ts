import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { channels, openChannel } from '../../src/channels/open.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { type ChannelSettings, channel as schema } from '../../src/project/channels.ts';
import { tempFolder } from '../temp-folder.ts';
import { drifting, message, resolved } from './message.ts';
import { receiveCalls } from './receiver.ts';

const context = { folder: '.', env: process.env };
const { signal } = new AbortController();
const send = async (settings: ChannelSettings, where = context): Promise<void> =>
  (await openChannel(settings, where)).send(message, signal);

/** A mail server on this machine, and the mails that it took. */
const receiveMails = async (t: TestContext) => {
  const mails: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _, answer) =>
      answer(username === 'ada' && password === 'pass-word' ? null : new Error('no'), { user: username }),
    onRcptTo: ({ address }, _, answer) =>
      answer(address.startsWith('nobody') ? Object.assign(new Error('unknown'), { responseCode: 550 }) : null),
    onData(stream, _, answer) {
      let text = '';
      stream.on('data', (chunk: Buffer) => {
        text += chunk;
      });
      stream.on('end', () => {
        mails.push(text);
        answer(null);
      });
    },
  });
  server.on('error', () => {});
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  t.after(() => new Promise<void>((done) => server.close(done)));
  return { address: `127.0.0.1:${(listening.address() as AddressInfo).port}`, mails };
};

describe('channels of alerts', () => {
  it('are those that millrace.yaml may name', () => {
    assert.deepEqual(Object.keys(channels), Object.keys(schema.properties));
  });

  it("webhook: the form of Alertmanager's webhooks, version 4, signed where there is a secret", async (t) => {
    const { url, calls } = await receiveCalls(t);
    const key = Buffer.alloc(32, 7);
    await send({ webhook: { url: `${url}/hook`, secret: `whsec_${key.toString('base64')}` } });
    await send({ webhook: `${url}/plain` });
    const [{ path, headers, text }, plain] = calls;
    const body = JSON.parse(text);
    assert.deepEqual([path, plain.path, plain.headers['webhook-signature']], ['/hook', '/plain', undefined]);
    const { version, status, groupKey, truncatedAlerts, receiver, groupLabels, alerts } = body;
    assert.deepEqual(
      { version, status, groupKey, truncatedAlerts, receiver, groupLabels },
      {
        version: '4',
        status: 'firing',
        groupKey: '{}:{deployment="rides"}',
        truncatedAlerts: 0,
        receiver: 'millrace',
        groupLabels: { deployment: 'rides' },
      },
    );
    assert.deepEqual(alerts[0], {
      status: 'firing',
      labels: {
        alertname: 'millrace_drift',
        severity: 'warning',
        deployment: 'rides',
        model: 'ride',
        field: 'distance',
      },
      annotations: {
        summary: drifting.sentence,
        version: '1.0.0',
        window: '2026-11-01T00:00:00.000Z/2026-11-02T00:00:00.000Z',
        p: '1e-9',
        effect: '0.31',
      },
      startsAt: drifting.started_at,
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: '',
      fingerprint: drifting.fingerprint,
    });
    assert.deepEqual([alerts[1].status, alerts[1].endsAt], ['resolved', resolved.resolved_at]);
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
    assert.equal(headers['webhook-id'], 'm-1');
    assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  });

  it('alertmanager: alerts that last for longer than until they are told again, whatever their severity', async (t) => {
    const { url, calls } = await receiveCalls(t, () => 200);
    await send({ alertmanager: `${url}/` });
    const [firing, over] = JSON.parse(calls[0].text);
    assert.equal(calls[0].path, '/api/v2/alerts');
    assert.deepEqual(firing.labels, {
      alertname: 'millrace_drift',
      deployment: 'rides',
      model: 'ride',
      field: 'distance',
    });
    assert.equal(firing.annotations.severity, 'warning');
    assert.ok(Date.parse(firing.endsAt) > Date.now() + 24 * 3_600_000);
    assert.equal(over.endsAt, resolved.resolved_at);
  });

  it('slack: a text that others read alone, in which nothing means a link or a name', async (t) => {
    const { url, calls } = await receiveCalls(t, () => 200);
    const opened = await openChannel({ slack: url }, context);
    const alerts = [{ ...drifting, sentence: 'a <b> & c' }, resolved];
    await opened.send({ ...message, alerts }, signal);
    const { text, blocks } = JSON.parse(calls[0].text);
    assert.equal(text, `rides: 1 problem\n- FIRING: a &lt;b&gt; &amp; c\n- RESOLVED: ${resolved.sentence}`);
    assert.deepEqual(
      blocks.map(({ type }: { readonly type: string }) => type),
      ['header', 'section', 'section'],
    );
  });

  it('pagerduty: an event an alert, triggered and resolved by its fingerprint', async (t) => {
    const { url, calls } = await receiveCalls(t);
    await send({ pagerduty: { key: 'k', url } });
    const events = calls.map(({ text }) => JSON.parse(text));
    assert.deepEqual(
      calls.map(({ path }) => path),
      ['/v2/enqueue', '/v2/enqueue'],
    );
    assert.deepEqual(
      events.map(({ routing_key, event_action, dedup_key }) => [routing_key, event_action, dedup_key]),
      [
        ['k', 'trigger', drifting.fingerprint],
        ['k', 'resolve', resolved.fingerprint],
      ],
    );
    const { summary, source, severity, timestamp } = events[0].payload;
    assert.deepEqual(
      [summary, source, severity, timestamp],
      [`rides: ${drifting.sentence}`, 'rides', 'warning', drifting.started_at],
    );
  });

  it('email: a mail by SMTP, in one thread with others on the same alerts', async (t) => {
    const { address, mails } = await receiveMails(t);
    const server = `smtp://ada:pass-word@${address}`;
    await send({ email: { server, to: ['bob@example.org', 'eve@example.org'], from: 'millrace@example.org' } });
    const [mail] = mails;
    for (const line of [
      /^Subject: rides: 1 problem\r$/m,
      /^To: bob@example.org, eve@example.org\r$/m,
      /^Message-ID: <m-1@millrace>\r$/m,
      /^References: <a-1@millrace> <a-2@millrace>\r$/m,
      /- FIRING: distance is 0.3 sd higher than in training/,
    ]) {
      assert.match(mail, line);
    }
  });

  it('command: gets the message as JSON, and fails when it does not end with 0', async (t) => {
    const folder = tempFolder(t);
    const where = { folder, env: process.env };
    await send({ command: 'cat > message.json; echo "$MILLRACE_DEPLOYMENT $MILLRACE_IDEMPOTENCY_KEY" > told' }, where);
    assert.deepEqual(JSON.parse(readFileSync(join(folder, 'message.json'), 'utf8')), message);
    assert.equal(readFileSync(join(folder, 'told'), 'utf8'), 'rides m-1\n');
    await assert.rejects(send({ command: 'echo no such room >&2; exit 3' }, where), {
      code: 'ALERT_FAILED',
      message: /ended with 3: no such room/,
    });
    await assert.rejects(send({ command: ['no-such-command'] }, where), { code: 'ALERT_FAILED' });
  });

  it('say what went wrong, and nothing that is secret', async (t) => {
    const { url } = await receiveCalls(t, () => 403);
    const { address } = await receiveMails(t);
    const mail = { to: 'bob@example.org', from: 'millrace@example.org' };
    const failures: readonly (readonly [ChannelSettings, string, RegExp])[] = [
      [{ webhook: `${url}/se-cret` }, 'ALERT_FAILED', /403/],
      [{ slack: `${url}/se-cret` }, 'ALERT_FAILED', /403/],
      [{ pagerduty: { key: 'se-cret', url } }, 'ALERT_FAILED', /403/],
      [{ webhook: 'http://127.0.0.1:9/se-cret' }, 'ALERT_FAILED', /no connection|ECONNREFUSED/],
      [{ webhook: 'ftp://se-cret' }, 'BAD_PROJECT', /not one that can be called/],
      [{ email: { ...mail, server: `smtp://ada:se-cret@${address}` } }, 'ALERT_FAILED', /535 \(EAUTH\)/],
      [{ email: { ...mail, server: `smtp://${address}`, to: 'nobody@se-cret.org' } }, 'ALERT_FAILED', /550/],
      [{ email: { ...mail, server: 'http://ada:se-cret@example.org' } }, 'BAD_PROJECT', /not one/],
    ];
    for (const [settings, code, words] of failures) {
      const error = await send(settings).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof MillraceError, JSON.stringify(settings));
      assert.equal(error.code, code);
      assert.match(error.message, words);
      assert.ok(!JSON.stringify(error.problem).includes('se-cret'), error.message);
    }
  });
});
